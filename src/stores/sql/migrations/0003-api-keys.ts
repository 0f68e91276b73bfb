import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import { dialectTypes } from './dialect-types.ts';

/** API keys: one row each, kept after they expire. */
export const apiKeys = (dialect: SqlDatabase['dialect']): Migration => {
  const { text, integer, strict } = dialectTypes(dialect);

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('api_keys')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
        .addColumn('name', text, (column) => column.notNull())
        .addColumn('digest', text, (column) => column.notNull())
        .addColumn('scopes', text, (column) => column.notNull())
        .addColumn('created_at', integer, (column) => column.notNull())
        .addColumn('expires_at', integer, (column) => column.notNull())
        .addColumn('revoked_at', integer)
        .addColumn('last_used_at', integer)
        .$call(strict)
        .execute();
      await db.schema.createIndex('api_keys_of_user').on('api_keys').columns(['user_id', 'created_at', 'id']).execute();
    },
  };
};
