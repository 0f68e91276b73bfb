import type { EpochMillis } from './clock.ts';

/**
 * The password attempts for one email. Emails without an account are counted like any other, so that a lock says no more about
 * them than a wrong password does.
 */
export type LoginAttempts = {
  /** When attempts failed, oldest first. */
  readonly failedAt: readonly EpochMillis[];
  /** Attempts whose password is being checked. Each holds a place, so that concurrent guesses are no more than sequential ones. */
  readonly pending: readonly { readonly id: string; readonly until: EpochMillis }[];
  readonly lockedUntil: EpochMillis | null;
};

export type LockoutPolicy = {
  /** This many failures, */
  readonly maxFailures: number;
  /** within this time, lock the email for this time, in milliseconds. */
  readonly lockMs: number;
};

/** An attempt whose process died gives its place back after this long; a check takes seconds at most. */
const maxCheckMs = 30_000;

export const noAttempts: LoginAttempts = { failedAt: [], pending: [], lockedUntil: null };

export const isEmpty = ({ failedAt, pending, lockedUntil }: LoginAttempts): boolean =>
  failedAt.length === 0 && pending.length === 0 && lockedUntil === null;

/** Returns when the last of it expires. */
export const expiryOf = ({ failedAt, pending, lockedUntil }: LoginAttempts, { lockMs }: LockoutPolicy): EpochMillis =>
  Math.max(lockedUntil ?? 0, (failedAt.at(-1) ?? 0) + lockMs, ...pending.map(({ until }) => until));

/** Returns when the lock that holds now ends; null if none does. */
export const activeLock = ({ lockedUntil }: LoginAttempts, now: EpochMillis): EpochMillis | null =>
  lockedUntil !== null && now < lockedUntil ? lockedUntil : null;

export type Reservation =
  | { readonly kind: 'reserved'; readonly after: LoginAttempts }
  /** Nothing changes: attempts do not prolong a lock, or an attacker could keep an account locked for ever. */
  | { readonly kind: 'locked'; readonly until: EpochMillis }
  /** Every remaining place is held by a pending attempt, and only their outcomes decide about this one. */
  | { readonly kind: 'full' };

type Attempt = { readonly id: string; readonly now: EpochMillis };

/** Reserves a place for an attempt, before its password is checked. */
export const reserveAttempt = (before: LoginAttempts, { id, now }: Attempt, policy: LockoutPolicy): Reservation => {
  const until = activeLock(before, now);
  if (until !== null) return { kind: 'locked', until };
  const { failedAt, pending } = withoutExpired(before, now, policy);
  if (failedAt.length + pending.length >= policy.maxFailures) return { kind: 'full' };
  const own = { id, until: now + maxCheckMs };
  return { kind: 'reserved', after: { failedAt, pending: [...pending, own], lockedUntil: null } };
};

/** `undecided`: the password was not checked (the server was too busy), and the attempt does not count. */
export type AttemptOutcome = 'right' | 'wrong' | 'undecided';

/** Releases the place of an attempt and counts its outcome. A right password clears the failures before it. */
export const settleAttempt = (
  before: LoginAttempts,
  { id, now, outcome }: Attempt & { readonly outcome: AttemptOutcome },
  policy: LockoutPolicy,
): { readonly after: LoginAttempts; readonly locks: boolean } => {
  const { failedAt, pending, lockedUntil } = withoutExpired(before, now, policy);
  const others = pending.filter((other) => other.id !== id);
  if (outcome === 'right') return { after: { failedAt: [], pending: others, lockedUntil }, locks: false };
  const failures = outcome === 'wrong' ? [...failedAt, now] : failedAt;
  const locks = lockedUntil === null && failures.length >= policy.maxFailures;
  return locks
    ? { after: { failedAt: [], pending: others, lockedUntil: now + policy.lockMs }, locks }
    : { after: { failedAt: failures, pending: others, lockedUntil }, locks };
};

const withoutExpired = (attempts: LoginAttempts, now: EpochMillis, { lockMs }: LockoutPolicy): LoginAttempts => ({
  failedAt: attempts.failedAt.filter((at) => now < at + lockMs),
  pending: attempts.pending.filter(({ until }) => now < until),
  lockedUntil: activeLock(attempts, now),
});
