import { CompiledQuery } from 'kysely';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Clock } from '../../domain/clock.ts';
import type { LimitStore } from '../ports/limit-store.ts';
import type { SqlDatabase } from './database.ts';

type Question = { readonly text: string; readonly values: readonly unknown[] };

/**
 * Counters in PostgreSQL, one statement each. (An embedded database has one process, which counts in its memory.) The library
 * reads the wall clock itself to tell what is over.
 */
export function sqlLimitStore({ kysely }: SqlDatabase, { clock }: { readonly clock: Clock }): LimitStore {
  // Only its counting is used. What is too much is decided by whoever adds; how long it counts is said with each addition.
  const counters = new RateLimiterPostgres({
    storeClient: {
      query: ({ text, values }: Question) => kysely.executeQuery(CompiledQuery.raw(text, [...values])),
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

    async purgeExpired(limit) {
      const { numDeletedRows } = await kysely
        .deleteFrom('rate_counters')
        .where('key', 'in', (eb) =>
          eb
            .selectFrom('rate_counters')
            .select('key')
            .where('expire', '<=', clock())
            .orderBy('expire')
            .limit(limit)
            // Instances purge side by side instead of waiting for each other's rows.
            .forUpdate()
            .skipLocked(),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}
