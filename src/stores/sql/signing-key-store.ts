import type { Selectable } from 'kysely';
import { erasePrivateKeysBefore, type SigningKeyRecord } from '../../domain/signing-key.ts';
import type { SigningKeyStore } from '../ports/signing-key-store.ts';
import type { SqlDatabase } from './database.ts';
import type { SigningKeysTable } from './schema.ts';

/** Signing keys in SQL. Every method is made of single statements; the unique index on `succeeds` decides races. */
export function sqlSigningKeyStore({ kysely }: SqlDatabase): SigningKeyStore {
  /** The keys that have a successor (at most one each), oldest first. */
  const succeeded = kysely
    .selectFrom('signing_keys as key')
    .innerJoin('signing_keys as successor', 'successor.succeeds', 'key.kid')
    .select('key.kid')
    .orderBy('key.signs_from');

  return {
    async list() {
      const rows = await kysely.selectFrom('signing_keys').selectAll().orderBy('signs_from').orderBy('kid').execute();
      return rows.map(toRecord);
    },

    async publish(key) {
      const { numInsertedOrUpdatedRows } = await kysely
        .insertInto('signing_keys')
        .values(toRow(key))
        .onConflict((conflict) => conflict.column('succeeds').doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },

    async replace(key) {
      await kysely
        .insertInto('signing_keys')
        .values(toRow(key))
        .onConflict((conflict) =>
          conflict.column('succeeds').doUpdateSet((eb) => ({
            predecessor_until: 0,
            signs_from: eb
              .case()
              .when('signing_keys.signs_from', '>', eb.ref('excluded.signs_from'))
              .then(eb.ref('excluded.signs_from'))
              .else(eb.ref('signing_keys.signs_from'))
              .end(),
          })),
        )
        .execute();
    },

    async withdraw(kid, now) {
      const { numDeletedRows } = await kysely
        .deleteFrom('signing_keys')
        .where('kid', '=', kid)
        .where('signs_from', '>', now)
        .where('predecessor_until', '>', 0)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },

    async purgeExpired(limit, now) {
      const { numUpdatedRows } = await kysely
        .updateTable('signing_keys')
        .set({ sealed_private: null })
        .where(
          'kid',
          'in',
          succeeded
            .where('key.sealed_private', 'is not', null)
            .where('successor.signs_from', '<', erasePrivateKeysBefore(now))
            .limit(limit),
        )
        .executeTakeFirstOrThrow();
      const { numDeletedRows } = await kysely
        .deleteFrom('signing_keys')
        .where(
          'kid',
          'in',
          succeeded
            .where('key.predecessor_until', '<=', now)
            .where('successor.predecessor_until', '<=', now)
            .limit(limit),
        )
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows + numDeletedRows);
    },
  };
}

const toRow = (key: SigningKeyRecord): Selectable<SigningKeysTable> => ({
  kid: key.kid,
  root: key.root,
  succeeds: key.succeeds,
  published_at: key.publishedAt,
  signs_from: key.signsFrom,
  predecessor_until: key.predecessorUntil,
  sealed_public: key.sealedPublic,
  sealed_private: key.sealedPrivate,
});

const toRecord = (row: Selectable<SigningKeysTable>): SigningKeyRecord => ({
  kid: row.kid,
  root: row.root,
  succeeds: row.succeeds,
  publishedAt: row.published_at,
  signsFrom: row.signs_from,
  predecessorUntil: row.predecessor_until,
  sealedPublic: row.sealed_public,
  sealedPrivate: row.sealed_private,
});
