import type { Authentication, RejectionReason } from '../domain/authentication.ts';
import { type CodedError, GuardError, otherOrigin } from '../domain/errors.ts';
import { hasScope, interactiveScope } from '../domain/scope.ts';
import { anonymous, type SignedInViewer, type Viewer } from '../domain/viewer.ts';
import type { Refusal } from './errors.ts';
import type { Plan } from './plan.ts';
import type { Rule } from './rules.ts';

/** `run`: execute as this viewer; fields that a query may not see resolve to null with an error. `refuse`: nothing runs. */
export type Decision = { readonly kind: 'run'; readonly viewer: Viewer } | ({ readonly kind: 'refuse' } & Refusal);

/** For API keys and Basic where only a session suffices: no scope that could be granted would help. */
const sessionNeeded =
  'This requires a session: sign in, and send its access token instead of an API key or a password.';

const tokenMissing = 'You must specify a Bearer token in the Authorization header to access this resource';

export const runAnonymously: Decision = { kind: 'run', viewer: anonymous };

/** Decides an operation whose plan has rules, before any resolver runs. Pure. */
export const decideOperation = (plan: Plan, authentication: Authentication): Decision => {
  switch (authentication.kind) {
    case 'absent':
      return decideFor(plan, anonymous);
    case 'accepted':
      return decideFor(plan, authentication.viewer);
    case 'rejected':
      return {
        ...refuse(rejectionOf(authentication.reason), true),
        ...(authentication.challenge !== undefined && { challenge: authentication.challenge }),
      };
    case 'ambiguous':
      return refuse(new GuardError('AMBIGUOUS_CREDENTIALS'), true);
    default:
      return unreachable(authentication);
  }
};

const rejectionOf = (reason: RejectionReason): CodedError =>
  reason === 'ORIGIN' ? otherOrigin() : new GuardError('UNAUTHENTICATED', { reason });

export const refuse = (error: CodedError, presented: boolean): Decision => ({ kind: 'refuse', error, presented });

const unreachable = (value: never): never => {
  throw new TypeError(`Not an authentication: ${String(value)}`);
};

/**
 * A query is refused when none of its root fields may be read. Mutations and subscriptions are refused for any rule that is
 * not met, even a rule of only some of the possible types: nothing of them runs before all of it is known to be allowed.
 */
const decideFor = (plan: Plan, viewer: Viewer): Decision => {
  const denied =
    plan.operation === 'query'
      ? firstIfAllFail(plan.roots, (rule) => rule === null || meets(rule, viewer))
      : plan.rules.find((rule) => !meets(rule, viewer));
  if (denied === undefined || denied === null) {
    return { kind: 'run', viewer };
  }
  return { ...refuse(denialOf(denied, viewer), viewer.kind !== 'anonymous'), viewer };
};

const firstIfAllFail = (rules: readonly (Rule | null)[], passes: (rule: Rule | null) => boolean) =>
  rules.some(passes) ? undefined : rules[0];

/** Returns whether the viewer meets every part of the rule that depends on the viewer alone. Policies are not called. */
export const meets = (rule: Rule, viewer: Viewer): boolean => {
  if (viewer.kind === 'anonymous') {
    return rule.optional;
  }
  return isForKind(rule, viewer) && hasRole(rule, viewer) && rule.scopes.every((sets) => hasScopes(sets, viewer));
};

/**
 * A rule with scopes is met by any caller that has them. A rule without scopes is about people: a service, which did not sign
 * in and has nothing but scopes, meets it only where anonymous callers do.
 */
const isForKind = (rule: Rule, viewer: SignedInViewer): boolean =>
  viewer.kind === 'account' || rule.optional || rule.scopes.length > 0;

const hasRole = ({ rolesAllowed }: Rule, viewer: SignedInViewer): boolean =>
  rolesAllowed === null || (viewer.kind === 'account' && rolesAllowed.includes(viewer.role));

const hasScopes = (sets: readonly (readonly string[])[], viewer: SignedInViewer): boolean =>
  sets.some((set) => set.every((scope) => hasScope(viewer.scopes, scope)));

/** Returns the error for a viewer who does not meet the rule. */
export const denialOf = (rule: Rule, viewer: Viewer): CodedError => {
  if (viewer.kind === 'anonymous') {
    return new GuardError('UNAUTHENTICATED', { reason: 'TOKEN_MISSING' }, tokenMissing);
  }
  const { coordinate } = rule;
  if (!hasRole(rule, viewer)) {
    return new GuardError('FORBIDDEN', { reason: 'ROLE', required: { role: rule.role }, coordinate });
  }
  if (!isForKind(rule, viewer)) {
    return new GuardError('FORBIDDEN', { reason: 'ACCOUNT', coordinate });
  }
  const scopes = rule.scopes.find((sets) => !hasScopes(sets, viewer));
  const needsSession = scopes?.every((set) => set.includes(interactiveScope));
  const details = { reason: 'SCOPE', required: { scopes }, coordinate };
  return new GuardError('FORBIDDEN', details, needsSession ? sessionNeeded : undefined);
};

/** Returns the error for a viewer whom a policy denied. */
export const policyDenialOf = (rule: Rule, policy: string): CodedError =>
  new GuardError('FORBIDDEN', { reason: 'POLICY', required: { policy }, coordinate: rule.coordinate });
