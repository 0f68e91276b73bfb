import type { EpochMillis } from '../../domain/clock.ts';
import type { EmailDigest } from '../../domain/ids.ts';
import type { LoginAttempts } from '../../domain/login-attempts.ts';

/**
 * Tries at passwords, by the digest of the email: addresses that are nobody's are not stored. Every method is one atomic
 * step and rejects only with `AppError('SERVICE_UNAVAILABLE')`. `test/contract/login-attempt-store.ts` is the definition;
 * every adapter runs it.
 */
export type LoginAttemptStore = {
  /** What is on record; `noAttempts` where nothing is. */
  readonly find: (email: EmailDigest) => Promise<LoginAttempts>;
  /**
   * Changes the record of one email. Under any number of simultaneous calls, by any number of processes, the outcome is as
   * if they had come one after the other. `step` says what comes after what is there, and must be pure: it is asked again
   * whenever somebody else was faster.
   */
  readonly change: <Outcome>(
    email: EmailDigest,
    step: (before: LoginAttempts) => AttemptsChange<Outcome>,
  ) => Promise<Outcome>;
  /** Removes what means nothing any more, a bounded number at a time; returns how many. */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};

export type AttemptsChange<Outcome> = {
  readonly outcome: Outcome;
  /** Null: nothing changes. */
  readonly record: AttemptsRecord | null;
};

export type AttemptsRecord = {
  readonly attempts: LoginAttempts;
  /** From when on it means nothing any more. */
  readonly expiresAt: EpochMillis;
};
