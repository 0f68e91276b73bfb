import type { PasswordCheck } from '../crypto/common-passwords.ts';
import type { PasswordHasher } from '../crypto/password.ts';
import type { Clock } from '../domain/clock.ts';
import { normalizeEmail, parseEmail } from '../domain/email.ts';
import { AppError, badInput } from '../domain/errors.ts';
import { isUuid, type UserId, userId } from '../domain/ids.ts';
import { type Role, roles } from '../domain/role.ts';
import type { User } from '../domain/user.ts';
import type { AccountPage, AccountStore, AccountWithHash } from '../stores/account-store.ts';
import type { SessionStore } from '../stores/session-store.ts';

const longestName = 100;
const largestPage = 100;

type Dependencies = {
  readonly accounts: AccountStore;
  /** To be told of every change to what an account may do, and to end sessions when that is taken away. */
  readonly sessions: Pick<SessionStore, 'accountChanged' | 'endAll'>;
  readonly passwords: PasswordHasher;
  readonly passwordCheck: PasswordCheck;
  readonly clock: Clock;
  readonly createId: () => string;
};

export type Registration = {
  readonly email: string;
  readonly password: string;
  readonly name?: string | null | undefined;
  readonly role?: Role;
};

export type Accounts = ReturnType<typeof createAccounts>;

/** Accounts and their passwords. What signs somebody in is in `sessions.ts`, built on this. */
export const createAccounts = (deps: Dependencies) => {
  const { accounts, passwords } = deps;

  /** A new account. Errors: BAD_USER_INPUT (email, password, name), EMAIL_TAKEN. */
  const register = async (input: Registration): Promise<User> => {
    const email = parseEmail(input.email);
    const name = parseName(input.name);
    await requireGoodPassword('password', input.password, { email, name });
    const created = await accounts.create({
      id: userId(deps.createId()),
      email,
      name,
      role: input.role ?? roles[0],
      passwordHash: await passwords.hash(input.password),
      createdAt: deps.clock(),
    });
    if (created === 'taken') throw new AppError('EMAIL_TAKEN', { field: 'email' });
    return created;
  };

  /**
   * The account this email and password belong to. Unknown email, wrong password and disabled account are the one error
   * INVALID_CREDENTIALS and cost the same time: for the unknown a hash of nobody's is checked (ASVS 6.3.8).
   */
  const authenticate = async (email: string, password: string): Promise<User> => {
    const found = await accounts.findByEmail(normalizeEmail(email));
    const matches = await passwordMatches(found, password);
    if (!found || !matches || found.user.disabledAt !== null) throw new AppError('INVALID_CREDENTIALS');
    return found.user;
  };

  const passwordMatches = async (found: AccountWithHash | null, password: string): Promise<boolean> => {
    if (!found) {
      await passwords.verifyNothing(password);
      return false;
    }
    const { match, needsRehash } = await passwords.verify(found.passwordHash, password);
    if (match && needsRehash) await accounts.rehash(found.user.id, found.passwordHash, await passwords.hash(password));
    return match;
  };

  /** A new password for an account that proves it knows the old one. Errors: INVALID_CREDENTIALS, BAD_USER_INPUT (newPassword). */
  const changePassword = async (id: UserId, currentPassword: string, newPassword: string): Promise<User> => {
    const found = await accounts.findHashById(id);
    if (!found || !(await passwords.verify(found.passwordHash, currentPassword)).match) {
      throw new AppError('INVALID_CREDENTIALS', { field: 'currentPassword' });
    }
    await requireGoodPassword('newPassword', newPassword, found.user);
    const changed = await accounts.changePassword(id, found.passwordHash, await passwords.hash(newPassword));
    if (!changed) throw new AppError('INVALID_CREDENTIALS', { field: 'currentPassword' });
    return told(changed);
  };

  const requireGoodPassword = async (field: string, password: string, owner: { email: string; name: string }) => {
    const objection = await deps.passwordCheck(password, owner);
    if (objection) throw badInput(field, objection.reason, objection.message);
  };

  const find = (id: string): Promise<User | null> | User | null => (isUuid(id) ? accounts.findById(userId(id)) : null);

  const findByEmail = async (email: string): Promise<User | null> =>
    (await accounts.findByEmail(normalizeEmail(email)))?.user ?? null;

  /** A page of accounts, oldest first. Errors: BAD_USER_INPUT (first). */
  const list = (query: Parameters<AccountStore['list']>[0]): Promise<AccountPage> => {
    if (query.first < 1 || query.first > largestPage) {
      throw badInput('first', 'OUT_OF_RANGE', 'A page holds 1 to 100 accounts.');
    }
    return accounts.list(query);
  };

  /** Gives an account a role. Access tokens with the old one are stale from now on. Errors: NOT_FOUND, BAD_USER_INPUT. */
  const setRole = async (id: string, role: Role, actor: UserId | null): Promise<User> => {
    refuseOwnAccount(id, actor);
    return told(requireFound(isUuid(id) ? await accounts.setRole(userId(id), role) : null));
  };

  /** Switches an account off: it cannot sign in, and every session of it is over. Errors: NOT_FOUND, BAD_USER_INPUT. */
  const disable = async (id: string, actor: UserId | null): Promise<User> => {
    refuseOwnAccount(id, actor);
    const user = await told(requireFound(isUuid(id) ? await accounts.setDisabled(userId(id), deps.clock()) : null));
    await deps.sessions.endAll(user.id);
    return user;
  };

  /** Switches an account on again; its sessions stay over. Errors: NOT_FOUND. */
  const enable = async (id: string): Promise<User> =>
    told(requireFound(isUuid(id) ? await accounts.setDisabled(userId(id), null) : null));

  /** Also where nothing changed: asking again is how an answer that was lost on the way is made good. */
  const told = async (user: User): Promise<User> => {
    await deps.sessions.accountChanged(user);
    return user;
  };

  return { register, authenticate, changePassword, find, findByEmail, list, setRole, disable, enable };
};

const parseName = (name: string | null | undefined): string => {
  const trimmed = (name ?? '').normalize('NFC').trim();
  if ([...trimmed].length > longestName || /\p{Cc}/u.test(trimmed)) {
    throw badInput('name', 'NAME_INVALID', 'A name has at most 100 characters and no control characters.');
  }
  return trimmed;
};

const requireFound = (user: User | null): User => {
  if (!user) throw new AppError('NOT_FOUND');
  return user;
};

/** An administrator who takes away his own rights by a slip could leave nobody to give them back. */
const refuseOwnAccount = (id: string, actor: UserId | null): void => {
  if (id === actor) throw badInput('userId', 'OWN_ACCOUNT', 'Administrators do not change their own role or state.');
};
