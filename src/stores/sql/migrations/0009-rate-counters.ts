import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDatabase } from '../database.ts';

/**
 * Rate limit counters, shared by all instances. Not in SQLite, where one process counts in memory. Unlogged: they skip the
 * write-ahead log, and a crash of the server resets them.
 */
export const rateCounters = (dialect: SqlDatabase['dialect']): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    if (dialect === 'sqlite') return;
    await sql`create unlogged table rate_counters (
      key text collate "C" primary key,
      points bigint not null,
      expire bigint not null
    )`.execute(db);
    await sql`create index rate_counters_over on rate_counters (expire)`.execute(db);
  },
});
