import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { LimitStore } from '../ports/limit-store.ts';
import { unavailable } from '../unavailable.ts';
import type { RedisConnection } from './connection.ts';

export type RedisLimitStoreOptions = {
  /** Begins every key. */
  readonly prefix?: string;
};

/** Counters in Redis: one script on one key each, by the server's clock. Several are sent at once. */
export function redisLimitStore(redis: RedisConnection, { prefix = 'fg' }: RedisLimitStoreOptions = {}): LimitStore {
  // Only its counters are used: the caller decides what exceeds a limit, and passes the window with each addition.
  const counters = new RateLimiterRedis({
    storeClient: redis.client,
    keyPrefix: `${prefix}-limit`,
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
      ).catch((error: unknown) => {
        // Drops the command: the errors of ioredis carry its arguments, which must not reach the log.
        throw unavailable(error instanceof Error ? new Error(error.message) : error);
      }),
    // The keys expire by themselves.
    purgeExpired: async () => 0,
  };
}
