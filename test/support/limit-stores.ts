import { sql } from 'kysely';
import { openRedis, type RedisConnection } from '../../src/stores/redis/connection.ts';
import { redisLimitStore } from '../../src/stores/redis/limit-store.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { sqlLimitStore } from '../../src/stores/sql/limit-store.ts';
import type { LimitStoreHarness } from '../contract/limit-store.ts';
import type { TestDatabase } from './databases.ts';
import { targetOf, until } from './redis-servers.ts';
import { answers, expectEveryKeyToExpire } from './redis-stores.ts';

/** Counters of two instances in one PostgreSQL database. Their time really passes. */
export function sqlLimitStores(provide: () => TestDatabase | Promise<TestDatabase>): LimitStoreHarness {
  let database: TestDatabase | undefined;
  let instances: readonly SqlDatabase[] = [];
  return {
    windowMs: 2_000,
    start: async () => {
      database = await provide();
      instances = [database.connect(), database.connect()];
      await instances[0]?.migrate();
    },
    stop: async () => database?.drop(),
    open: async () => {
      const [one, other] = instances;
      if (!one || !other) throw new Error('No database.');
      await sql`delete from rate_counters`.execute(one.kysely);
      return [sqlLimitStore(one, { clock: Date.now }), sqlLimitStore(other, { clock: Date.now })];
    },
    advance: (ms) => new Promise((resume) => setTimeout(resume, ms)),
  };
}

/** Counters of two instances in one Redis, whose time really passes. Looks that every key expires. */
export function redisLimitStores(
  provide: () => Promise<{ readonly url: string; readonly drop: () => Promise<void> }>,
): LimitStoreHarness {
  let servers: Awaited<ReturnType<typeof provide>> | undefined;
  let opened: readonly RedisConnection[] = [];
  return {
    windowMs: 2_000,
    start: async () => {
      servers = await provide();
      const { url } = servers;
      opened = [openRedis(targetOf(url)), openRedis(targetOf(url))];
      for (const redis of opened) await until(() => answers(redis.ping));
    },
    stop: async () => {
      for (const redis of opened) {
        await expectEveryKeyToExpire(redis);
        redis.close();
      }
      await servers?.drop();
    },
    open: async () => {
      const [one, other] = opened;
      if (!one || !other) throw new Error('No Redis.');
      await expectEveryKeyToExpire(one);
      await Promise.all(one.masters().map((server) => server.flushall()));
      return [redisLimitStore(one), redisLimitStore(other)];
    },
    advance: (ms) => new Promise((resume) => setTimeout(resume, ms)),
  };
}
