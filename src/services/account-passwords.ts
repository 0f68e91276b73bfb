import type { ClientInfo, UserId } from '@fieldgate/guard/core';
import type { PasswordCheck } from '../crypto/common-passwords.ts';
import type { PasswordHasher } from '../crypto/password.ts';
import type { Clock } from '../domain/clock.ts';
import { normalizeEmail } from '../domain/email.ts';
import { AppError, badInput } from '../domain/errors.ts';
import { accountActor, anonymousActor, type RecordEvent } from '../domain/event.ts';
import type { PasswordOwner } from '../domain/password-policy.ts';
import type { User } from '../domain/user.ts';
import type { AccountStore, AccountWithHash, KeptSession } from '../stores/ports/account-store.ts';
import type { ChangeAccount, ChangeResult } from './account-changes.ts';
import { createCurrentPassword, wrongCurrentPassword } from './current-password.ts';
import type { LoginLockout } from './login-lockout.ts';
import { createCountAttempt } from './password-attempts.ts';

type AccountPasswordsDeps = {
  readonly accounts: Pick<AccountStore, 'findByEmail' | 'findHashById' | 'rehash'>;
  readonly passwords: PasswordHasher;
  readonly passwordCheck: PasswordCheck;
  readonly lockout: LoginLockout;
  readonly changeAccount: ChangeAccount;
  readonly clock: Clock;
  readonly record: RecordEvent;
};

export type PasswordChange = {
  /** Null or undefined where the account has none. */
  readonly currentPassword?: string | null | undefined;
  readonly newPassword: string;
  /** True if it is not given: what the old password could make must not outlive it. */
  readonly revokeApiKeys?: boolean | undefined;
  /** Goes on when the other sessions end. */
  readonly kept?: KeptSession;
};

/** Checks and changes passwords. Every check counts toward the lock of its email. */
export const createAccountPasswords = (deps: AccountPasswordsDeps) => {
  const { accounts, passwords } = deps;
  const countAttempt = createCountAttempt(deps);
  const { verifyCurrentPassword, checkCurrentPassword, hasPassword } = createCurrentPassword({
    accounts,
    passwords,
    countAttempt,
  });

  /**
   * Resolves with the account of this email and password. An unknown email, a wrong password and a disabled account are the same
   * INVALID_CREDENTIALS and take the same time: where there is no password, a dummy hash is verified (ASVS 6.3.8).
   * Too many failures are ACCOUNT_LOCKED, also for emails without an account.
   */
  const authenticate = async (givenEmail: string, password: string, client: ClientInfo): Promise<User> => {
    const email = normalizeEmail(givenEmail);
    const { user, rejection } = await countAttempt(email, anonymousActor(client), async () => {
      const found = await accounts.findByEmail(email);
      const matches = await verify(found, password);
      return { user: found?.user ?? null, rejection: loginRejection(found, matches) };
    });
    if (user === null || rejection !== null) throw new AppError('INVALID_CREDENTIALS');
    return user;
  };

  const verify = async (found: AccountWithHash | null, password: string): Promise<boolean> => {
    const hash = found?.passwordHash ?? null;
    if (!found || hash === null) {
      await passwords.verifyDummy(password);
      return false;
    }
    const { match, needsRehash } = await passwords.verify(hash, password);
    if (match && needsRehash) await accounts.rehash(found.user.id, hash, await passwords.hash(password));
    return match;
  };

  /**
   * Changes the password of an account that proves the current one, or gives one to an account that has none; the caller has
   * proved otherwise who they are then. Its sessions end, all but the kept one. Errors: INVALID_CREDENTIALS (currentPassword),
   * ACCOUNT_LOCKED, BAD_USER_INPUT (newPassword).
   */
  const changePassword = async (id: UserId, change: PasswordChange, client: ClientInfo): Promise<ChangeResult> => {
    const actor = accountActor(id, client);
    const found = await accounts.findHashById(id);
    const hash = found?.passwordHash ?? null;
    const given = change.currentPassword ?? null;
    if (!found || (given === null && hash !== null)) throw wrongCurrentPassword();
    if (given !== null) await verifyCurrentPassword(found, given, actor);
    await requireGoodPassword(deps.passwordCheck, {
      field: 'newPassword',
      password: change.newPassword,
      owner: found.user,
    });
    const passwordHash = await passwords.hash(change.newPassword);
    const changes = { passwordHash, ...(change.revokeApiKeys === false ? {} : { revokeApiKeysAt: deps.clock() }) };
    const changed = await deps.changeAccount(id, {
      // Of simultaneous changes from the same password one takes effect.
      decide: (account) => (account.passwordHash === hash ? changes : null),
      event: () => ({ type: 'password.changed', actor, userId: id }),
      ...(change.kept && { kept: change.kept }),
    });
    if (!changed) throw wrongCurrentPassword();
    return changed;
  };

  /** Whether too many wrong passwords were tried for this account. */
  const isLocked = ({ email }: User): Promise<boolean> => deps.lockout.isLocked(email);

  return { authenticate, changePassword, checkCurrentPassword, hasPassword, isLocked };
};

type NewPassword = { readonly field: string; readonly password: string; readonly owner: PasswordOwner };

/** Errors: BAD_USER_INPUT, at `field`, with the policy's reason and message. */
export const requireGoodPassword = async (check: PasswordCheck, given: NewPassword): Promise<void> => {
  const rejection = await check(given.password, given.owner);
  if (rejection) throw badInput(given.field, rejection.reason, rejection.message);
};

const loginRejection = (found: AccountWithHash | null, matches: boolean): string | null => {
  if (!found) return 'EMAIL_UNKNOWN';
  if (!matches) return 'PASSWORD_WRONG';
  return found.user.disabledAt === null ? null : 'ACCOUNT_DISABLED';
};
