import { isPromise } from '@whatwg-node/promise-helpers';
import {
  defaultFieldResolver,
  type GraphQLError,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
} from 'graphql';
import type { CodedError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { operationOf, viewerOf } from '../domain/viewer-binding.ts';
import { type Refusal, toGraphQLError } from './errors.ts';
import { callTold, type OnFault } from './faults.ts';
import type { PolicyOptions, PolicyRunner } from './policies.ts';
import type { Arguments } from './policy.ts';
import type { Rule } from './rule.ts';
import { type Clock, denialOf, meets } from './rule-denial.ts';

export type FieldGuardOptions = PolicyOptions & {
  /**
   * Called when a field is denied while others are answered, once per rule and operation. `onDecision` of `useFieldgate` is
   * called for whole operations that are refused. What it throws or rejects with goes to `onFault`.
   */
  readonly onDenied?: (denial: Refusal, context: unknown) => void;
};

type Field = GraphQLFieldConfig<unknown, unknown>;
type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Throws the denial if the rule is not met, or rejects with it. Returns nothing, or a promise if a policy must be waited for. */
export type FieldCheck = (
  parent: unknown,
  args: Arguments,
  context: unknown,
  info: GraphQLResolveInfo,
) => Promise<void> | undefined;

export type CheckDeps = {
  readonly policies: PolicyRunner;
  readonly onDenied: FieldGuardOptions['onDenied'];
  readonly clock: Clock;
  /** Whether it is asked before the source of a subscription is opened: there is no event yet. */
  readonly opensStream?: boolean;
};

/**
 * Returns the field with its rule checked before its resolver. Of a subscription both functions are wrapped: with only
 * `resolve`, the source of a denied caller would be opened first.
 */
export const guardField = (
  field: Field,
  rule: Rule,
  { isSubscription, ...deps }: CheckDeps & { readonly isSubscription: boolean },
): Field => ({
  ...field,
  resolve: checkFirst(createCheck(rule, deps), field.resolve ?? defaultFieldResolver),
  ...(isSubscription && {
    subscribe: checkFirst(createCheck(rule, { ...deps, opensStream: true }), field.subscribe ?? defaultFieldResolver),
  }),
});

const checkFirst =
  (check: FieldCheck, resolve: Resolver): Resolver =>
  (parent, args, context, info) => {
    const pending = check(parent, args, context, info);
    if (pending === undefined) return resolve(parent, args, context, info);
    // Bound, because a closure over the arguments would cost every call that does not wait.
    return pending.then(resolve.bind(undefined, parent, args, context, info));
  };

export const createCheck = (rule: Rule, { policies, onDenied, clock, opensStream = false }: CheckDeps): FieldCheck => {
  const deny = createDeny(onDenied, policies.onFault);
  const requireViewer = createViewerCheck(rule, clock, deny);
  const uses = policies.usesOf(rule);
  const { coordinate } = rule;
  if (uses.length === 0) return (_parent, _args, context, info) => requireViewer(context, info);
  return (parent, args, context, info) => {
    requireViewer(context, info);
    const event = opensStream ? undefined : eventOf(info);
    const denial = policies.deny(rule, uses, { coordinate, parent, args, context, info, event, value: undefined });
    if (denial === null) return undefined;
    if (!isPromise(denial)) return deny(denial, context, info);
    return denial.then((settled) => (settled === null ? undefined : deny(settled, context, info)));
  };
};

/** An event is the root value of its own execution. */
const eventOf = ({ operation, rootValue }: GraphQLResolveInfo): unknown =>
  operation.operation === 'subscription' ? rootValue : undefined;

/** What the last viewer got is remembered: in a list the same viewer, the guard's own, is decided about a thousand times. */
const createViewerCheck = (
  rule: Rule,
  clock: Clock,
  deny: Deny,
): ((context: unknown, info: GraphQLResolveInfo) => undefined) => {
  const last: { viewer: Viewer | null; denial: CodedError | null } = { viewer: null, denial: null };
  return (context, info) => {
    const viewer = viewerOf(context);
    // Time passes, and a proof grows old.
    if (viewer !== last.viewer || rule.maxAge !== null) {
      last.denial = meets(rule, viewer, clock) ? null : denialOf(rule, viewer, clock);
      last.viewer = viewer;
    }
    if (last.denial !== null) deny(last.denial, context, info);
    return undefined;
  };
};

type Deny = (error: CodedError, context: unknown, info: GraphQLResolveInfo) => never;

const createDeny = (onDenied: FieldGuardOptions['onDenied'], onFault: OnFault | undefined): Deny => {
  const reported = new WeakSet<object>();
  const thrown = new WeakMap<CodedError, GraphQLError>();
  return (error, context, info) => {
    const operation: object = operationOf(context) ?? Object(info.variableValues);
    if (onDenied && !reported.has(operation)) {
      reported.add(operation);
      const viewer = viewerOf(context);
      const told = () => onDenied({ error, viewer, presented: viewer.kind !== 'anonymous' }, context);
      callTold(told, { name: 'onDenied', onFault, context });
    }
    // Executors put a copy into the result: one error for a list costs less than a stack for each element.
    const known = thrown.get(error) ?? toGraphQLError(error);
    thrown.set(error, known);
    throw known;
  };
};
