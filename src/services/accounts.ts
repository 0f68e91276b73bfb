import { userId } from '@fieldgate/guard/core';
import type { PasswordCheck } from '../crypto/common-passwords.ts';
import type { PasswordHasher } from '../crypto/password.ts';
import type { Clock } from '../domain/clock.ts';
import { normalizeEmail, parseEmail } from '../domain/email.ts';
import { AppError, badInput } from '../domain/errors.ts';
import type { Actor, RecordEvent } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import { maxPageSize } from '../domain/page.ts';
import type { Role, Roles } from '../domain/role.ts';
import type { User } from '../domain/user.ts';
import type { AccountPage, AccountQuery, AccountStore } from '../stores/ports/account-store.ts';
import type { SessionStore } from '../stores/ports/session-store.ts';
import { createAccountAdministration } from './account-administration.ts';
import { createChangeAccount } from './account-changes.ts';
import { createAccountPasswords, requireGoodPassword } from './account-passwords.ts';
import type { LoginLockout } from './login-lockout.ts';

const maxNameLength = 100;

type AccountsDeps = {
  readonly roles: Roles;
  readonly accounts: AccountStore;
  readonly sessions: Pick<SessionStore, 'accountChanged'>;
  readonly passwords: PasswordHasher;
  readonly passwordCheck: PasswordCheck;
  readonly lockout: LoginLockout;
  readonly clock: Clock;
  readonly createId: () => string;
  readonly record: RecordEvent;
};

export type NewAccountInput = {
  readonly email: string;
  readonly password: string;
  readonly name?: string | null | undefined;
  readonly role?: Role;
};

export type Accounts = ReturnType<typeof createAccounts>;

/** Accounts and their passwords. `sessions.ts` builds on this to sign people in. */
export const createAccounts = (deps: AccountsDeps) => {
  const { accounts, passwords, record } = deps;
  const changeAccount = createChangeAccount(deps);

  /** Creates an account. Errors: BAD_USER_INPUT (email, password, name), EMAIL_TAKEN. */
  const createAccount = async (input: NewAccountInput, actor: Actor): Promise<User> => {
    const email = parseEmail(input.email);
    const name = parseName(input.name);
    const { password, role = deps.roles.signUp } = input;
    // The email as it was typed: in its normal form, the words of a domain may be in Punycode.
    const owner = { email: input.email, name };
    await requireGoodPassword(deps.passwordCheck, { field: 'password', password, owner });
    const [id, passwordHash, createdAt] = [userId(deps.createId()), await passwords.hash(password), deps.clock()];
    const created = await accounts.create({ id, email, name, role, passwordHash, createdAt });
    if (created === 'taken') throw new AppError('EMAIL_TAKEN', { field: 'email' });
    record({ type: 'user.signed_up', actor, userId: created.id, metadata: { role: created.role } });
    return created;
  };

  const find = (id: string): Promise<User | null> | User | null => (isUuid(id) ? accounts.findById(userId(id)) : null);

  /** Resolves with one entry for each id, in their order: the account, or null. */
  const findMany = async (ids: readonly string[]): Promise<readonly (User | null)[]> => {
    const found = await accounts.findByIds(ids.filter(isUuid).map(userId));
    const byId = new Map<string, User>(found.map((user) => [user.id, user]));
    return ids.map((id) => byId.get(id) ?? null);
  };

  const findByEmail = async (email: string): Promise<User | null> =>
    (await accounts.findByEmail(normalizeEmail(email)))?.user ?? null;

  /** Resolves with a page of accounts, oldest first. Errors: BAD_USER_INPUT (first). */
  const list = (query: AccountQuery): Promise<AccountPage> => {
    if (query.first < 1 || query.first > maxPageSize) {
      throw badInput('first', 'OUT_OF_RANGE', `The page size is out of range. Ask for 1 to ${maxPageSize} accounts.`);
    }
    return accounts.list(query);
  };

  return {
    createAccount,
    find,
    findMany,
    findByEmail,
    list,
    ...createAccountPasswords({ ...deps, changeAccount }),
    ...createAccountAdministration({ ...deps, changeAccount }),
  };
};

const parseName = (name: string | null | undefined): string => {
  const trimmed = (name ?? '').normalize('NFC').trim();
  if ([...trimmed].length > maxNameLength || /\p{Cc}/u.test(trimmed)) {
    throw badInput(
      'name',
      'NAME_INVALID',
      `The name is invalid. Use at most ${maxNameLength} characters and no control characters.`,
    );
  }
  return trimmed;
};
