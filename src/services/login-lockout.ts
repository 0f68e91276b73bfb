import { type Clock, type EpochMillis, toSeconds } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { EmailDigest } from '../domain/ids.ts';
import {
  type AttemptOutcome,
  activeLock,
  expiryOf,
  type LockoutPolicy,
  type LoginAttempts,
  noAttempts,
  reserveAttempt,
  settleAttempt,
} from '../domain/login-attempts.ts';
import type { AttemptsRecord, LoginAttemptStore } from '../stores/ports/login-attempt-store.ts';
import { createKeyedQueue, type Slot } from './keyed-queue.ts';

type LoginLockoutDeps = {
  readonly attempts: LoginAttemptStore;
  readonly policy: LockoutPolicy;
  readonly clock: Clock;
  readonly createId: () => string;
  readonly digest: (email: string) => EmailDigest;
};

/** The result of a password check. */
type Checked = { readonly isRight: boolean };

export type LoginLockout = ReturnType<typeof createLoginLockout>;

/**
 * Limits the guesses at the password of one email: an attempt reserves one of a few places before its password is checked and
 * releases it afterwards. So no more guesses are checked than may fail, however many come at once and on however many
 * instances, and simultaneous right passwords only wait for each other. Emails are given normalised.
 */
export const createLoginLockout = (deps: LoginLockoutDeps) => {
  const { attempts, policy, clock } = deps;
  const queue = createKeyedQueue();

  /**
   * Runs `check` as one attempt. `locks`: it failed, and the email is locked from now on. `take` takes what the check will need before
   * anything is stored, and returns what gives it back; those who wait behind an attempt for the same email have not taken it yet.
   * Errors: those of `take`; ACCOUNT_LOCKED, without a check; SERVICE_UNAVAILABLE if earlier attempts take too long; those of `check`, and then
   * the attempt does not count.
   */
  const attempt = async <Result extends Checked>(
    email: string,
    take: () => () => void,
    check: () => Promise<Result>,
  ): Promise<Result & { readonly locks: boolean }> => {
    const digest = deps.digest(email);
    const id = deps.createId();
    let giveBack = (): void => {};
    try {
      await queue.runExclusive(digest, async (slot) => {
        giveBack = take();
        await reserve(digest, id, slot);
      });
      const checked = await check().catch(async (error: unknown) => {
        // If this cannot be stored either, the place expires.
        await settle(digest, id, 'undecided').catch(() => {});
        throw error;
      });
      return { ...checked, locks: await settle(digest, id, checked.isRight ? 'right' : 'wrong') };
    } finally {
      giveBack();
    }
  };

  const reserve = async (digest: EmailDigest, id: string, slot: Slot): Promise<void> => {
    while (!slot.isTimedOut()) {
      const outcome = await attempts.change(digest, (before) => {
        const reservation = reserveAttempt(before, { id, now: clock() }, policy);
        return { outcome: reservation, record: reservation.kind === 'reserved' ? toRecord(reservation.after) : null };
      });
      if (outcome.kind === 'reserved') return;
      if (outcome.kind === 'locked') throw locked(outcome.until, clock());
      await slot.wait();
    }
    throw new AppError('SERVICE_UNAVAILABLE', { retryAfter: 1 });
  };

  const settle = async (digest: EmailDigest, id: string, outcome: AttemptOutcome): Promise<boolean> => {
    const locks = await attempts.change(digest, (before) => {
      const { after, locks } = settleAttempt(before, { id, now: clock(), outcome }, policy);
      return { outcome: locks, record: toRecord(after) };
    });
    queue.notify(digest);
    return locks;
  };

  const toRecord = (after: LoginAttempts): AttemptsRecord => ({ attempts: after, expiresAt: expiryOf(after, policy) });

  const isLocked = async (email: string): Promise<boolean> =>
    activeLock(await attempts.find(deps.digest(email)), clock()) !== null;

  /** Forgets every failure of this email. Resolves with whether it was locked. */
  const unlock = async (email: string): Promise<boolean> =>
    attempts.change(deps.digest(email), (before) => ({
      outcome: activeLock(before, clock()) !== null,
      record: toRecord({ ...noAttempts, pending: before.pending }),
    }));

  return { attempt, isLocked, unlock };
};

const locked = (until: EpochMillis, now: EpochMillis): AppError =>
  new AppError('ACCOUNT_LOCKED', { retryAfter: Math.max(1, toSeconds(until - now + 999)) });
