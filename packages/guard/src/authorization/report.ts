import { handleMaybePromise } from '@whatwg-node/promise-helpers';
import { defaultFieldResolver, type GraphQLFieldConfig, type GraphQLFieldResolver } from 'graphql';
import { anonymous } from '../domain/viewer.ts';
import type { Decision } from './decision.ts';
import type { Refusal } from './errors.ts';

/** `report`: rules are asked, what they would deny is told, and everything is let through. */
export type GuardMode = 'enforce' | 'report';

export type OnDenied = (denial: Refusal, context: unknown) => void;

type Field = GraphQLFieldConfig<unknown, unknown>;
type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Returns `onDenied` as it is called in report mode: with `enforced: false`. */
export const reporting =
  (onDenied: OnDenied | undefined): OnDenied =>
  (denial, context) =>
    onDenied?.({ ...denial, enforced: false }, context);

/** Returns the field with its rule asked and told before its own functions, which are called whatever the answer is. */
export const reportField = (field: Field, guard: (field: Field) => Field): Field => {
  const asked = guard({ ...field, resolve: nothing, subscribe: nothing });
  return {
    ...field,
    resolve: letThrough(asked.resolve, field.resolve),
    ...(asked.subscribe !== nothing && { subscribe: letThrough(asked.subscribe, field.subscribe) }),
  };
};

const nothing = (): undefined => undefined;

const letThrough =
  (ask: Resolver = nothing, run: Resolver = defaultFieldResolver): Resolver =>
  (parent, args, context, info) => {
    const resolve = (): unknown => run(parent, args, context, info);
    return handleMaybePromise(() => ask(parent, args, context, info), resolve, resolve);
  };

/** Returns the decision that lets an operation run which would have been refused: as the caller, if that is known. */
export const reportDecision = (decision: Decision): Decision =>
  decision.kind === 'run'
    ? decision
    : { kind: 'run', viewer: decision.viewer ?? anonymous, reported: { ...decision, enforced: false } };
