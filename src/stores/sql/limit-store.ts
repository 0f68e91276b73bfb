import type { Kysely } from 'kysely';
import type { Clock, EpochMillis } from '../../domain/clock.ts';
import type { Addition, LimitStore } from '../ports/limit-store.ts';
import type { SqlDatabase } from './database.ts';
import type { Schema } from './schema.ts';

/** Counters in PostgreSQL: one statement for all that is added. (An embedded database has one process, which counts in memory.) */
export function sqlLimitStore({ kysely }: SqlDatabase, { clock }: { readonly clock: Clock }): LimitStore {
  return {
    add: async (additions) => {
      if (additions.length === 0) return [];
      const now = clock();
      const rows = await addAll(kysely, additions, now);
      const sums = new Map(
        rows.map(({ key, points, expire }) => [key, { consumed: points, resetsInMs: expire - now }]),
      );
      return additions.map(({ key, points, windowMs }) => sums.get(key) ?? { consumed: points, resetsInMs: windowMs });
    },

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

/** Adds to the counters that are running, and begins the others anew. */
const addAll = (kysely: Kysely<Schema>, additions: readonly Addition[], now: EpochMillis) =>
  kysely
    .insertInto('rate_counters')
    .values(
      additions
        .map(({ key, points, windowMs }) => ({ key, points, expire: now + windowMs }))
        // Every instance locks the rows in the same order, so that two statements never wait for each other.
        .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    )
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet((eb) => {
        const isOver = eb('rate_counters.expire', '<=', now);
        const sum = eb('rate_counters.points', '+', eb.ref('excluded.points'));
        return {
          points: eb.case().when(isOver).then(eb.ref('excluded.points')).else(sum).end(),
          expire: eb.case().when(isOver).then(eb.ref('excluded.expire')).else(eb.ref('rate_counters.expire')).end(),
        };
      }),
    )
    .returning(['key', 'points', 'expire'])
    .execute();
