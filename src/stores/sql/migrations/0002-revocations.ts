import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';

/** The journal of revocations. No reference to `users`: that an account is gone must outlast the account. */
export const revocations = (dialect: SqlDatabase['dialect']): Migration => {
  const text = dialect === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const integer = dialect === 'sqlite' ? sql`integer` : sql`bigint`;

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('revocations')
        .addColumn('user_id', text, (column) => column.notNull())
        .addColumn('session_id', text, (column) => column.notNull())
        .addColumn('family_digest', text)
        .addColumn('expires_at', integer, (column) => column.notNull())
        .addPrimaryKeyConstraint('revocations_pk', ['user_id', 'session_id'])
        .$call((table) => (dialect === 'sqlite' ? table.modifyEnd(sql`strict`) : table))
        .execute();
      await db.schema.createIndex('revocations_expired').on('revocations').column('expires_at').execute();
    },
  };
};
