import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import { dialectTypes } from './dialect-types.ts';

/** Signing keys, each with the key it succeeds. A key has one successor at most: this makes rotation safe. */
export const signingKeys = (dialect: SqlDatabase['dialect']): Migration => {
  const { text, integer, strict } = dialectTypes(dialect);

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('signing_keys')
        .addColumn('kid', text, (column) => column.primaryKey().notNull())
        .addColumn('root', text, (column) => column.notNull())
        .addColumn('succeeds', text, (column) => column.notNull().unique())
        .addColumn('published_at', integer, (column) => column.notNull())
        .addColumn('signs_from', integer, (column) => column.notNull())
        .addColumn('predecessor_until', integer, (column) => column.notNull())
        .addColumn('sealed_public', text, (column) => column.notNull())
        .addColumn('sealed_private', text)
        .$call(strict)
        .execute();
    },
  };
};
