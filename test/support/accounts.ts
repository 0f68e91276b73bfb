import { randomUUID } from 'node:crypto';
import { userId } from '@fieldgate/guard';
import type { User } from '../../src/domain/user.ts';
import type { AccountStore, NewAccount } from '../../src/stores/ports/account-store.ts';

/** A new account with the password hash `hash`. */
const newAccount = (given: Partial<NewAccount> = {}): NewAccount => {
  const id = userId(randomUUID());
  const account = { id, email: `${id}@example.com`, name: 'Ada', role: 'USER', passwordHash: 'hash' } as const;
  return { ...account, createdAt: 1_000, ...given };
};

export const createAccount = async (accounts: AccountStore, given: Partial<NewAccount> = {}): Promise<User> => {
  const user = await accounts.create(newAccount(given));
  if (user === 'taken') throw new Error('The email of this account is taken.');
  return user;
};
