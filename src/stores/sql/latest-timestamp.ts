import type { EpochMillis } from '../../domain/clock.ts';
import type { SqlDatabase } from './database.ts';

/** Returns the latest time in the database, or null if it is empty. A clock behind it is wrong. */
export async function latestTimestamp({ kysely }: SqlDatabase): Promise<EpochMillis | null> {
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
