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

type Dependencies = {
  readonly attempts: LoginAttemptStore;
  readonly policy: LockoutPolicy;
  readonly clock: Clock;
  readonly createId: () => string;
  readonly digest: (email: string) => EmailDigest;
};

/** What came of looking at a password. */
type Checked = { readonly isRight: boolean };

export type LoginLockout = ReturnType<typeof createLoginLockout>;

/**
 * Bounds the guesses at the password of one email: a try takes one of a few places before its password is looked at and
 * gives it back when it was. So no more guesses are looked at than may fail, however many come at once, on however many
 * instances; and right passwords, however many come at once, only wait for each other. Emails are given normalised.
 */
export const createLoginLockout = (deps: Dependencies) => {
  const { attempts, policy, clock } = deps;
  const lines = createKeyedQueue();

  /**
   * Lets `check` look at a password, as one try. `locks`: it failed, and the email is locked from now on.
   * Errors: ACCOUNT_LOCKED, unchecked; SERVICE_UNAVAILABLE, if the tries before it take too long; what `check` throws, and then the try does not count.
   */
  const attempt = async <Result extends Checked>(
    email: string,
    check: () => Promise<Result>,
  ): Promise<Result & { readonly locks: boolean }> => {
    const digest = deps.digest(email);
    const id = deps.createId();
    await lines.inTurn(digest, (turn) => reserve(digest, id, turn));
    const checked = await check().catch(async (error: unknown) => {
      // If that cannot be written down either, the place comes back by itself.
      await settle(digest, id, 'undecided').catch(() => {});
      throw error;
    });
    return { ...checked, locks: await settle(digest, id, checked.isRight ? 'right' : 'wrong') };
  };

  const reserve = async (digest: EmailDigest, id: string, turn: Slot): Promise<void> => {
    while (!turn.isTimedOut()) {
      const outcome = await attempts.change(digest, (before) => {
        const outcome = reserveAttempt(before, { id, now: clock() }, policy);
        return { outcome, record: outcome.kind === 'reserved' ? recordOf(outcome.after) : null };
      });
      if (outcome.kind === 'reserved') return;
      if (outcome.kind === 'locked') throw locked(outcome.until);
      await turn.wait();
    }
    throw new AppError('SERVICE_UNAVAILABLE', { retryAfter: 1 });
  };

  const settle = async (digest: EmailDigest, id: string, outcome: AttemptOutcome): Promise<boolean> => {
    const locks = await attempts.change(digest, (before) => {
      const { after, locks } = settleAttempt(before, { id, now: clock(), outcome }, policy);
      return { outcome: locks, record: recordOf(after) };
    });
    lines.tell(digest);
    return locks;
  };

  const recordOf = (after: LoginAttempts): AttemptsRecord => ({ attempts: after, expiresAt: expiryOf(after, policy) });

  const isLocked = async (email: string): Promise<boolean> =>
    activeLock(await attempts.find(deps.digest(email)), clock()) !== null;

  /** Forgets every failure of this email; whether it was locked. */
  const unlock = async (email: string): Promise<boolean> => {
    const digest = deps.digest(email);
    return attempts.change(digest, (before) => ({
      outcome: activeLock(before, clock()) !== null,
      record: recordOf({ ...noAttempts, pending: before.pending }),
    }));
  };

  const locked = (until: EpochMillis): AppError =>
    new AppError('ACCOUNT_LOCKED', { retryAfter: Math.max(1, toSeconds(until - clock() + 999)) });

  return { attempt, isLocked, unlock };
};
