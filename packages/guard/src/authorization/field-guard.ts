import { isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import { defaultFieldResolver, type GraphQLFieldConfig, type GraphQLFieldResolver } from 'graphql';
import { CodedError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { viewerOf } from '../domain/viewer-binding.ts';
import { denialOf, meets, policyDenialOf } from './decision.ts';
import { type Refusal, toGraphQLError } from './errors.ts';
import type { Rule } from './rules.ts';

type Arguments = Readonly<Record<string, unknown>>;
type Decide = (parent: unknown, args: Arguments, context: unknown) => MaybePromise<boolean>;

/**
 * A rule that needs the object, the arguments or a store. Passes only with `true`; `false`, any other value and a throw deny.
 * `GuardError('SERVICE_UNAVAILABLE')` says that it cannot tell, and the field's error has that code. Called after roles and
 * scopes, once for each field that it guards, with the arguments of that field.
 */
// Declared as a method, so that a policy may name the types of its own parent and context.
export type Policy = { bivariant(...args: Parameters<Decide>): ReturnType<Decide> }['bivariant'];

/** By the names that `@auth(policy: "…")` uses. */
export type Policies = Readonly<Record<string, Policy>>;

export type FieldGuardOptions = {
  /** By the names that `@auth(policy: "…")` uses. */
  readonly policies?: Policies;
  /**
   * Called when a field is denied while others are answered, once per rule and operation. `onDecision` of `useFieldgate` is
   * called for whole operations that are refused.
   */
  readonly onDenied?: (denial: Refusal, context: unknown) => void;
};

type Field = GraphQLFieldConfig<unknown, unknown>;
type Resolver = GraphQLFieldResolver<unknown, unknown>;

/**
 * Returns the field with its rule checked before its resolver. Of a subscription both functions are wrapped: with only
 * `resolve`, the source of a denied caller would be opened first.
 */
export const guardField = (
  field: Field,
  rule: Rule,
  { isSubscription, ...options }: FieldGuardOptions & { readonly isSubscription: boolean },
): Field => {
  const guard = createGuard(rule, options);
  return {
    ...field,
    resolve: guard(field.resolve ?? defaultFieldResolver),
    ...(isSubscription && { subscribe: guard(field.subscribe ?? defaultFieldResolver) }),
  };
};

const createGuard = (rule: Rule, { policies = {}, onDenied }: FieldGuardOptions) => {
  const deny = createDeny(onDenied);
  const requireViewer = createViewerCheck(rule, deny);
  const required = rule.policies.flatMap((name) => {
    const decide = policies[name];
    return decide ? [{ name, decide }] : [];
  });
  return (resolve: Resolver): Resolver =>
    (parent, args, context, info) => {
      requireViewer(context);
      if (required.length === 0) return resolve(parent, args, context, info);
      const pending = requirePolicies(required, { rule, parent, args, context, deny });
      if (pending === undefined) return resolve(parent, args, context, info);
      // Bound, because a closure over the arguments would cost every call that does not wait.
      return pending.then(resolve.bind(undefined, parent, args, context, info));
    };
};

/** The last viewer that passed is remembered: in a list the same frozen viewer meets the same rule a thousand times. */
const createViewerCheck = (rule: Rule, deny: Deny): ((context: unknown) => void) => {
  let lastPassed: Viewer | null = null;
  return (context) => {
    const viewer = viewerOf(context);
    if (viewer === lastPassed) return;
    if (!meets(rule, viewer)) deny(denialOf(rule, viewer), context);
    lastPassed = viewer;
  };
};

type Deny = (error: CodedError, context: unknown) => never;

const createDeny = (onDenied: FieldGuardOptions['onDenied']): Deny => {
  const reported = new WeakSet<object>();
  return (error, context) => {
    if (onDenied && typeof context === 'object' && context !== null && !reported.has(context)) {
      reported.add(context);
      const viewer = viewerOf(context);
      onDenied({ error, viewer, presented: viewer.kind !== 'anonymous' }, context);
    }
    throw toGraphQLError(error);
  };
};

type NamedPolicy = { readonly name: string; readonly decide: Policy };

type GuardedCall = {
  readonly rule: Rule;
  readonly parent: unknown;
  readonly args: Arguments;
  readonly context: unknown;
  readonly deny: Deny;
};

/**
 * Calls the policies one after another and denies at the first that does not return true. Returns a promise only if one of
 * them does: waiting for each item of a list costs many times the list.
 */
const requirePolicies = (policies: readonly NamedPolicy[], call: GuardedCall): Promise<void> | undefined => {
  for (const policy of policies) {
    const answer = callPolicy(policy, call);
    if (answer === true) continue;
    if (!isPromise(answer)) return denyBy(policy, call);
    return requireLater(answer, policy, policies.slice(policies.indexOf(policy) + 1), call);
  }
  return undefined;
};

const requireLater = (answer: Promise<unknown>, policy: NamedPolicy, rest: readonly NamedPolicy[], call: GuardedCall) =>
  Promise.resolve(answer).then(
    (settled) => (settled === true ? requirePolicies(rest, call) : denyBy(policy, call)),
    (error) => denyFailed(error, policy, call),
  );

const callPolicy = (policy: NamedPolicy, call: GuardedCall): unknown => {
  try {
    return policy.decide(call.parent, call.args, call.context);
  } catch (error) {
    return denyFailed(error, policy, call);
  }
};

const denyBy = ({ name }: NamedPolicy, { rule, context, deny }: GuardedCall): never =>
  deny(policyDenialOf(rule, name), context);

/** A policy that throws denies. Only "cannot tell right now" keeps its own code. */
const denyFailed = (error: unknown, policy: NamedPolicy, call: GuardedCall): never => {
  const isOutage = error instanceof CodedError && error.code === 'SERVICE_UNAVAILABLE';
  return isOutage ? call.deny(error, call.context) : denyBy(policy, call);
};
