import { randomUUID } from 'node:crypto';
import { type UserId, userId } from '@fieldgate/guard';
import type { Redis } from 'ioredis';
import type { SessionLifetimes } from '../../src/domain/session.ts';
import { changeUser, type UserChange } from '../../src/domain/user.ts';
import type { AccountChanges } from '../../src/stores/ports/account-changes.ts';
import type { AccountStore } from '../../src/stores/ports/account-store.ts';
import type { RevocationJournal } from '../../src/stores/ports/revocation-journal.ts';
import type { SessionStore } from '../../src/stores/ports/session-store.ts';
import { openRedis, type RedisConnection } from '../../src/stores/redis/connection.ts';
import { redisLimitStore } from '../../src/stores/redis/limit-store.ts';
import { redisSessionStore } from '../../src/stores/redis/session-store.ts';
import { sqlAccountChanges } from '../../src/stores/sql/account-changes.ts';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import { sqlRevocationJournal } from '../../src/stores/sql/revocation-journal.ts';
import type { LimitStoreHarness } from '../contract/limit-store.ts';
import type { SessionStoreHarness } from '../contract/session-store.ts';
import { createAccount } from './accounts.ts';
import { deleteAccount, deleteAllRows, sqliteFile } from './databases.ts';
import { onePage } from './pages.ts';
import { targetOf } from './redis-servers.ts';
import { pause, until } from './time.ts';

/** The stores of one instance of the server. */
export type RedisInstance = {
  readonly redis: RedisConnection;
  readonly sessions: SessionStore;
  readonly accounts: AccountStore;
  readonly journal: RevocationJournal;
  readonly changes: AccountChanges;
  readonly errors: readonly unknown[];
};

export const lastingLifetimes: SessionLifetimes = { idleMs: 3_600_000, absoluteMs: 7_200_000, reuseWindowMs: 10_000 };

/** Instances of the server over one database. */
export function redisInstances() {
  const database = sqliteFile();
  const opened: RedisConnection[] = [];
  let migrated: Promise<void> | undefined;
  return {
    open: async (url: string, lifetimes: SessionLifetimes = lastingLifetimes): Promise<RedisInstance> => {
      const connection = database.connect();
      migrated ??= connection.migrate();
      await migrated;
      const errors: unknown[] = [];
      const signals = { backgroundError: (error: unknown) => errors.push(error) };
      const redis = openRedis(targetOf(url), { signals });
      opened.push(redis);
      const journal = sqlRevocationJournal(connection, { clock: Date.now });
      const changes = sqlAccountChanges(connection);
      const sessions = redisSessionStore(redis, { lifetimes, journal, changes, signals });
      await until(async () => answers(() => sessions.list(userId(randomUUID()), onePage)));
      return { redis, sessions, accounts: sqlAccountStore(connection), journal, changes, errors };
    },
    drop: async () => {
      for (const redis of opened) redis.close();
      await database.drop();
    },
  };
}

export const answers = (work: () => Promise<unknown>): Promise<boolean> =>
  work().then(
    () => true,
    () => false,
  );

type ProvideRedis = () => Promise<{ readonly url: string; readonly drop: () => Promise<void> }>;

/** Session stores of two instances of the server, in real time: Redis measures lifetimes by its own clock. */
export const redisSessions = (provide: ProvideRedis): SessionStoreHarness => {
  const file = sqliteFile();
  const database = file.connect();
  const servers = twoConnections(provide);
  return {
    lifetimes: { idleMs: 1_200, absoluteMs: 3_000, reuseWindowMs: 400 },
    tickMs: 120,
    start: async () => {
      await database.migrate();
      await servers.start();
    },
    stop: async () => {
      await servers.stop();
      await file.drop();
    },
    open: async (lifetimes) => {
      const [redis, otherRedis] = await servers.emptied();
      await deleteAllRows(database);
      const journal = sqlRevocationJournal(database, { clock: Date.now });
      const changes = sqlAccountChanges(database);
      const store = redisSessionStore(redis, { lifetimes, journal, changes });
      const accounts = sqlAccountStore(database);
      const change = async (id: UserId, change: UserChange): Promise<void> => {
        const changed = await accounts.change(id, () => change);
        if (changed !== null) await store.accountChanged(changed.after);
      };
      return {
        store,
        other: redisSessionStore(otherRedis, { lifetimes, journal, changes }),
        now: Date.now,
        advance: pause,
        countRecords: async () => (await allFields(redis)).filter((field) => field.length === 16).length,
        accounts: {
          create: () => createAccount(accounts),
          changePassword: (id) => change(id, { passwordHash: 'other hash' }),
          setRole: (id, role) => change(id, { role }),
          setDisabled: (id, disabled) => change(id, { disabledAt: disabled ? Date.now() : null }),
          remove: async (id) => {
            const user = await accounts.findById(id);
            await deleteAccount(database, id);
            // An operator disables an account before deleting it.
            if (user !== null) await store.accountChanged(changeUser(user, { disabledAt: Date.now() }));
          },
        },
      };
    },
  };
};

/** In real time. */
export const redisLimits = (provide: ProvideRedis): LimitStoreHarness => {
  const { start, stop, emptied } = twoConnections(provide);
  return {
    ...{ start, stop, windowMs: 2_000, advance: pause },
    open: async () => {
      const [redis, otherRedis] = await emptied();
      return { store: redisLimitStore(redis), other: redisLimitStore(otherRedis) };
    },
  };
};

/** Two connections to new servers. No test may leave a key behind that never expires. */
const twoConnections = (provide: ProvideRedis) => {
  let servers: Awaited<ReturnType<ProvideRedis>> | undefined;
  let opened: readonly [RedisConnection, RedisConnection] | undefined;
  return {
    start: async () => {
      servers = await provide();
      opened = [openRedis(targetOf(servers.url)), openRedis(targetOf(servers.url))];
      for (const redis of opened) await until(() => answers(redis.ping));
    },
    stop: async () => {
      for (const redis of opened ?? []) {
        await expectEveryKeyToExpire(redis);
        redis.close();
      }
      await servers?.drop();
    },
    /** Deletes every key and returns the connections. */
    emptied: async () => {
      if (opened === undefined) throw new Error('Redis is not started.');
      const [redis] = opened;
      await expectEveryKeyToExpire(redis);
      await Promise.all(redis.masters().map((server) => server.flushall()));
      return opened;
    },
  };
};

const allKeys = async (redis: RedisConnection): Promise<readonly (readonly [Redis, string])[]> => {
  const keys = await Promise.all(
    redis.masters().map(async (server) => (await server.keys('*')).map((key) => [server, key] as const)),
  );
  return keys.flat();
};

const allFields = async (redis: RedisConnection): Promise<readonly Buffer[]> => {
  const hashes = (await allKeys(redis)).filter(([, key]) => key.includes('{'));
  return (await Promise.all(hashes.map(([server, key]) => server.hkeysBuffer(key)))).flat();
};

export async function expectEveryKeyToExpire(redis: RedisConnection): Promise<void> {
  for (const [server, key] of await allKeys(redis)) {
    if ((await server.pttl(key)) === -1) throw new Error(`The key ${key} never expires.`);
  }
}
