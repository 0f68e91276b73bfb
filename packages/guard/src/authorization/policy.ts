import type { MaybePromise } from '@whatwg-node/promise-helpers';
import type { GraphQLResolveInfo } from 'graphql';

export type Arguments = Readonly<Record<string, unknown>>;

/** What a policy can know besides the object, the arguments and the context. */
export type PolicyDetails = {
  /**
   * Of the field that is asked about. A policy that reads it is asked for each field, because its answer may differ; a `batch` is
   * asked for the objects of one field together and gets the `info` of the first.
   */
  readonly info: GraphQLResolveInfo;
  /** The constants in the rule: `{ field: 'ownerId' }` of `policy: "owns(field: ownerId)"`. Frozen. */
  readonly params: Arguments;
  /** The event of a subscription. Undefined while its source is not open yet, and in queries and mutations. */
  readonly event: unknown;
  /** The input value that has the rule, if it is not a field that has it. */
  readonly value: unknown;
};

type Decide = (parent: unknown, args: Arguments, context: unknown, details: PolicyDetails) => MaybePromise<boolean>;

/**
 * A rule that needs the object, the arguments or a store. Passes only with `true`; `false`, any other value and a throw deny.
 * `GuardError('SERVICE_UNAVAILABLE')` says that it cannot tell, and the field's error has that code. Any other error is a bug: it
 * denies, and `onFault` is told. Called after roles and scopes.
 *
 * `parent` is the object of the guarded field: undefined (or the root value) for a root field, and undefined when a subscription is
 * opened, where only the arguments are known. For each of its events the policy is called again, with that event.
 *
 * An answer holds for the same object and the same arguments in one execution. Each event of a subscription and each root field of a
 * mutation begins anew, and where the parent is no object the policy is called every time.
 */
// Declared as a method, so that a policy may name the types of its own parent and context.
export type Policy = { bivariant(...args: Parameters<Decide>): ReturnType<Decide> }['bivariant'];

/** By the names that `@auth(policy: "…")` uses. */
export type Policies = Readonly<Record<string, Policy>>;

/** Decides about many objects at once. Answers a boolean for each parent, in the same order. */
export type DecideBatch = (
  parents: readonly unknown[],
  args: Arguments,
  context: unknown,
  details: PolicyDetails,
) => MaybePromise<readonly boolean[]>;

type BivariantBatch = { bivariant(...args: Parameters<DecideBatch>): ReturnType<DecideBatch> }['bivariant'];

/** What `batch` was given, by what it returned. */
const batches = new WeakMap<Policy, DecideBatch>();

export const batchOf = (policy: Policy): DecideBatch | null => batches.get(policy) ?? null;

/**
 * Returns a policy that is asked once for all objects that are there in the same tick, such as the elements of a list, and the same
 * arguments. It answers a list of booleans, one for each parent in the same order; of another length, all are denied.
 *
 * @example
 * const policies = {
 *   mayRead: batch(async (orders: readonly Order[], _args, context) => {
 *     const viewer = viewerOf(context);
 *     return orders.map((order) => viewer.kind === 'account' && order.ownerId === viewer.id);
 *   }),
 * };
 */
export const batch = (decide: BivariantBatch): Policy => {
  const policy: Policy = async (parent, args, context, details) =>
    (await decide([parent], args, context, details))[0] === true;
  batches.set(policy, decide);
  return policy;
};
