import { type ClientInfo, type UserId, userId } from '@fieldgate/guard/core';
import type { PasswordCheck } from '../crypto/common-passwords.ts';
import type { PasswordHasher } from '../crypto/password.ts';
import type { Clock } from '../domain/clock.ts';
import { normalizeEmail, parseEmail } from '../domain/email.ts';
import { AppError, badInput } from '../domain/errors.ts';
import { type Actor, accountActor, anonymousActor, type RecordEvent } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import { type Role, roles } from '../domain/role.ts';
import type { User } from '../domain/user.ts';
import type { AccountPage, AccountStore, AccountWithHash } from '../stores/ports/account-store.ts';
import type { SessionStore } from '../stores/ports/session-store.ts';
import type { LoginLockout } from './login-lockout.ts';

const longestName = 100;
const largestPage = 100;

type Dependencies = {
  readonly accounts: AccountStore;
  /** To be told of every change to what an account may do, and to end sessions when that is taken away. */
  readonly sessions: Pick<SessionStore, 'accountChanged' | 'endAll'>;
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

/** Whose password was looked at, and what was wrong: nothing, if it is theirs and they may use it. */
type PasswordLook = { readonly user: User | null; readonly reason: string | null };

export type PasswordChange = { readonly currentPassword: string; readonly newPassword: string };

export type Accounts = ReturnType<typeof createAccounts>;

/** Accounts and their passwords. What signs somebody in is in `sessions.ts`, built on this. */
export const createAccounts = (deps: Dependencies) => {
  const { accounts, passwords, lockout, record } = deps;

  /** A new account. Errors: BAD_USER_INPUT (email, password, name), EMAIL_TAKEN. */
  const createAccount = async (input: NewAccountInput, actor: Actor): Promise<User> => {
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
    record({ type: 'user.signed_up', actor, userId: created.id, metadata: { role: created.role } });
    return created;
  };

  /**
   * The account this email and password belong to. Unknown email, wrong password and disabled account are the one error
   * INVALID_CREDENTIALS and cost the same time: for the unknown, and for an account without a password, a hash of nobody's
   * is checked (ASVS 6.3.8). Too many of them are ACCOUNT_LOCKED, also for emails of nobody.
   */
  const authenticate = async (given: string, password: string, client: ClientInfo): Promise<User> => {
    const email = normalizeEmail(given);
    const { user, reason } = await tryPassword(email, anonymousActor(client), async () => {
      const found = await accounts.findByEmail(email);
      const matches = await passwordMatches(found, password);
      if (!found) return { user: null, reason: 'EMAIL_UNKNOWN' };
      const isOn = found.user.disabledAt === null;
      return { user: found.user, reason: !matches ? 'PASSWORD_WRONG' : isOn ? null : 'ACCOUNT_DISABLED' };
    });
    if (user === null || reason !== null) throw new AppError('INVALID_CREDENTIALS');
    return user;
  };

  /** Looks at a password as one of the few tries there are, and records how it went. Errors: ACCOUNT_LOCKED. */
  const tryPassword = async (email: string, actor: Actor, look: () => Promise<PasswordLook>): Promise<PasswordLook> => {
    // Before anything is written down: what is shed in a flood must cost nothing.
    passwords.requireCapacity();
    try {
      const { user, reason, locks } = await lockout.attempt(email, async () => {
        const seen = await look();
        return { ...seen, isRight: seen.reason === null };
      });
      const userId = user?.id ?? null;
      if (reason !== null) record({ type: 'user.login_failed', actor, userId, reason });
      if (locks) record({ type: 'user.locked', actor, userId });
      return { user, reason };
    } catch (error) {
      if (error instanceof AppError && error.code === 'ACCOUNT_LOCKED') record({ type: 'user.login_refused', actor });
      throw error;
    }
  };

  const passwordMatches = async (found: AccountWithHash | null, password: string): Promise<boolean> => {
    const hash = found?.passwordHash ?? null;
    if (!found || hash === null) {
      await passwords.verifyDummy(password);
      return false;
    }
    const { match, needsRehash } = await passwords.verify(hash, password);
    if (match && needsRehash) await accounts.rehash(found.user.id, hash, await passwords.hash(password));
    return match;
  };

  /** A new password for an account that proves it knows the old one. Errors: INVALID_CREDENTIALS, ACCOUNT_LOCKED, BAD_USER_INPUT (newPassword). */
  const changePassword = async (id: UserId, change: PasswordChange, client: ClientInfo): Promise<User> => {
    const actor = accountActor(id, client);
    const found = await accounts.findHashById(id);
    const hash = found?.passwordHash ?? null;
    if (!found || hash === null) throw new AppError('INVALID_CREDENTIALS', { field: 'currentPassword' });
    const { user } = found;
    const { reason } = await tryPassword(user.email, actor, async () => {
      const { match } = await passwords.verify(hash, change.currentPassword);
      return { user, reason: match ? null : 'CURRENT_PASSWORD_WRONG' };
    });
    if (reason !== null) throw new AppError('INVALID_CREDENTIALS', { field: 'currentPassword' });
    await requireGoodPassword('newPassword', change.newPassword, user);
    const changed = await accounts.changePassword(id, hash, await passwords.hash(change.newPassword));
    if (!changed) throw new AppError('INVALID_CREDENTIALS', { field: 'currentPassword' });
    record({ type: 'password.changed', actor, userId: id });
    return notifySessions(changed);
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
  const setRole = async (id: string, role: Role, actor: Actor): Promise<User> => {
    refuseOwnAccount(id, actor);
    const before = requireFound(await find(id));
    const user = requireFound(await accounts.setRole(before.id, role));
    if (before.role !== role) {
      record({ type: 'role.changed', actor, userId: user.id, metadata: { from: before.role, to: role } });
    }
    return notifySessions(user);
  };

  /** Switches an account off: it cannot sign in, and every session of it is over. Errors: NOT_FOUND, BAD_USER_INPUT. */
  const disable = async (id: string, actor: Actor): Promise<User> => {
    refuseOwnAccount(id, actor);
    const before = requireFound(await find(id));
    const user = requireFound(await accounts.setDisabled(before.id, deps.clock()));
    if (before.disabledAt === null) record({ type: 'user.disabled', actor, userId: user.id });
    await notifySessions(user);
    await deps.sessions.endAll(user.id);
    return user;
  };

  /** Switches an account on again; its sessions stay over. Errors: NOT_FOUND. */
  const enable = async (id: string, actor: Actor): Promise<User> => {
    const before = requireFound(await find(id));
    const user = requireFound(await accounts.setDisabled(before.id, null));
    if (before.disabledAt !== null) record({ type: 'user.enabled', actor, userId: user.id });
    return notifySessions(user);
  };

  /** Ends a lock, and forgets what led to it. Errors: NOT_FOUND. */
  const unlock = async (id: string, actor: Actor): Promise<User> => {
    const user = requireFound(await find(id));
    if (await lockout.unlock(user.email)) record({ type: 'user.unlocked', actor, userId: user.id });
    return user;
  };

  /** Also where nothing changed: asking again is how an answer that was lost on the way is made good. */
  const notifySessions = async (user: User): Promise<User> => {
    await deps.sessions.accountChanged(user);
    return user;
  };

  /** Whether too many wrong passwords were tried for this account. */
  const isLocked = ({ email }: User): Promise<boolean> => lockout.isLocked(email);

  return {
    register: createAccount,
    authenticate,
    changePassword,
    isLocked,
    unlock,
    find,
    findByEmail,
    list,
    setRole,
    disable,
    enable,
  };
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
const refuseOwnAccount = (id: string, actor: Actor): void => {
  if (id === actor.id) throw badInput('userId', 'OWN_ACCOUNT', 'Administrators do not change their own role or state.');
};
