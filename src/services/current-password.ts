import type { ClientInfo, UserId } from '@fieldgate/guard/core';
import type { PasswordHasher } from '../crypto/password.ts';
import { AppError } from '../domain/errors.ts';
import { type Actor, accountActor } from '../domain/event.ts';
import type { AccountStore, AccountWithHash } from '../stores/ports/account-store.ts';
import type { CountAttempt } from './password-attempts.ts';

type CurrentPasswordDeps = {
  readonly accounts: Pick<AccountStore, 'findHashById'>;
  readonly passwords: Pick<PasswordHasher, 'verify' | 'verifyDummy'>;
  readonly countAttempt: CountAttempt;
};

/** The password as a proof by somebody who is signed in. Every check counts toward the lock of the account's email. */
export const createCurrentPassword = ({ accounts, passwords, countAttempt }: CurrentPasswordDeps) => {
  /** Errors: INVALID_CREDENTIALS (currentPassword), also for an account without a password; ACCOUNT_LOCKED, without checking the password. */
  const verifyCurrentPassword = async (
    { user, passwordHash }: AccountWithHash,
    password: string,
    actor: Actor,
  ): Promise<void> => {
    const { rejection } = await countAttempt(user.email, actor, async () => {
      const { match } = await (passwordHash === null
        ? passwords.verifyDummy(password)
        : passwords.verify(passwordHash, password));
      return { user, rejection: match ? null : 'CURRENT_PASSWORD_WRONG' };
    });
    if (rejection !== null) throw wrongCurrentPassword();
  };

  /** Resolves if this is the account's password. Errors: those of `verifyCurrentPassword`. */
  const checkCurrentPassword = async (id: UserId, password: string, client: ClientInfo): Promise<void> => {
    const found = await accounts.findHashById(id);
    if (!found) throw wrongCurrentPassword();
    await verifyCurrentPassword(found, password, accountActor(id, client));
  };

  const hasPassword = async (id: UserId): Promise<boolean> => {
    const found = await accounts.findHashById(id);
    return found !== null && found.passwordHash !== null;
  };

  return { verifyCurrentPassword, checkCurrentPassword, hasPassword };
};

export const wrongCurrentPassword = (): AppError => new AppError('INVALID_CREDENTIALS', { field: 'currentPassword' });
