import { domainToUnicode } from 'node:url';
import { type UserId, userId } from '@fieldgate/guard/core';
import type { Kysely } from 'kysely';
import type { User } from '../../domain/user.ts';
import type { AccountQuery, AccountStore, AccountWithHash, NewAccount } from '../ports/account-store.ts';
import { sqlAccountChange } from './account-change.ts';
import type { SqlDatabase } from './database.ts';
import type { Schema } from './schema.ts';
import { parseUser, toWrittenUser, type UserRow, userColumns } from './user-rows.ts';

/** Of one statement: SQLite takes 32 766 parameters, and builds no plan for as many. */
const maxIds = 500;

/**
 * Accounts in SQL. Every method but `change` and `list` is one statement and so atomic in both dialects without a transaction: the database
 * evaluates condition and change under the row's lock, and a second writer sees the result of the first.
 */
export function sqlAccountStore(db: SqlDatabase): AccountStore {
  const { kysely, dialect, prepareRead } = db;
  const readUser = prepareRead(kysely.selectFrom('users').select(userColumns).where('id', '=', '').compile());
  const toUserOrNull = (row: UserRow | undefined): User | null => (row === undefined ? null : parseUser(row, db));
  const withHash = kysely.selectFrom('users').select([...userColumns, 'password_hash']);

  const toAccountOrNull = (row: (UserRow & { readonly password_hash: string }) | undefined): AccountWithHash | null => {
    const user = toUserOrNull(row);
    if (row === undefined || user === null) return null;
    return { user, passwordHash: row.password_hash === '' ? null : row.password_hash };
  };

  const findHashById = async (id: UserId): Promise<AccountWithHash | null> => {
    const row = await withHash.where('id', '=', id).executeTakeFirst();
    return toAccountOrNull(row);
  };

  return {
    async create(account) {
      const row = await insertAccount(kysely, account).executeTakeFirst();
      return row === undefined ? 'taken' : toWrittenUser(row, db);
    },

    findById(id) {
      const row = readUser([id]);
      return row instanceof Promise ? row.then(toUserOrNull) : toUserOrNull(row);
    },

    async findByIds(ids) {
      const unique = [...new Set(ids)];
      const found: User[] = [];
      for (let from = 0; from < unique.length; from += maxIds) {
        const some = unique.slice(from, from + maxIds);
        const rows = await kysely.selectFrom('users').select(userColumns).where('id', 'in', some).execute();
        found.push(...rows.map(toUserOrNull).filter((user) => user !== null));
      }
      return found;
    },

    async findByEmail(email) {
      if (!isStorable(email)) return null;
      const row = await withHash.where('email', '=', email).executeTakeFirst();
      return toAccountOrNull(row);
    },

    findHashById,

    async list({ first, after, search = '' }) {
      if (!isStorable(search)) return { users: [], hasNextPage: false };
      const users: User[] = [];
      let position = after;
      let rows: readonly UserRow[];
      // Again, only where rows of the page cannot be read.
      do {
        rows = await pageQuery(kysely, { first, after: position, search, dialect }).execute();
        users.push(...rows.map(toUserOrNull).filter((user) => user !== null));
        const last = rows.at(-1);
        position = last && { createdAt: last.created_at, id: userId(last.id) };
      } while (users.length <= first && rows.length > first);
      return { users: users.slice(0, first), hasNextPage: users.length > first };
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

type Page = Required<Pick<AccountQuery, 'first' | 'search'>> &
  Pick<SqlDatabase, 'dialect'> & { readonly after: AccountQuery['after'] | undefined };

/** One row more than the page: it says whether there is another. */
const pageQuery = (kysely: Kysely<Schema>, { first, after, search, dialect }: Page) => {
  // Plain substrings in both dialects: LIKE would need escaping, and differs in case and length limits.
  const position = dialect === 'sqlite' ? 'instr' : 'strpos';
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
    page = page.where(({ eb, fn, val }) => eb(fn<number>(position, ['search_text', val(searchText(search))]), '>', 0));
  }
  return page;
};

/** A query that inserts an account if its email is free, and returns its row. Also used inside a transaction. */
export const insertAccount = (kysely: Kysely<Schema>, { id, email, name, role, passwordHash, createdAt }: NewAccount) =>
  kysely
    .insertInto('users')
    .values({
      id,
      email,
      name,
      search_text: searchText([...emailForms(email), name].join('\n')),
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

/** Returns what people call an email: as it is stored, and with its domain in Unicode. */
const emailForms = (email: string): readonly string[] => {
  const at = email.lastIndexOf('@') + 1;
  return [...new Set([email, email.slice(0, at) + domainToUnicode(email.slice(at))])];
};

/**
 * Folds text for comparing without case. To upper case, because ß and SS, and ς and σ, are equal only there. In the
 * application, because SQLite folds ASCII only.
 */
const searchText = (text: string): string => text.normalize('NFKC').toUpperCase().normalize('NFKC');

/** PostgreSQL cannot store U+0000, and SQLite is not given any: no account matches a text with it. */
const isStorable = (text: string): boolean => !text.includes('\0');
