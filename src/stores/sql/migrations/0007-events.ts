import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import { dialectTypes } from './dialect-types.ts';

/** The event log. No reference to `users`: events outlast the account. One index per selective filter. */
export const events = (dialect: SqlDatabase['dialect']): Migration => {
  const { text, integer, strict } = dialectTypes(dialect);

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('events')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('time', integer, (column) => column.notNull())
        .addColumn('type', text, (column) => column.notNull())
        .addColumn('outcome', text, (column) => column.notNull())
        .addColumn('actor_kind', text, (column) => column.notNull())
        .addColumn('actor_id', text)
        .addColumn('user_id', text)
        .addColumn('session_id', text)
        .addColumn('ip', text)
        .addColumn('user_agent', text)
        .addColumn('request_id', text)
        .addColumn('reason', text)
        .addColumn('metadata', text, (column) => column.notNull())
        .$call(strict)
        .execute();
      await db.schema.createIndex('events_page').on('events').columns(['time', 'id']).execute();
      for (const column of ['user_id', 'type', 'ip']) {
        await db.schema.createIndex(`events_by_${column}`).on('events').columns([column, 'time', 'id']).execute();
      }
    },
  };
};
