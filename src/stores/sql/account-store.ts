import { type UserId, userId } from '@fieldgate/guard/core';
import type { Kysely, Selectable } from 'kysely';
import { isRole } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';
import type { AccountStore, AccountWithHash, NewAccount } from '../ports/account-store.ts';
import { sqlAccountChange } from './account-change.ts';
import type { SqlDatabase } from './database.ts';
import type { Schema, UsersTable } from './schema.ts';

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

/**
 * Accounts in SQL. Every method but `change` is one statement and so atomic in both dialects without a transaction: the database
 * evaluates condition and change under the row's lock, and a second writer sees the result of the first.
 */
export function sqlAccountStore(db: SqlDatabase): AccountStore {
  const { kysely, dialect, prepareRead } = db;
  // Plain substrings in both dialects: LIKE would need escaping, and differs in case and length limits.
  const position = dialect === 'sqlite' ? 'instr' : 'strpos';

  const readUser = prepareRead(kysely.selectFrom('users').select(userColumns).where('id', '=', '').compile());
  const toUserOrNull = (row: Parameters<typeof toUser>[0] | undefined) => (row === undefined ? null : toUser(row));
  const withHash = kysely.selectFrom('users').select([...userColumns, 'password_hash']);

  const findHashById = async (id: UserId): Promise<AccountWithHash | null> => {
    const row = await withHash.where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : toAccount(row);
  };

  return {
    async create(account) {
      const row = await insertAccount(kysely, account).executeTakeFirst();
      return row === undefined ? 'taken' : toUser(row);
    },

    findById(id) {
      const row = readUser([id]);
      return row instanceof Promise ? row.then(toUserOrNull) : toUserOrNull(row);
    },

    async findByEmail(email) {
      if (!isStorable(email)) return null;
      const row = await withHash.where('email', '=', email).executeTakeFirst();
      return row === undefined ? null : toAccount(row);
    },

    findHashById,

    async list({ first, after, search = '' }) {
      if (!isStorable(search)) return { users: [], hasNextPage: false };
      let page = kysely
        .selectFrom('users')
        .select(userColumns)
        .orderBy('created_at')
        .orderBy('id')
        .limit(first + 1);
      if (after !== undefined) {
        page = page.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at', 'id'), '>', tuple(after.createdAt, after.id)),
        );
      }
      if (search !== '') {
        page = page.where(({ eb, fn, val }) =>
          eb(fn<number>(position, ['search_text', val(searchText(search))]), '>', 0),
        );
      }
      const rows = await page.execute();
      return { users: rows.slice(0, first).map(toUser), hasNextPage: rows.length > first };
    },

    async rehash(id, expectedHash, hash) {
      await kysely
        .updateTable('users')
        .set({ password_hash: hash })
        .where('id', '=', id)
        .where('password_hash', '=', expectedHash)
        .execute();
    },

    change: sqlAccountChange({ db, findHashById }),
  };
}

/** A query that inserts an account if its email is free, and returns its row. Also used inside a transaction. */
export const insertAccount = (kysely: Kysely<Schema>, { id, email, name, role, passwordHash, createdAt }: NewAccount) =>
  kysely
    .insertInto('users')
    .values({
      id,
      email,
      name,
      search_text: searchText(`${email}\n${name}`),
      password_hash: passwordHash ?? '',
      role,
      created_at: createdAt,
      disabled_at: null,
      version: 1,
      sessions_from: 0,
    })
    // The unique index decides between simultaneous calls: the others wait for the first and insert nothing.
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning(userColumns);

/**
 * Folds text for comparing without case. To upper case, because ß and SS, and ς and σ, are equal only there. In the
 * application, because SQLite folds ASCII only.
 */
const searchText = (text: string): string => text.normalize('NFKC').toUpperCase().normalize('NFKC');

/** PostgreSQL cannot store U+0000, and SQLite is not given any: no account matches a text with it. */
const isStorable = (text: string): boolean => !text.includes('\0');

export type UserRow = Pick<Selectable<UsersTable>, (typeof userColumns)[number]>;

export function toUser(row: UserRow): User {
  if (!isRole(row.role)) throw new Error('The database holds an account with a role that this version does not know.');
  return {
    id: userId(row.id),
    email: row.email,
    name: row.name,
    role: row.role,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
    version: row.version,
    sessionsFrom: row.sessions_from,
  };
}

const toAccount = (row: UserRow & { readonly password_hash: string }): AccountWithHash => ({
  user: toUser(row),
  passwordHash: row.password_hash === '' ? null : row.password_hash,
});
