import { apiKeyId, type UserId } from '@fieldgate/guard/core';
import { type CompiledQuery, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { changeUser, isActiveAdministrator, type User, type UserChange } from '../../domain/user.ts';
import type {
  AccountStore,
  AccountWithHash,
  ChangeableAccount,
  ChangedAccount,
  KeptSession,
} from '../ports/account-store.ts';
import { unavailable } from '../unavailable.ts';
import { revokeKeysOf } from './api-key-revocation.ts';
import type { SqlDatabase } from './database.ts';
import type { Schema } from './schema.ts';
import { newFamily } from './session-rows.ts';

/** Each lost round means that another change went through; so many in a row mean that something is wrong. */
const maxRounds = 100;

type AccountChangeDeps = {
  readonly db: SqlDatabase;
  readonly findHashById: (id: UserId) => Promise<AccountWithHash | null>;
};

type Replacement = {
  readonly before: User;
  readonly after: User;
  readonly change: UserChange;
  readonly kept: KeptSession | undefined;
};

/** A row that a query of the change returns; API keys have a name. */
type Changed = { readonly id: string; readonly name?: string };

/**
 * Returns `AccountStore.change`: reads, decides, and writes on condition that the account is still the version that was read. The
 * write, the end of the account's sessions and the revocation of its API keys are one transaction.
 */
export const sqlAccountChange = ({ db, findHashById }: AccountChangeDeps): AccountStore['change'] => {
  const { kysely } = db;

  const readChangeable = async (id: UserId): Promise<ChangeableAccount | null> => {
    const found = await findHashById(id);
    if (found === null) return null;
    if (!isActiveAdministrator(db.roles, found.user)) return { ...found, isLastAdministrator: false };
    const other = await kysely.selectFrom('users').select('id').where(isOtherAdministrator(db, id)).executeTakeFirst();
    return { ...found, isLastAdministrator: other === undefined };
  };

  /** Null if the account is another version by now, or no other administrator is left. */
  const replace = async (replacement: Replacement): Promise<ChangedAccount | null> => {
    const { before, after } = replacement;
    const removesAdministrator = isActiveAdministrator(db.roles, before) && !isActiveAdministrator(db.roles, after);
    const locks = removesAdministrator && db.dialect === 'postgres' ? [lockAdministrators(db)] : [];
    const update = updateAccount(db, replacement, removesAdministrator);
    const endsSessions = after.sessionsFrom !== before.sessionsFrom;
    const sessions = endsSessions ? [...keepSession(db, replacement), endSessions(db, after.id)] : [];
    const revocation = revokeKeys(db, replacement);
    const results = await db.transaction<Changed[]>([...locks, update, ...sessions, ...revocation]);
    if ((results[locks.length] ?? []).length === 0) return null;
    const revoked = revocation.length === 0 ? [] : (results.at(-1) ?? []);
    return { before, after, revokedKeys: revoked.map(({ id, name = '' }) => ({ id: apiKeyId(id), name })) };
  };

  return async (id, decide, kept) => {
    for (let round = 0; round < maxRounds; round += 1) {
      const found = await readChangeable(id);
      const change: UserChange | null = found && decide(found);
      if (!found || !change) return null;
      const [before, after] = [found.user, changeUser(found.user, change)];
      if (after === before) return { before, after, revokedKeys: [] };
      const changed = await replace({ before, after, change, kept });
      if (changed !== null) return changed;
    }
    throw unavailable(new Error('Other changes of the same account always came first.'));
  };
};

/** Literally as in the index of administrators, which only then is used. */
const isAdministrator = ({ roles }: SqlDatabase) =>
  sql<SqlBool>`users.role = ${sql.lit(roles.administrator)} and users.disabled_at is null`;

const isOtherAdministrator = (db: SqlDatabase, id: UserId) => (eb: ExpressionBuilder<Schema, 'users'>) =>
  eb.and([eb('users.id', '<>', id), isAdministrator(db)]);

/**
 * In one order, so that two administrators who disable each other do not deadlock: the second waits here, and its next statement
 * sees what the first has done. SQLite has one writer at a time.
 */
const lockAdministrators = (db: SqlDatabase): CompiledQuery<{ id: string }> =>
  db.kysely.selectFrom('users').select('id').where(isAdministrator(db)).orderBy('id').forUpdate().compile();

/** Every change raises the version, so a change that came first is always seen. */
const updateAccount = (
  db: SqlDatabase,
  { before, after, change: { passwordHash } }: Replacement,
  removesAdministrator: boolean,
): CompiledQuery<{ id: string }> =>
  db.kysely
    .updateTable('users')
    .set({
      role: after.role,
      disabled_at: after.disabledAt,
      version: after.version,
      sessions_from: after.sessionsFrom,
    })
    .$if(passwordHash !== undefined, (update) => update.set({ password_hash: passwordHash }))
    .where('id', '=', before.id)
    .where('version', '=', before.version)
    .$if(removesAdministrator, (update) =>
      update.where(({ exists, selectFrom }) =>
        exists(selectFrom('users').select('users.id').where(isOtherAdministrator(db, before.id))),
      ),
    )
    .returning('id')
    .compile();

/** Only with the change itself: the hash is in the row only if it is this one that went through. */
const keepSession = (
  db: SqlDatabase,
  { before, after, change: { passwordHash }, kept }: Replacement,
): readonly CompiledQuery<{ id: string }>[] => {
  if (kept === undefined || passwordHash === undefined) return [];
  const query = db.kysely
    .updateTable('sessions')
    .set(newFamily(kept.digests, after.version))
    .where('id', '=', kept.id)
    .where('user_id', '=', after.id)
    .where('account_version', '>=', before.sessionsFrom)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('users')
          .select('users.id')
          .where('users.id', '=', after.id)
          .where('users.version', '=', after.version)
          .where('users.password_hash', '=', passwordHash),
      ),
    )
    .returning('id');
  return [query.compile()];
};

/** Only with the change itself, like `keepSession`. */
const revokeKeys = (db: SqlDatabase, { after, change }: Replacement): readonly CompiledQuery<Changed>[] => {
  const { passwordHash, revokeApiKeysAt: at } = change;
  return passwordHash === undefined || at === undefined ? [] : [revokeKeysOf(db, after, { at, passwordHash })];
};

const endSessions = ({ kysely }: SqlDatabase, id: UserId): CompiledQuery<{ id: string }> =>
  kysely
    .deleteFrom('sessions')
    .where('user_id', '=', id)
    .where('account_version', '<', (eb) => eb.selectFrom('users').select('sessions_from').where('users.id', '=', id))
    .returning('id')
    .compile();
