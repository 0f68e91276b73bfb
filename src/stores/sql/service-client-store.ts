import { clientId } from '@fieldgate/guard/core';
import type { Selectable } from 'kysely';
import { tokenDigest } from '../../domain/ids.ts';
import type { ServiceClient } from '../../domain/service-client.ts';
import type { ServiceClientStore } from '../ports/service-client-store.ts';
import type { SqlDatabase } from './database.ts';
import { toPage } from './page.ts';
import type { ServiceClientsTable } from './schema.ts';

const clientColumns = ['id', 'name', 'scopes', 'created_at', 'disabled_at', 'previous_expires_at'] as const;

/** Service clients in SQL. Every method is one statement with its condition. */
export function sqlServiceClientStore(database: SqlDatabase): ServiceClientStore {
  const { kysely } = database;
  const readLive = database.prepareCachedRead(liveQuery(database), () => true);

  return {
    async create({ id, name, scopes, createdAt, secretDigest }) {
      const row = await kysely
        .insertInto('service_clients')
        .values({
          id,
          name,
          scopes: scopes.join(' '),
          secret_digest: secretDigest,
          previous_digest: null,
          previous_expires_at: null,
          secret_used_at: null,
          created_at: createdAt,
          disabled_at: null,
        })
        .returning(clientColumns)
        .executeTakeFirstOrThrow();
      return toClient(row);
    },

    async find(id) {
      const row = await kysely
        .selectFrom('service_clients')
        .select([...clientColumns, 'secret_digest', 'previous_digest', 'secret_used_at'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return null;
      return {
        client: toClient(row),
        secretDigest: tokenDigest(row.secret_digest),
        secretWasUsed: row.secret_used_at !== null,
        previousDigest: row.previous_digest === null ? null : tokenDigest(row.previous_digest),
      };
    },

    async list({ first, after }) {
      const all = kysely
        .selectFrom('service_clients')
        .select(clientColumns)
        .orderBy('created_at')
        .orderBy('id')
        .limit(first + 1);
      const page = after
        ? all.where(({ eb, refTuple, tuple }) => eb(refTuple('created_at', 'id'), '>', tuple(after.at, after.id)))
        : all;
      return toPage(await page.execute(), first, toClient);
    },

    async rotateSecret(id, { secretDigest, at, previousExpiresAt }) {
      const row = await kysely
        .updateTable('service_clients')
        .set((eb) => ({
          previous_digest:
            previousExpiresAt === null
              ? null
              : eb
                  .case()
                  .when(eb.and([eb('secret_used_at', 'is', null), eb('previous_expires_at', '>', at)]))
                  .then(eb.ref('previous_digest'))
                  .else(eb.ref('secret_digest'))
                  .end(),
          previous_expires_at: previousExpiresAt,
          secret_digest: secretDigest,
          secret_used_at: null,
        }))
        .where('id', '=', id)
        .where('disabled_at', 'is', null)
        .returning(clientColumns)
        .executeTakeFirst();
      return row === undefined ? null : toClient(row);
    },

    async recordSecretUse(id, secretDigest, at) {
      await kysely
        .updateTable('service_clients')
        .set({ secret_used_at: at })
        .where('id', '=', id)
        .where('secret_digest', '=', secretDigest)
        .where('secret_used_at', 'is', null)
        .execute();
    },

    async disable(id, disabledAt) {
      const row = await kysely
        .updateTable('service_clients')
        .set((eb) => ({ disabled_at: eb.fn.coalesce('disabled_at', eb.val(disabledAt)) }))
        .where('id', '=', id)
        .returning(clientColumns)
        .executeTakeFirst();
      return row === undefined ? null : toClient(row);
    },

    check: async (id, tokenId) => (await readLive([id, tokenId])) ?? false,

    async revokeToken(tokenId, expiresAt) {
      await kysely
        .insertInto('revoked_service_tokens')
        .values({ token_id: tokenId, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('token_id').doNothing())
        .execute();
    },

    async purgeExpired(limit, now) {
      const { numDeletedRows } = await kysely
        .deleteFrom('revoked_service_tokens')
        .where('token_id', 'in', (eb) =>
          eb
            .selectFrom('revoked_service_tokens')
            .select('token_id')
            .where('expires_at', '<=', now)
            .orderBy('expires_at')
            .limit(limit),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}

/** Two reads by primary key. Parameters, in the order of the text: client, token. */
const liveQuery = ({ kysely }: SqlDatabase) =>
  kysely
    .selectFrom('service_clients')
    .select('id')
    .where('id', '=', '')
    .where('disabled_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('revoked_service_tokens').select('token_id').where('token_id', '=', ''))),
    )
    .compile();

const toClient = (row: Pick<Selectable<ServiceClientsTable>, (typeof clientColumns)[number]>): ServiceClient => ({
  id: clientId(row.id),
  name: row.name,
  scopes: row.scopes.split(' ').filter(Boolean),
  createdAt: row.created_at,
  disabledAt: row.disabled_at,
  previousSecretExpiresAt: row.previous_expires_at,
});
