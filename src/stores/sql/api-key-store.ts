import { apiKeyId, type UserId, userId } from '@fieldgate/guard/core';
import type { Selectable } from 'kysely';
import type { ApiKey } from '../../domain/api-key.ts';
import type { EpochMillis } from '../../domain/clock.ts';
import { tokenDigest } from '../../domain/ids.ts';
import { isRole } from '../../domain/role.ts';
import type { ApiKeyOnFile, ApiKeyStore } from '../ports/api-key-store.ts';
import type { SqlDatabase } from './database.ts';
import { toPage } from './page.ts';
import type { ApiKeysTable, UsersTable } from './schema.ts';
import { text, wholeNumber } from './session-rows.ts';

const keyColumns = [
  'id',
  'user_id',
  'name',
  'scopes',
  'created_at',
  'expires_at',
  'revoked_at',
  'last_used_at',
] as const;

/**
 * API keys in SQL. Every method is one statement with its condition and so atomic in both dialects, except `create`, which
 * counts: in PostgreSQL it locks the owner, so that simultaneous calls of one owner run one after the other.
 */
export function sqlApiKeyStore(db: SqlDatabase, { retentionMs }: { readonly retentionMs: number }): ApiKeyStore {
  const { kysely, transaction } = db;
  const readKey = db.prepareCachedRead(keyQuery(db), (row: OnFileRow) => toOnFile(row, db));

  return {
    async create({ id, userId: owner, ownerVersion, name, scopes, digest, createdAt, expiresAt }, maxLive) {
      const insert = kysely
        .insertInto('api_keys')
        .columns(['id', 'user_id', 'name', 'digest', 'scopes', 'created_at', 'expires_at'])
        .expression((eb) =>
          eb
            .selectFrom('users')
            .select([
              text(id).as('id'),
              'users.id as user_id',
              text(name).as('name'),
              text(digest).as('digest'),
              text(scopes.join(' ')).as('scopes'),
              wholeNumber(createdAt).as('created_at'),
              wholeNumber(expiresAt).as('expires_at'),
            ])
            .where('users.id', '=', owner)
            .$if(ownerVersion !== undefined, (of) => of.where('users.version', '=', ownerVersion ?? 0))
            .where(
              ({ selectFrom }) =>
                selectFrom('api_keys')
                  .select(({ fn }) => fn.countAll<number>().as('live'))
                  .where('user_id', '=', owner)
                  .where('revoked_at', 'is', null)
                  .where('expires_at', '>', createdAt),
              '<',
              maxLive,
            ),
        )
        .returning(keyColumns);
      const [[found], [row]] = await transaction([lockOwner(db, owner), insert.compile()]);
      return row === undefined ? whyNotCreated(found, ownerVersion) : toApiKey(row);
    },

    find: async (id) => (await readKey([id])) ?? null,

    async list(owner, { first, after }) {
      const own = kysely
        .selectFrom('api_keys')
        .select(keyColumns)
        .where('user_id', '=', owner)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(first + 1);
      const page = after
        ? own.where(({ eb, refTuple, tuple }) => eb(refTuple('created_at', 'id'), '<', tuple(after.at, after.id)))
        : own;
      return toPage(await page.execute(), first, toApiKey);
    },

    async revoke(owner, id, at) {
      const row = await kysely
        .updateTable('api_keys')
        .set((eb) => ({ revoked_at: eb.fn.coalesce('revoked_at', eb.val(at)) }))
        .where('id', '=', id)
        .where('user_id', '=', owner)
        .returning(keyColumns)
        .executeTakeFirst();
      return row === undefined ? null : toApiKey(row);
    },

    async recordUse(id, at, unlessSince) {
      const { numUpdatedRows } = await kysely
        .updateTable('api_keys')
        .set({ last_used_at: at })
        .where('id', '=', id)
        .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<=', unlessSince)]))
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async purgeExpired(limit, now) {
      const revoked = await purgeBefore(db, 'revoked_at', { limit, before: now - retentionMs });
      const expired = await purgeBefore(db, 'expires_at', { limit: limit - revoked, before: now - retentionMs });
      return revoked + expired;
    },
  };
}

/** Removes the oldest keys by one of their ends, at most `limit`; returns how many. */
const purgeBefore = async (
  { kysely, dialect }: SqlDatabase,
  end: 'revoked_at' | 'expires_at',
  { limit, before }: { readonly limit: number; readonly before: EpochMillis },
): Promise<number> => {
  if (limit === 0) return 0;
  const { numDeletedRows } = await kysely
    .deleteFrom('api_keys')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('api_keys')
        .select('id')
        .where(end, '<=', before)
        .orderBy(end)
        .limit(limit)
        // Instances that purge at once skip each other's rows instead of waiting for them.
        .$if(dialect === 'postgres', (query) => query.forUpdate().skipLocked()),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
};

const lockOwner = ({ kysely, dialect }: SqlDatabase, owner: UserId) =>
  kysely
    .selectFrom('users')
    .select('version')
    .where('id', '=', owner)
    .$if(dialect === 'postgres', (query) => query.forUpdate())
    .compile();

const whyNotCreated = (owner: Pick<UsersTable, 'version'> | undefined, ownerVersion: number | undefined) => {
  if (owner === undefined) return null;
  return ownerVersion === undefined || owner.version === ownerVersion ? 'full' : 'superseded';
};

/** The key and its owner, by primary keys. The parameter is the id. */
const keyQuery = ({ kysely }: SqlDatabase) =>
  kysely
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .select(keyColumns.map((column) => `api_keys.${column}` as const))
    .select(['api_keys.digest', 'users.role', 'users.disabled_at'])
    .where('api_keys.id', '=', '')
    .compile();

type KeyRow = Pick<Selectable<ApiKeysTable>, (typeof keyColumns)[number]>;
type OnFileRow = KeyRow & Pick<ApiKeysTable, 'digest'> & Pick<UsersTable, 'role' | 'disabled_at'>;

function toOnFile(
  row: OnFileRow,
  { roles, reportUnreadable }: Pick<SqlDatabase, 'roles' | 'reportUnreadable'>,
): ApiKeyOnFile | null {
  if (!isRole(roles, row.role)) {
    reportUnreadable?.('users', row.user_id);
    return null;
  }
  return {
    key: toApiKey(row),
    digest: tokenDigest(row.digest),
    owner: { role: row.role, disabled: row.disabled_at !== null },
  };
}

const toApiKey = (row: KeyRow): ApiKey => ({
  id: apiKeyId(row.id),
  userId: userId(row.user_id),
  name: row.name,
  scopes: row.scopes === '' ? [] : row.scopes.split(' '),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  lastUsedAt: row.last_used_at,
});
