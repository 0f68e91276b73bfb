import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import { dialectTypes } from './dialect-types.ts';

/** Service clients, and those of their tokens that were revoked before they expired. */
export const serviceClients = (dialect: SqlDatabase['dialect']): Migration => {
  const { text, integer, strict } = dialectTypes(dialect);

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await strict(
        db.schema
          .createTable('service_clients')
          .addColumn('id', text, (column) => column.primaryKey().notNull())
          .addColumn('name', text, (column) => column.notNull())
          .addColumn('scopes', text, (column) => column.notNull())
          .addColumn('secret_digest', text, (column) => column.notNull())
          .addColumn('previous_digest', text)
          .addColumn('previous_expires_at', integer)
          .addColumn('created_at', integer, (column) => column.notNull())
          .addColumn('disabled_at', integer),
      ).execute();
      await strict(
        db.schema
          .createTable('revoked_service_tokens')
          .addColumn('token_id', text, (column) => column.primaryKey().notNull())
          .addColumn('expires_at', integer, (column) => column.notNull()),
      ).execute();
      await db.schema
        .createIndex('revoked_service_tokens_expired')
        .on('revoked_service_tokens')
        .column('expires_at')
        .execute();
    },
  };
};
