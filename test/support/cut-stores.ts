import { Kysely } from 'kysely';
import { AppError } from '../../src/domain/errors.ts';
import type { SessionLifetimes } from '../../src/domain/session.ts';
import { cacheAccounts } from '../../src/stores/account-cache.ts';
import { openRedis, type RedisConnection } from '../../src/stores/redis/connection.ts';
import { redisSessionStore } from '../../src/stores/redis/session-store.ts';
import { sqlAccountChanges } from '../../src/stores/sql/account-changes.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { sqlRevocationJournal } from '../../src/stores/sql/revocation-journal.ts';
import type { Schema } from '../../src/stores/sql/schema.ts';
import { openSqlStores } from '../../src/stores/sql/stores.ts';
import { targetOf } from './redis-servers.ts';
import { answers } from './redis-stores.ts';
import { until } from './time.ts';

/**
 * Where a process is cut off from its stores: at its n-th write, `before` it reaches the store or `after` it took effect, when only
 * the answer is lost. From then on the process reaches nothing, as if it had been killed; with `once` only that write fails.
 */
export type Cut = { readonly at: number; readonly when: 'before' | 'after'; readonly once: boolean };

export type Cutter = {
  readonly arm: (cut: Cut) => void;
  /** Reaches everything again, as the next start does. Returns whether the cut was made. */
  readonly disarm: () => boolean;
  readonly write: <T>(work: () => Promise<T>) => Promise<T>;
  readonly read: <T>(work: () => T) => T;
};

export const createCutter = (): Cutter => {
  let cut: Cut | null = null;
  let writes = 0;
  let isCut = false;
  const fail = (): never => {
    throw new AppError('SERVICE_UNAVAILABLE');
  };
  return {
    arm: (next) => {
      [cut, writes, isCut] = [next, 0, false];
    },
    disarm: () => {
      cut = null;
      return isCut;
    },
    write: async (work) => {
      if (cut === null || (isCut && cut.once)) return work();
      if (isCut) return fail();
      writes += 1;
      if (writes !== cut.at) return work();
      isCut = true;
      if (cut.when === 'after') await work();
      return fail();
    },
    read: (work) => (cut !== null && isCut && !cut.once ? fail() : work()),
  };
};

const isRead = (sql: string): boolean => /^select/i.test(sql.trim());

/** Every statement that writes is one write, and so is every transaction. */
const cutDatabase = (database: SqlDatabase, cutter: Cutter): SqlDatabase => {
  const executor = new Proxy(database.kysely.getExecutor(), {
    get(target, name) {
      if (name === 'executeQuery') {
        return (query: Parameters<typeof target.executeQuery>[0]) => {
          const run = () => target.executeQuery(query);
          return isRead(query.sql) ? cutter.read(run) : cutter.write(run);
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  // biome-ignore lint/suspicious/noExplicitAny: the constructor takes its own parts, which have no public type.
  const kysely = new Kysely<Schema>({ config: { dialect: {} }, driver: {}, dialect: {}, executor } as any);
  return {
    ...database,
    kysely,
    prepareRead: (query) => {
      const read = database.prepareRead(query);
      return (parameters) => cutter.read(() => read(parameters));
    },
    prepareCachedRead: (query, map) => {
      const read = database.prepareCachedRead(query, map);
      return async (parameters) => cutter.read(() => read(parameters));
    },
    prepareWrite: (query) => {
      const write = database.prepareWrite(query);
      return (parameters) => cutter.write(() => write(parameters));
    },
    prepareRelaxedWrite: (query) => {
      const write = database.prepareRelaxedWrite(query);
      return (parameters) => cutter.write(() => write(parameters));
    },
    transaction: (queries) => cutter.write(() => database.transaction(queries)),
  };
};

/** Every script counts as a write, but for the check of every request. */
const cutRedis = (connection: RedisConnection, cutter: Cutter): RedisConnection => {
  const { client } = connection;
  const cutClient = new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const call = (...args: readonly unknown[]) => Reflect.apply(value, target, args);
      if (name === 'callBuffer') return (...args: readonly unknown[]) => cutter.write(async () => call(...args));
      if (name === 'evalsha' || name === 'eval') {
        return async (...args: readonly unknown[]) => cutter.read(() => call(...args));
      }
      return call;
    },
  });
  return { ...connection, client: cutClient };
};

type PortsDeps = {
  readonly database: SqlDatabase;
  readonly redisUrl: string | null;
  readonly cutter: Cutter;
  readonly lifetimes: SessionLifetimes;
  readonly clock: () => number;
};

/** The ports of one process, as `openStores` makes them, over stores that it can be cut off from. */
export const openCutPorts = async ({ database, redisUrl, cutter, lifetimes, clock }: PortsDeps) => {
  const db = cutDatabase(database, cutter);
  const ports = await openSqlStores(db, {
    lifetimes,
    eventRetentionMs: 86_400_000,
    apiKeyRetentionMs: 86_400_000,
    clock,
  });
  if (redisUrl === null) return { ports, close: () => {} };
  const connection = openRedis(targetOf(redisUrl));
  const { getCached, ...accounts } = cacheAccounts(ports.accounts, clock);
  const { ping, ...sessions } = redisSessionStore(cutRedis(connection, cutter), {
    lifetimes,
    journal: sqlRevocationJournal(db, { clock }),
    changes: sqlAccountChanges(db),
    catchUpAfterCalls: 1,
    getCachedAccount: getCached,
  });
  await until(() => answers(ping));
  return { ports: { ...ports, accounts, sessions }, close: connection.close };
};
