import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import { dialectTypes } from './dialect-types.ts';

/** Identities at providers, and the state of sign-ins there: codes that are not used yet, states that are. */
export const identities = (dialect: SqlDatabase['dialect']): Migration => {
  const { text, integer, strict } = dialectTypes(dialect);
  const createIdentities = async (db: Kysely<unknown>): Promise<void> => {
    await strict(
      db.schema
        .createTable('identities')
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
        .addColumn('issuer', text, (column) => column.notNull())
        .addColumn('subject', text, (column) => column.notNull())
        .addColumn('provider', text, (column) => column.notNull())
        .addColumn('email', text)
        .addColumn('created_at', integer, (column) => column.notNull())
        .addColumn('last_used_at', integer)
        .addUniqueConstraint('identities_key', ['issuer', 'subject']),
    ).execute();
    await db.schema
      .createIndex('identities_of_user')
      .on('identities')
      .columns(['user_id', 'created_at', 'id'])
      .execute();
  };

  const createCodesAndStates = async (db: Kysely<unknown>): Promise<void> => {
    await strict(
      db.schema
        .createTable('login_codes')
        .addColumn('digest', text, (column) => column.primaryKey().notNull())
        .addColumn('challenge', text, (column) => column.notNull())
        .addColumn('provider', text, (column) => column.notNull())
        .addColumn('issuer', text, (column) => column.notNull())
        .addColumn('subject', text, (column) => column.notNull())
        .addColumn('email', text)
        .addColumn('email_verified', integer, (column) => column.notNull())
        .addColumn('name', text, (column) => column.notNull())
        .addColumn('expires_at', integer, (column) => column.notNull()),
    ).execute();
    await db.schema.createIndex('login_codes_expired').on('login_codes').column('expires_at').execute();

    await strict(
      db.schema
        .createTable('spent_oauth_states')
        .addColumn('state', text, (column) => column.primaryKey().notNull())
        .addColumn('expires_at', integer, (column) => column.notNull()),
    ).execute();
    await db.schema.createIndex('spent_oauth_states_expired').on('spent_oauth_states').column('expires_at').execute();
  };

  return {
    async up(db) {
      await createIdentities(db);
      await createCodesAndStates(db);
    },
  };
};
