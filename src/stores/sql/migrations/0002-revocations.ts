import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import { dialectTypes } from './dialect-types.ts';

/** The journal of revocations. No reference to `users`: the entry of a deleted account must outlast it. */
export const revocations = (dialect: SqlDatabase['dialect']): Migration => {
  const { text, integer, strict } = dialectTypes(dialect);

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('revocations')
        .addColumn('user_id', text, (column) => column.notNull())
        .addColumn('session_id', text, (column) => column.notNull())
        .addColumn('family_digest', text)
        .addColumn('expires_at', integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('revocations_pk', ['user_id', 'session_id'])
        .$call(strict)
        .execute();
      await db.schema.createIndex('revocations_expired').on('revocations').column('expires_at').execute();
    },
  };
};
