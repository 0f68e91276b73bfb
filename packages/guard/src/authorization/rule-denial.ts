import { type CodedError, GuardError } from '../domain/errors.ts';
import { hasScope, interactiveScope } from '../domain/scope.ts';
import type { AccountViewer, SignedInViewer, Viewer } from '../domain/viewer.ts';
import type { Rule } from './rule.ts';

/** Returns the milliseconds since 1970. */
export type Clock = () => number;

/** The parts of a rule that depend on the caller alone, in the order in which they are denied. */
export const orderOfDenials = ['ANONYMOUS', 'ACCOUNT', 'ROLE', 'SCOPE', 'SESSION', 'STEP_UP'] as const;

type UnmetPart = (typeof orderOfDenials)[number];

/** For API keys and Basic where only a session suffices: no scope that could be granted would help. */
const sessionNeeded =
  'This requires a session: sign in, and send its access token instead of an API key or a password.';

const tokenMissing = 'You must specify a Bearer token in the Authorization header to access this resource';

/** Returns the first part of the rule that the viewer does not meet, null if all are met. Policies are not called. */
export const unmetPart = (rule: Rule, viewer: Viewer, clock: Clock): UnmetPart | null => {
  if (!canMeet(rule, viewer)) {
    if (viewer.kind === 'anonymous') return 'ANONYMOUS';
    return rule.role === null ? 'ACCOUNT' : 'ROLE';
  }
  if (viewer.kind === 'anonymous') return null;
  if (unmetScopes(rule, viewer) !== undefined) return 'SCOPE';
  if (rule.maxAge === null && rule.amr.length === 0) return null;
  if (!hasSession(viewer)) return 'SESSION';
  return isRecent(rule, viewer, clock) && isStrong(rule, viewer) ? null : 'STEP_UP';
};

/** Returns whether the viewer meets every part of the rule that depends on the viewer alone. Policies are not called. */
export const meets = (rule: Rule, viewer: Viewer, clock: Clock): boolean => unmetPart(rule, viewer, clock) === null;

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

const unmetScopes = (rule: Rule, viewer: SignedInViewer): readonly (readonly string[])[] | undefined =>
  rule.scopes.find((sets) => !hasAnySet(viewer.scopes, sets));

const hasAnySet = (granted: readonly string[], sets: readonly (readonly string[])[]): boolean => {
  for (const set of sets) {
    if (set.every((scope) => hasScope(granted, scope))) return true;
  }
  return false;
};

/** A caller who sends a key or a password with each request cannot sign in again to prove more. */
const hasSession = (viewer: SignedInViewer): viewer is AccountViewer =>
  viewer.kind === 'account' && viewer.apiKeyId === undefined && viewer.via !== 'api-key' && viewer.via !== 'basic';

/** A proof from the future shows that a clock was set back: its age is unknown. */
const isRecent = ({ maxAge }: Rule, { authTime }: AccountViewer, clock: Clock): boolean =>
  maxAge === null || (authTime !== undefined && Math.abs(clock() / 1000 - authTime) <= maxAge);

const isStrong = (rule: Rule, { amr = [] }: AccountViewer): boolean =>
  rule.amr.every((methods) => methods.some((method) => amr.includes(method)));

/** Returns the error for a viewer who does not meet the rule. */
export const denialOf = (rule: Rule, viewer: Viewer, clock: Clock): CodedError => {
  const part = unmetPart(rule, viewer, clock);
  if (viewer.kind === 'anonymous') {
    return new GuardError('UNAUTHENTICATED', { reason: 'TOKEN_MISSING' }, tokenMissing, causeOf(rule, {}));
  }
  if (part === 'SCOPE') {
    const scopes = unmetScopes(rule, viewer);
    const needsSession = scopes?.every((set) => set.includes(interactiveScope));
    return forbidden(rule, { reason: part, required: { scopes }, message: needsSession ? sessionNeeded : undefined });
  }
  if (part === 'STEP_UP') return stepUpRequired(rule, viewer);
  if (part === 'SESSION') return forbidden(rule, { reason: part, message: sessionNeeded });
  return part === 'ROLE'
    ? forbidden(rule, { reason: part, required: { role: rule.role } })
    : forbidden(rule, { reason: 'ACCOUNT' });
};

/** What is asked for is always named: the caller can do it. */
const stepUpRequired = (rule: Rule, viewer: SignedInViewer): CodedError => {
  const held = viewer.kind === 'account' ? (viewer.amr ?? []) : [];
  const amr = rule.amr.find((methods) => !methods.some((method) => held.includes(method))) ?? rule.amr[0];
  const details = { ...(rule.maxAge !== null && { maxAge: rule.maxAge }), ...(amr !== undefined && { amr }) };
  return new GuardError('STEP_UP_REQUIRED', details, undefined, causeOf(rule, {}));
};

type Required = Readonly<Record<string, unknown>>;

const forbidden = (
  rule: Rule,
  denial: { readonly reason: string; readonly required?: Required; readonly message?: string | undefined },
): CodedError => {
  const { reason, required, message } = denial;
  const { coordinate } = rule;
  const details = rule.exposed ? { reason, ...(required && { required }), coordinate } : { reason };
  return new GuardError('FORBIDDEN', details, message, causeOf(rule, { reason, ...(required && { required }) }));
};

/** For logs: never sent. */
const causeOf = ({ coordinate }: Rule, denial: Required): { readonly cause: DenialCause } => ({
  cause: { ...denial, coordinate },
});

/** The `cause` of a denial: which rule was not met, and what it requires. */
export type DenialCause = Required & { readonly coordinate: string };

/** Returns the error for a viewer whom a policy denied. */
export const policyDenialOf = (rule: Rule, policy: string): CodedError =>
  forbidden(rule, { reason: 'POLICY', required: { policy } });
