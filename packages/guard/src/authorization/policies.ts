import { CodedError } from '../domain/errors.ts';
import { isPromise, type MaybePromise } from '../domain/maybe-promise.ts';
import { policyDenialOf } from './decision.ts';
import type { Rule } from './rules.ts';

type Decide = (parent: unknown, args: Readonly<Record<string, unknown>>, context: unknown) => MaybePromise<boolean>;

/**
 * A rule that needs the object, the arguments or a store. Passes only with `true`; `false`, any other value and a throw deny.
 * `GuardError('SERVICE_UNAVAILABLE')` says that it cannot tell, and the field's error has that code. Called after roles and
 * scopes, once for each field that it guards, with the arguments of that field.
 */
// Declared as a method, so that a policy may name the types of its own parent and context.
export type Policy = { bivariant(...args: Parameters<Decide>): ReturnType<Decide> }['bivariant'];

/** By the names that `@auth(policy: "…")` uses. */
export type Policies = Readonly<Record<string, Policy>>;

export type NamedPolicy = { readonly name: string; readonly decide: Policy };

/** The field whose policies are called. */
export type PolicyCall = {
  readonly rule: Rule;
  readonly parent: unknown;
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: unknown;
  readonly deny: (error: CodedError) => never;
};

/**
 * Calls the policies one after another and denies at the first that does not return true. Returns a promise only if one of
 * them does.
 */
export const requirePolicies = (policies: readonly NamedPolicy[], call: PolicyCall): Promise<void> | undefined => {
  let called = 0;
  for (const policy of policies) {
    called += 1;
    const answer = callPolicy(policy, call);
    if (isPromise(answer)) {
      const rest = policies.slice(called);
      return Promise.resolve(answer).then(
        (settled) => {
          requireTrue(settled, policy, call);
          return requirePolicies(rest, call);
        },
        (error) => denyFailed(error, policy, call),
      );
    }
    requireTrue(answer, policy, call);
  }
  return undefined;
};

const callPolicy = (policy: NamedPolicy, call: PolicyCall): unknown => {
  try {
    return policy.decide(call.parent, call.args, call.context);
  } catch (error) {
    return denyFailed(error, policy, call);
  }
};

const requireTrue = (answer: unknown, { name }: NamedPolicy, { rule, deny }: PolicyCall): void => {
  if (answer !== true) {
    deny(policyDenialOf(rule, name));
  }
};

/** A policy that throws denies. Only "cannot tell right now" keeps its own code. */
const denyFailed = (error: unknown, { name }: NamedPolicy, { rule, deny }: PolicyCall): never => {
  const isOutage = error instanceof CodedError && error.code === 'SERVICE_UNAVAILABLE';
  return deny(isOutage ? error : policyDenialOf(rule, name));
};
