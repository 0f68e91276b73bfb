import type { Addition, LimitStore } from '../ports/limit-store.ts';
import { unavailable } from '../unavailable.ts';
import type { RedisConnection } from './connection.ts';
import { readNumber } from './encoding.ts';
import { redisScripts } from './scripts.ts';

export type RedisLimitStoreOptions = {
  /** Begins every key. */
  readonly prefix?: string;
};

/** Counters in Redis: one script on one key each, on the server's own time. Several are sent in one write. */
export function redisLimitStore(redis: RedisConnection, { prefix = 'fg' }: RedisLimitStoreOptions = {}): LimitStore {
  const { run } = redisScripts(redis);

  const consume = async ({ key, points, windowMs }: Addition) => {
    const [consumed, resetsInMs] = await run('consume', `${prefix}-limit:${key}`, [points, windowMs]);
    return { consumed: readNumber(consumed), resetsInMs: readNumber(resetsInMs) };
  };

  return {
    add: (additions) =>
      Promise.all(additions.map(consume)).catch((error: unknown) => {
        // Only the message: an error of ioredis carries the arguments of its command.
        throw unavailable(error instanceof Error ? new Error(error.message) : error);
      }),
    // The keys expire by themselves.
    purgeExpired: async () => 0,
  };
}
