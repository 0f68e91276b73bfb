import type { EpochMillis } from '../../domain/clock.ts';
import type { SqlDatabase } from './database.ts';

/** The latest time at which anything was written down, or null in an empty database. A clock behind it is wrong. */
export async function newestRecordAt({ kysely }: SqlDatabase): Promise<EpochMillis | null> {
  const [user, session] = await Promise.all([
    kysely
      .selectFrom('users')
      .select(({ fn }) => fn.max('created_at').as('at'))
      .executeTakeFirst(),
    kysely
      .selectFrom('sessions')
      .select(({ fn }) => fn.max('last_seen_at').as('at'))
      .executeTakeFirst(),
  ]);
  const times = [user?.at, session?.at].filter((at) => typeof at === 'number');
  return times.length === 0 ? null : Math.max(...times);
}
