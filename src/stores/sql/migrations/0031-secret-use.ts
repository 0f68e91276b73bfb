import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';
import type { Schema } from '../schema.ts';
import { dialectTypes } from './dialect-types.ts';

/** When a service client first used its present secret. Secrets from before this column count as used. */
export const secretUse = (dialect: SqlDatabase['dialect']): Migration => ({
  async up(db: Kysely<Schema>): Promise<void> {
    await db.schema.alterTable('service_clients').addColumn('secret_used_at', dialectTypes(dialect).integer).execute();
    await db
      .updateTable('service_clients')
      .set(({ ref }) => ({ secret_used_at: ref('created_at') }))
      .execute();
  },
});
