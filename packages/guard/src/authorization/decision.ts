import type { Authentication, RejectionReason } from '../domain/authentication.ts';
import { type CodedError, GuardError, otherOrigin } from '../domain/errors.ts';
import { hasScope, interactiveScope } from '../domain/scope.ts';
import { anonymous, ownViewer, type Viewer } from '../domain/viewer.ts';
import type { Refusal } from './errors.ts';
import type { Plan } from './plan.ts';
import type { Rule } from './rule.ts';

/** `run`: execute as this viewer; fields that a query may not see resolve to null with an error. `refuse`: nothing runs. */
export type Decision =
  | {
      readonly kind: 'run';
      readonly viewer: Viewer;
      /** In `mode: 'report'`: why it would have been refused. */
      readonly reported?: Refusal;
    }
  | ({ readonly kind: 'refuse' } & Refusal);

/** For API keys and Basic where only a session suffices: no scope that could be granted would help. */
const sessionNeeded =
  'This requires a session: sign in, and send its access token instead of an API key or a password.';

const tokenMissing = 'You must specify a Bearer token in the Authorization header to access this resource';

export const runAnonymously: Decision = { kind: 'run', viewer: anonymous };

/** Decides an operation whose plan has rules, before any resolver runs. Pure: the viewer is copied. */
export const decideOperation = (plan: Plan, authentication: Authentication): Decision => {
  switch (authentication.kind) {
    case 'absent':
      return decideFor(plan, anonymous);
    case 'accepted':
      return decideFor(plan, ownViewer(authentication.viewer));
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

const decideFor = (plan: Plan, viewer: Viewer): Decision => {
  const denied = findRefusingRule(plan, viewer);
  if (denied === null) return { kind: 'run', viewer };
  return { ...refuse(denialOf(denied, viewer), viewer.kind !== 'anonymous'), viewer };
};

/**
 * Returns the rule that refuses the whole operation, null if there is none. A query is refused when none of its root fields may
 * be read. Mutations and subscriptions are refused for any rule that is not met, even a rule of only some of the possible
 * types: nothing of them runs before all of it is known to be allowed.
 */
const findRefusingRule = ({ operation, roots, rules }: Plan, viewer: Viewer): Rule | null => {
  if (operation !== 'query') return rules.find((rule) => !meets(rule, viewer)) ?? null;
  for (const rule of roots) {
    if (rule === null || meets(rule, viewer)) return null;
  }
  return roots[0] ?? null;
};

/** Returns whether the viewer meets every part of the rule that depends on the viewer alone. Policies are not called. */
export const meets = (rule: Rule, viewer: Viewer): boolean => {
  if (!canMeet(rule, viewer)) return false;
  if (viewer.kind === 'anonymous') return true;
  for (const sets of rule.scopes) {
    if (!hasAnySet(viewer.scopes, sets)) return false;
  }
  return true;
};

/**
 * Returns whether callers of this kind and role can meet the rule. Scopes, which differ between their credentials, are not
 * checked. A service, which did not sign in and has nothing but scopes, meets a rule without scopes only where anonymous
 * callers do: such a rule is about people.
 */
export const canMeet = (rule: Rule, viewer: Viewer): boolean => {
  switch (viewer.kind) {
    case 'anonymous':
      return rule.optional;
    case 'account':
      return rule.rolesAllowed === null || rule.rolesAllowed.includes(viewer.role);
    case 'service':
      return rule.rolesAllowed === null && (rule.optional || rule.scopes.length > 0);
  }
};

const hasAnySet = (granted: readonly string[], sets: readonly (readonly string[])[]): boolean => {
  for (const set of sets) {
    if (set.every((scope) => hasScope(granted, scope))) return true;
  }
  return false;
};

/** Returns the error for a viewer who does not meet the rule. */
export const denialOf = (rule: Rule, viewer: Viewer): CodedError => {
  if (viewer.kind === 'anonymous') {
    return new GuardError('UNAUTHENTICATED', { reason: 'TOKEN_MISSING' }, tokenMissing);
  }
  const { coordinate } = rule;
  if (!canMeet(rule, viewer)) {
    const required = { role: rule.role };
    const details = rule.role === null ? { reason: 'ACCOUNT', coordinate } : { reason: 'ROLE', required, coordinate };
    return new GuardError('FORBIDDEN', details);
  }
  const scopes = rule.scopes.find((sets) => !hasAnySet(viewer.scopes, sets));
  const needsSession = scopes?.every((set) => set.includes(interactiveScope));
  const details = { reason: 'SCOPE', required: { scopes }, coordinate };
  return new GuardError('FORBIDDEN', details, needsSession ? sessionNeeded : undefined);
};

/** Returns the error for a viewer whom a policy denied. */
export const policyDenialOf = (rule: Rule, policy: string): CodedError =>
  new GuardError('FORBIDDEN', { reason: 'POLICY', required: { policy }, coordinate: rule.coordinate });
