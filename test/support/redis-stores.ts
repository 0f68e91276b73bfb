import { randomUUID } from 'node:crypto';
import { type UserId, userId } from '@fieldgate/guard';
import type { Redis } from 'ioredis';
import { sql } from 'kysely';
import type { SessionLifetimes } from '../../src/domain/session.ts';
import { changeUser, type User, type UserChange } from '../../src/domain/user.ts';
import type { AccountChanges } from '../../src/stores/ports/account-changes.ts';
import type { AccountStore } from '../../src/stores/ports/account-store.ts';
import type { RevocationJournal } from '../../src/stores/ports/revocation-journal.ts';
import type { SessionStore } from '../../src/stores/ports/session-store.ts';
import { openRedis, type RedisConnection } from '../../src/stores/redis/connection.ts';
import { redisSessionStore } from '../../src/stores/redis/session-store.ts';
import { sqlAccountChanges } from '../../src/stores/sql/account-changes.ts';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import { sqlRevocationJournal } from '../../src/stores/sql/revocation-journal.ts';
import type { SessionStoreHarness } from '../contract/session-store.ts';
import { empty, sqliteFile } from './databases.ts';
import { targetOf, until } from './redis-servers.ts';

/** Everything an instance of the server has open, over a database and a Redis that others may have open as well. */
export type RedisInstance = {
  readonly redis: RedisConnection;
  readonly sessions: SessionStore;
  readonly accounts: AccountStore;
  readonly journal: RevocationJournal;
  readonly changes: AccountChanges;
  readonly errors: readonly unknown[];
};

export const lastingLifetimes: SessionLifetimes = { idleMs: 3_600_000, absoluteMs: 7_200_000, reuseWindowMs: 10_000 };

/** A database and the instances of one test. */
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
      await until(async () => answers(() => sessions.list(userId(randomUUID()))));
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

export async function createAccount(accounts: AccountStore): Promise<User> {
  const id = userId(randomUUID());
  const account = { id, email: `${id}@example.com`, name: 'Ada', passwordHash: 'hash' } as const;
  const user = await accounts.create({ ...account, role: 'USER', createdAt: Date.now() });
  if (user === 'taken') throw new Error('A random email is taken.');
  return user;
}

type Provide = () => Promise<{ readonly url: string; readonly drop: () => Promise<void> }>;

/**
 * Session stores of two instances of the server over servers of their own, whose time really passes. Between tests it
 * looks that no key is left that does not expire.
 */
export function redisSessionStores(provide: Provide): SessionStoreHarness {
  let servers: Awaited<ReturnType<Provide>> | undefined;
  let opened: readonly [RedisConnection, RedisConnection] | undefined;
  const database = sqliteFile();
  const kept = database.connect();
  return {
    lifetimes: { idleMs: 900, absoluteMs: 2_250, reuseWindowMs: 300 },
    tickMs: 80,
    start: async () => {
      await kept.migrate();
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
      await database.drop();
    },
    open: async (lifetimes) => {
      if (opened === undefined) throw new Error('Redis is not started.');
      const [redis, otherRedis] = opened;
      await expectEveryKeyToExpire(redis);
      await Promise.all(redis.masters().map((server) => server.flushall()));
      await empty(kept);
      await sql`delete from revocations`.execute(kept.kysely);
      const journal = sqlRevocationJournal(kept, { clock: Date.now });
      const [store, other] = [redis, otherRedis].map((connection) =>
        redisSessionStore(connection, { lifetimes, journal, changes: sqlAccountChanges(kept) }),
      );
      if (store === undefined || other === undefined) throw new Error('No store.');
      const accounts = sqlAccountStore(kept);
      const change = async (id: UserId, change: UserChange): Promise<void> => {
        const changed = await accounts.change(id, () => change);
        if (changed !== null) await store.accountChanged(changed.after);
      };
      return {
        store,
        other,
        now: Date.now,
        advance: (ms) => new Promise((resume) => setTimeout(resume, ms)),
        countRecords: async () => (await allFields(redis)).filter((field) => field.length === 16).length,
        accounts: {
          create: () => createAccount(accounts),
          changePassword: (id) => change(id, { passwordHash: 'other hash' }),
          setRole: (id, role) => change(id, { role }),
          setDisabled: (id, disabled) => change(id, { disabledAt: disabled ? Date.now() : null }),
          remove: async (id: UserId) => {
            const user = await accounts.findById(id);
            await kept.kysely.deleteFrom('users').where('id', '=', id).execute();
            // Whoever deletes an account disables it first.
            if (user !== null) await store.accountChanged(changeUser(user, { disabledAt: Date.now() }));
          },
        },
      };
    },
  };
}

export const allKeys = async (redis: RedisConnection): Promise<readonly (readonly [Redis, string])[]> => {
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
