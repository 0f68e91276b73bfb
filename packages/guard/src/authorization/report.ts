import { handleMaybePromise, isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
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

/**
 * Returns the field with its own functions, which are called whatever the guard says. It is asked what it would have made of the
 * answer, so that objects are looked at too. Undefined if the field needs no guard.
 */
export const reportField = (field: Field, guard: (field: Field) => Field | undefined): Field | undefined => {
  const { resolve = defaultFieldResolver, subscribe = defaultFieldResolver } = field;
  const answers = new WeakMap<object, unknown>();
  // The guard may ask for this field where it looks at its parent, when there is no answer yet.
  const answered: Resolver = (parent, args, context, info) =>
    answers.has(info) ? answers.get(info) : resolve(parent, args, context, info);
  const asked = guard({ ...field, resolve: answered, subscribe: nothing });
  if (asked === undefined) return undefined;
  const askAbout =
    (answer: unknown): Resolver =>
    (parent, args, context, info) => {
      const own = { ...info };
      answers.set(own, answer);
      return (asked.resolve ?? nothing)(parent, args, context, own);
    };
  const report: Resolver = (parent, args, context, info) =>
    handleMaybePromise(
      () => resolve(parent, args, context, info),
      (value) => {
        const answer = keepItems(value);
        return after(
          () => askAbout(answer)(parent, args, context, info),
          () => answer,
        );
      },
      (error) =>
        after(
          () => askAbout(null)(parent, args, context, info),
          () => {
            throw error;
          },
        ),
    );
  const open: Resolver = (parent, args, context, info) =>
    after(
      () => asked.subscribe?.(parent, args, context, info),
      () => subscribe(parent, args, context, info),
    );
  return { ...field, resolve: report, ...(asked.subscribe !== nothing && { subscribe: open }) };
};

const nothing = (): undefined => undefined;

/** Asks first, because it may wait for policies, whose viewer is known only while the operation runs. */
const after = (ask: () => unknown, next: () => unknown): unknown =>
  handleMaybePromise(() => handleMaybePromise(ask, settle, nothing), next);

/** Waits for every item of a list. What was denied is told, and nobody else handles it. */
const settle = (value: unknown): MaybePromise<unknown> => {
  if (isPromise(value)) return value.then(settle, nothing);
  if (!Array.isArray(value)) return undefined;
  const pending = value.map(settle).filter(isPromise);
  return pending.length === 0 ? undefined : Promise.all(pending);
};

/** An iterator can be walked once, and both the guard and the executor walk it. */
const keepItems = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Symbol.iterator in value
    ? Array.from(value as Iterable<unknown>)
    : value;

/** Returns the decision that lets an operation run which would have been refused: as the caller, if that is known. */
export const reportDecision = (decision: Decision): Decision =>
  decision.kind === 'run'
    ? decision
    : { kind: 'run', viewer: decision.viewer ?? anonymous, reported: { ...decision, enforced: false } };
