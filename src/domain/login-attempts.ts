import type { EpochMillis } from './clock.ts';

/**
 * What is known of the tries at the password of one email. Emails of nobody are counted like any other, so that a lock tells
 * no more about them than a wrong password does.
 */
export type LoginAttempts = {
  /** When tries failed, oldest first. */
  readonly failedAt: readonly EpochMillis[];
  /** Tries whose password is being checked. Each holds a place: guesses sent at once are no more than guesses in turn. */
  readonly pending: readonly { readonly id: string; readonly until: EpochMillis }[];
  readonly lockedUntil: EpochMillis | null;
};

export type LockoutPolicy = {
  /** So many failures, */
  readonly maxFailures: number;
  /** within this time, lock the email for this time, in milliseconds. */
  readonly lockMs: number;
};

/** A try whose process died gives its place back after this long; a check takes seconds at most. */
const longestCheckMs = 30_000;

export const noAttempts: LoginAttempts = { failedAt: [], pending: [], lockedUntil: null };

export const isEmpty = ({ failedAt, pending, lockedUntil }: LoginAttempts): boolean =>
  failedAt.length === 0 && pending.length === 0 && lockedUntil === null;

/** From when on nothing of it means anything any more. */
export const expiryOf = ({ failedAt, pending, lockedUntil }: LoginAttempts, { lockMs }: LockoutPolicy): EpochMillis =>
  Math.max(lockedUntil ?? 0, (failedAt.at(-1) ?? 0) + lockMs, ...pending.map(({ until }) => until));

/** The moment a lock that holds now ends; null if there is none. */
export const activeLock = ({ lockedUntil }: LoginAttempts, now: EpochMillis): EpochMillis | null =>
  lockedUntil !== null && now < lockedUntil ? lockedUntil : null;

export type Reservation =
  | { readonly kind: 'reserved'; readonly after: LoginAttempts }
  /** Nothing changes: trying does not prolong a lock, or anybody could keep an account locked for ever. */
  | { readonly kind: 'locked'; readonly until: EpochMillis }
  /** Every place left is taken by a try that is not decided yet. Nobody knows now whether this one may go on. */
  | { readonly kind: 'full' };

type Attempt = { readonly id: string; readonly now: EpochMillis };

/** Takes a place for a try before its password is looked at. */
export const reserveAttempt = (before: LoginAttempts, { id, now }: Attempt, policy: LockoutPolicy): Reservation => {
  const until = activeLock(before, now);
  if (until !== null) return { kind: 'locked', until };
  const { failedAt, pending } = withoutExpired(before, now, policy);
  if (failedAt.length + pending.length >= policy.maxFailures) return { kind: 'full' };
  const own = { id, until: now + longestCheckMs };
  return { kind: 'reserved', after: { failedAt, pending: [...pending, own], lockedUntil: null } };
};

/** `undecided`: nobody looked at the password (the server was too busy), and the try does not count. */
export type AttemptOutcome = 'right' | 'wrong' | 'undecided';

/** Gives the place of a try back, and counts how it went. A right password clears what was wrong before. */
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

/** Without what has passed. */
const withoutExpired = (attempts: LoginAttempts, now: EpochMillis, { lockMs }: LockoutPolicy): LoginAttempts => ({
  failedAt: attempts.failedAt.filter((at) => now < at + lockMs),
  pending: attempts.pending.filter(({ until }) => now < until),
  lockedUntil: activeLock(attempts, now),
});
