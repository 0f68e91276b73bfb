import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import { dialectTypes } from './dialect-types.ts';

/** When the owner of a session last proved who they are. Sessions that are there began with such a proof. */
export const sessionAuthentication = (dialect: SqlDatabase['dialect']): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('sessions')
      .addColumn('authenticated_at', dialectTypes(dialect).integer, (column) => column.notNull().defaultTo(0))
      .execute();
    await sql`update sessions set authenticated_at = created_at`.execute(db);
  },
});
