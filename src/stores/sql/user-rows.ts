import { userId } from '@fieldgate/guard/core';
import type { Selectable } from 'kysely';
import { isRole } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';
import type { SqlDatabase } from './database.ts';
import type { UsersTable } from './schema.ts';

/** The columns of `User`: all but the password hash. */
export const userColumns = [
  'id',
  'email',
  'name',
  'role',
  'created_at',
  'disabled_at',
  'version',
  'sessions_from',
] as const;

export type UserRow = Pick<Selectable<UsersTable>, (typeof userColumns)[number]>;

/** The latest time that a Date can be (ECMA-262 §21.4.1.1). */
export const maxTime = 8_640_000_000_000_000;

const isTime = (value: number | null): boolean => value === null || Math.abs(value) <= maxTime;
const isVersion = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/**
 * Returns the account in a row; null if it is no valid one, which is reported. Such a row was edited by hand before the database
 * checked it, or belongs to another version of this server: it is treated as no account, and has no rights.
 */
export const parseUser = (
  row: UserRow,
  { roles, reportUnreadable }: Pick<SqlDatabase, 'roles' | 'reportUnreadable'>,
): User | null => {
  const { role, created_at: createdAt, disabled_at: disabledAt, version, sessions_from: sessionsFrom } = row;
  const isValid = isTime(createdAt) && isTime(disabledAt) && isVersion(version) && isVersion(sessionsFrom);
  if (isRole(roles, role) && isValid) {
    return { id: userId(row.id), email: row.email, name: row.name, role, createdAt, disabledAt, version, sessionsFrom };
  }
  reportUnreadable?.('users', row.id);
  return null;
};

/** Returns the account in a row that this process has just written. */
export const toWrittenUser = (row: UserRow, { roles }: Pick<SqlDatabase, 'roles'>): User => {
  const user = parseUser(row, { roles });
  if (user === null) throw new Error('The database returned another account than was written.');
  return user;
};
