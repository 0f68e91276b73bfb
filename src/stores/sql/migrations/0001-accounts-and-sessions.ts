import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import { dialectTypes } from './dialect-types.ts';

export const accountsAndSessions = (dialect: SqlDatabase['dialect']): Migration => {
  const { text, integer, strict } = dialectTypes(dialect);

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await strict(
        db.schema
          .createTable('users')
          .addColumn('id', text, (column) => column.primaryKey().notNull())
          .addColumn('email', text, (column) => column.notNull().unique())
          .addColumn('name', text, (column) => column.notNull())
          .addColumn('search_text', text, (column) => column.notNull())
          .addColumn('password_hash', text, (column) => column.notNull())
          .addColumn('role', text, (column) => column.notNull())
          .addColumn('created_at', integer, (column) => column.notNull())
          .addColumn('disabled_at', integer)
          .addColumn('version', integer, (column) => column.notNull()),
      ).execute();
      await db.schema.createIndex('users_page').on('users').columns(['created_at', 'id']).execute();

      await strict(
        db.schema
          .createTable('sessions')
          .addColumn('id', text, (column) => column.primaryKey().notNull())
          .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
          .addColumn('family_digest', text, (column) => column.notNull())
          .addColumn('token_digest', text, (column) => column.notNull())
          .addColumn('previous_digest', text)
          .addColumn('successor_nonce', text)
          .addColumn('rotated_at', integer)
          .addColumn('created_at', integer, (column) => column.notNull())
          .addColumn('last_seen_at', integer, (column) => column.notNull())
          .addColumn('expires_at', integer, (column) => column.notNull())
          .addColumn('absolute_expires_at', integer, (column) => column.notNull())
          .addColumn('ip', text)
          .addColumn('user_agent', text),
      ).execute();
      await db.schema.createIndex('sessions_of_user').on('sessions').columns(['user_id', 'created_at', 'id']).execute();
      await db.schema.createIndex('sessions_expired').on('sessions').column('expires_at').execute();
    },
  };
};
