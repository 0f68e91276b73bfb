import type { PasswordHasher } from '../crypto/password.ts';
import { AppError } from '../domain/errors.ts';
import type { Actor, RecordEvent } from '../domain/event.ts';
import type { User } from '../domain/user.ts';
import type { LoginLockout } from './login-lockout.ts';

type PasswordAttemptsDeps = {
  readonly passwords: Pick<PasswordHasher, 'requireCapacity' | 'reserve'>;
  readonly lockout: Pick<LoginLockout, 'attempt'>;
  readonly record: RecordEvent;
};

/** `rejection` says what was wrong; null if the password is right and may be used. */
export type PasswordResult = { readonly user: User | null; readonly rejection: string | null };

/** Runs a password check as one of the few attempts an email has, and records its result. Errors: ACCOUNT_LOCKED. */
export type CountAttempt = (
  email: string,
  actor: Actor,
  check: () => Promise<PasswordResult>,
) => Promise<PasswordResult>;

export const createCountAttempt =
  ({ passwords, lockout, record }: PasswordAttemptsDeps): CountAttempt =>
  async (email, actor, check) => {
    // Before the attempt is stored: a login that is shed in a flood must cost nothing.
    passwords.requireCapacity();
    try {
      const { user, rejection, locks } = await lockout.attempt(email, passwords.reserve, async () => {
        const result = await check();
        return { ...result, isRight: result.rejection === null };
      });
      const userId = user?.id ?? null;
      if (rejection !== null) record({ type: 'user.login_failed', actor, userId, reason: rejection });
      if (locks) record({ type: 'user.locked', actor, userId });
      return { user, rejection };
    } catch (error) {
      if (error instanceof AppError && error.code === 'ACCOUNT_LOCKED') record({ type: 'user.login_refused', actor });
      throw error;
    }
  };
