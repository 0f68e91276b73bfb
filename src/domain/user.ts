import type { UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';
import type { Role, Roles } from './role.ts';

/** An account as services, caches and resolvers see it: without its password hash. */
export type User = {
  readonly id: UserId;
  /** Normalised: see `normalizeEmail`. One account per normalised email. */
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: EpochMillis;
  /** When an administrator disabled the account; null while it is enabled. */
  readonly disabledAt: EpochMillis | null;
  /**
   * Grows by one with every change (`changeUser`). A session starts only for the version its password was checked against, so
   * that a change wins over a login in flight; and a cached account is current exactly if its version is.
   */
  readonly version: number;
  /**
   * Sessions that were started for an earlier version have ended, wherever they are stored: the version at which the password last
   * changed or the account was last disabled.
   */
  readonly sessionsFrom: number;
};

/** Whether the account is an enabled administrator. There is always at least one: see `AccountStore.change`. */
export const isActiveAdministrator = (
  { administrator }: Roles,
  { role, disabledAt }: Pick<User, 'role' | 'disabledAt'>,
): boolean => role === administrator && disabledAt === null;

/** The properties of `User` that can change; `updateAccount` writes each. */
const changeable = ['role', 'disabledAt'] as const;

/** What can change of an account. */
export type UserChange = Partial<Pick<User, (typeof changeable)[number]>> & {
  /** `User` does not show it, and it raises the version too: a new password ends what the old one opened. */
  readonly passwordHash?: string;
  /** Revokes the API keys of the account in the same step, as of this time. Only together with a new password. */
  readonly revokeApiKeysAt?: EpochMillis;
};

/**
 * Returns the account after a change, as its next version; the same object where nothing changes. This is the only place where a
 * version is raised, and what `User` shows changes only here: two accounts with one id and one version are equal.
 */
export const changeUser = (user: User, { passwordHash, revokeApiKeysAt: _, ...change }: UserChange): User => {
  const next = { ...user, ...change };
  if (passwordHash === undefined && changeable.every((field) => next[field] === user[field])) return user;
  const changed = { ...next, version: user.version + 1 };
  const endsSessions = passwordHash !== undefined || (user.disabledAt === null && next.disabledAt !== null);
  return endsSessions ? { ...changed, sessionsFrom: changed.version } : changed;
};
