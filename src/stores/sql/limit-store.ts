import { CompiledQuery } from 'kysely';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { LimitStore } from '../ports/limit-store.ts';
import type { SqlDatabase } from './database.ts';

type Query = { readonly text: string; readonly values: readonly unknown[] };

/**
 * Counters in PostgreSQL, one statement each. (An embedded database has one process, which counts in memory.) The library
 * reads the wall clock itself to decide what has expired.
 */
export function sqlLimitStore({ kysely }: SqlDatabase): LimitStore {
  // Only its counters are used: the caller decides what exceeds a limit, and passes the window with each addition.
  const counters = new RateLimiterPostgres({
    storeClient: {
      query: ({ text, values }: Query) => kysely.executeQuery(CompiledQuery.raw(text, [...values])),
    },
    storeType: 'client',
    tableName: 'rate_counters',
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix: '',
    points: 1,
    duration: 1,
  });
  return {
    add: (additions) =>
      Promise.all(
        additions.map(async ({ key, points, windowMs }) => {
          const counted = await counters.penalty(key, points, { customDuration: windowMs / 1000 });
          return { spent: counted.consumedPoints, resetsInMs: counted.msBeforeNext };
        }),
      ),

    async purgeExpired(limit, now) {
      const { numDeletedRows } = await kysely
        .deleteFrom('rate_counters')
        .where('key', 'in', (eb) =>
          eb
            .selectFrom('rate_counters')
            .select('key')
            .where('expire', '<=', now)
            .orderBy('expire')
            .limit(limit)
            // Instances that purge at once skip each other's rows instead of waiting for them.
            .forUpdate()
            .skipLocked(),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}
