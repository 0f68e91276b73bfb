import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The index by which the live sessions of an account are found, however many expired ones it has. */
export const liveSessions = (): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.createIndex('sessions_live').on('sessions').columns(['user_id', 'expires_at']).execute();
  },
});
