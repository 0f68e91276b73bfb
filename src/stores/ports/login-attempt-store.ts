import type { EpochMillis } from '../../domain/clock.ts';
import type { EmailDigest } from '../../domain/ids.ts';
import type { LoginAttempts } from '../../domain/login-attempts.ts';

/**
 * Login attempts by the digest of the email, so that addresses without an account are not stored. Every method is one atomic
 * step and rejects only with `AppError('SERVICE_UNAVAILABLE')`. `test/contract/login-attempt-store.ts` is the definition;
 * every adapter runs it.
 */
export type LoginAttemptStore = {
  /** Returns the recorded attempts; `noAttempts` if there are none. */
  readonly find: (email: EmailDigest) => Promise<LoginAttempts>;
  /**
   * Changes the record of one email. Simultaneous calls, by any number of processes, end as if they had come one after the
   * other. `step` computes the next record from the present one and must be pure: it runs again when another call was faster.
   */
  readonly change: <Outcome>(
    email: EmailDigest,
    step: (before: LoginAttempts) => AttemptsChange<Outcome>,
  ) => Promise<Outcome>;
  /** Removes expired records, at most `limit`; returns how many. */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};

export type AttemptsChange<Outcome> = {
  readonly outcome: Outcome;
  /** Null: nothing changes. */
  readonly record: AttemptsRecord | null;
};

export type AttemptsRecord = {
  readonly attempts: LoginAttempts;
  /** From then on the record has no effect. */
  readonly expiresAt: EpochMillis;
};
