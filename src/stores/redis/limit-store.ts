import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { LimitStore } from '../ports/limit-store.ts';
import { unavailable } from '../unavailable.ts';
import type { RedisConnection } from './connection.ts';

export type RedisLimitStoreOptions = {
  /** Begins every key. */
  readonly prefix?: string;
};

/** Counters in Redis, one script on one key each, on the server's own time. Several are sent at once. */
export function redisLimitStore(redis: RedisConnection, { prefix = 'fg' }: RedisLimitStoreOptions = {}): LimitStore {
  // Only its counting is used. What is too much is decided by whoever adds; how long it counts is said with each addition.
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
        // Without what was sent: the errors of ioredis carry the arguments of the command.
        throw unavailable(error instanceof Error ? new Error(error.message) : error);
      }),
    // They expire by themselves.
    purgeExpired: () => Promise.resolve(0),
  };
}
