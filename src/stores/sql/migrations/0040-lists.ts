import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Indexes by which lists are paged, live keys counted and dead keys found, however many dead rows an account has. */
export const lists = (): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`create index api_keys_live on api_keys (user_id, expires_at) where revoked_at is null`.execute(db);
    await sql`create index api_keys_revoked on api_keys (revoked_at) where revoked_at is not null`.execute(db);
    await db.schema.createIndex('api_keys_expired').on('api_keys').column('expires_at').execute();
    await db.schema.createIndex('service_clients_page').on('service_clients').columns(['created_at', 'id']).execute();
  },
});
