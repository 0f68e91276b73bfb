import type { EpochMillis } from './clock.ts';

/**
 * What is known of the tries at the password of one email. Emails of nobody are counted like any other, so that a lock tells
 * no more about them than a wrong password does.
 */
export type LoginAttempts = {
  /** When tries failed, oldest first. */
  readonly failedAt: readonly EpochMillis[];
  /** Tries whose password is being checked. Each holds a place: guesses sent at once are no more than guesses in turn. */
  readonly underWay: readonly { readonly id: string; readonly until: EpochMillis }[];
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

export const noAttempts: LoginAttempts = { failedAt: [], underWay: [], lockedUntil: null };

export const isNothing = ({ failedAt, underWay, lockedUntil }: LoginAttempts): boolean =>
  failedAt.length === 0 && underWay.length === 0 && lockedUntil === null;

/** From when on nothing of it means anything any more. */
export const endOf = ({ failedAt, underWay, lockedUntil }: LoginAttempts, { lockMs }: LockoutPolicy): EpochMillis =>
  Math.max(lockedUntil ?? 0, (failedAt.at(-1) ?? 0) + lockMs, ...underWay.map(({ until }) => until));

/** The moment a lock that holds now ends; null if there is none. */
export const lockAt = ({ lockedUntil }: LoginAttempts, now: EpochMillis): EpochMillis | null =>
  lockedUntil !== null && now < lockedUntil ? lockedUntil : null;

export type Reservation =
  | { readonly kind: 'reserved'; readonly after: LoginAttempts }
  /** Nothing changes: trying does not prolong a lock, or anybody could keep an account locked for ever. */
  | { readonly kind: 'locked'; readonly until: EpochMillis }
  /** Every place left is taken by a try that is not decided yet. Nobody knows now whether this one may go on. */
  | { readonly kind: 'full' };

type Try = { readonly id: string; readonly now: EpochMillis };

/** Takes a place for a try before its password is looked at. */
export const reserveTry = (before: LoginAttempts, { id, now }: Try, policy: LockoutPolicy): Reservation => {
  const until = lockAt(before, now);
  if (until !== null) return { kind: 'locked', until };
  const { failedAt, underWay } = current(before, now, policy);
  if (failedAt.length + underWay.length >= policy.maxFailures) return { kind: 'full' };
  const own = { id, until: now + longestCheckMs };
  return { kind: 'reserved', after: { failedAt, underWay: [...underWay, own], lockedUntil: null } };
};

/** `undecided`: nobody looked at the password (the server was too busy), and the try does not count. */
export type TryOutcome = 'right' | 'wrong' | 'undecided';

/** Gives the place of a try back, and counts how it went. A right password clears what was wrong before. */
export const settleTry = (
  before: LoginAttempts,
  { id, now, outcome }: Try & { readonly outcome: TryOutcome },
  policy: LockoutPolicy,
): { readonly after: LoginAttempts; readonly locks: boolean } => {
  const { failedAt, underWay, lockedUntil } = current(before, now, policy);
  const others = underWay.filter((other) => other.id !== id);
  if (outcome === 'right') return { after: { failedAt: [], underWay: others, lockedUntil }, locks: false };
  const failures = outcome === 'wrong' ? [...failedAt, now] : failedAt;
  const locks = lockedUntil === null && failures.length >= policy.maxFailures;
  return locks
    ? { after: { failedAt: [], underWay: others, lockedUntil: now + policy.lockMs }, locks }
    : { after: { failedAt: failures, underWay: others, lockedUntil }, locks };
};

/** Without what has passed. */
const current = (attempts: LoginAttempts, now: EpochMillis, { lockMs }: LockoutPolicy): LoginAttempts => ({
  failedAt: attempts.failedAt.filter((at) => now < at + lockMs),
  underWay: attempts.underWay.filter(({ until }) => now < until),
  lockedUntil: lockAt(attempts, now),
});
