import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import { dialectTypes } from './dialect-types.ts';

/** Login attempts: one row per email with attempts that still count. */
export const loginAttempts = (dialect: SqlDatabase['dialect']): Migration => {
  const { text, integer, strict } = dialectTypes(dialect);

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('login_attempts')
        .addColumn('email_digest', text, (column) => column.primaryKey().notNull())
        .addColumn('attempts', text, (column) => column.notNull())
        .addColumn('expires_at', integer, (column) => column.notNull())
        .$call(strict)
        .execute();
      await db.schema.createIndex('login_attempts_expired').on('login_attempts').column('expires_at').execute();
    },
  };
};
