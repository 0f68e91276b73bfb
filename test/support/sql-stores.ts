import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Clock } from '../../src/domain/clock.ts';
import { userId } from '../../src/domain/ids.ts';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import { sqlApiKeyStore } from '../../src/stores/sql/api-key-store.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { sqlServiceClientStore } from '../../src/stores/sql/service-client-store.ts';
import { sqlSessionStore } from '../../src/stores/sql/session-store.ts';
import type { AccountStoreHarness } from '../contract/account-store.ts';
import type { ApiKeyStoreHarness } from '../contract/api-key-store.ts';
import type { ServiceClientStoreHarness } from '../contract/service-client-store.ts';
import type { SessionStoreHarness } from '../contract/session-store.ts';
import { empty, type TestDatabase } from './databases.ts';

type Provide = () => TestDatabase | Promise<TestDatabase>;

/** Session stores of two instances of the server over one SQL database, on a clock that stands until it is advanced. */
export function sqlSessionStores(provide: Provide): SessionStoreHarness {
  const instances = twoInstances(provide);
  let now = Date.UTC(2026, 0, 1);
  const clock: Clock = () => now;
  return {
    lifetimes: { idleMs: 30 * 86_400_000, absoluteMs: 90 * 86_400_000, reuseWindowMs: 10_000 },
    tickMs: 1,
    start: instances.start,
    stop: instances.stop,
    open: async (lifetimes) => {
      const [database, other] = instances.get();
      await empty(database);
      const accounts = sqlAccountStore(database);
      return {
        store: sqlSessionStore(database, { lifetimes, clock }),
        other: sqlSessionStore(other, { lifetimes, clock }),
        now: clock,
        advance: async (ms) => {
          now += ms;
        },
        countRecords: async () => {
          const { rows } = await sql<{ count: number }>`select count(*) as count from sessions`.execute(
            database.kysely,
          );
          return rows[0]?.count ?? 0;
        },
        accounts: {
          create: async () => {
            const id = userId(randomUUID());
            const account = { id, email: `${id}@example.com`, name: 'Ada', passwordHash: 'hash' } as const;
            const user = await accounts.create({ ...account, role: 'USER', createdAt: now });
            if (user === 'taken') throw new Error('A random email is taken.');
            return user;
          },
          changePassword: async (id) => void (await accounts.changePassword(id, 'hash', 'other hash')),
          setRole: async (id, role) => void (await accounts.setRole(id, role)),
          setDisabled: async (id, disabled) => void (await accounts.setDisabled(id, disabled ? now : null)),
          remove: async (id) => void (await database.kysely.deleteFrom('users').where('id', '=', id).execute()),
        },
      };
    },
  };
}

/** Account stores of two instances of the server over one SQL database. */
export function sqlAccountStores(provide: Provide): AccountStoreHarness {
  const instances = twoInstances(provide);
  return {
    start: instances.start,
    stop: instances.stop,
    open: async () => {
      const [database, other] = instances.get();
      await empty(database);
      return { store: sqlAccountStore(database), other: sqlAccountStore(other) };
    },
  };
}

/** API key stores of two instances of the server over one SQL database. */
export function sqlApiKeyStores(provide: Provide): ApiKeyStoreHarness {
  const instances = twoInstances(provide);
  return {
    start: instances.start,
    stop: instances.stop,
    open: async () => {
      const [database, other] = instances.get();
      await empty(database);
      return {
        store: sqlApiKeyStore(database),
        other: sqlApiKeyStore(other),
        accounts: sqlAccountStore(database),
        removeAccount: async (id) => void (await database.kysely.deleteFrom('users').where('id', '=', id).execute()),
      };
    },
  };
}

/** Stores of service clients of two instances of the server over one SQL database. */
export function sqlServiceClientStores(provide: Provide): ServiceClientStoreHarness {
  const instances = twoInstances(provide);
  return {
    start: instances.start,
    stop: instances.stop,
    open: async () => {
      const [database, other] = instances.get();
      await empty(database);
      return { store: sqlServiceClientStore(database), other: sqlServiceClientStore(other) };
    },
  };
}

function twoInstances(provide: Provide) {
  let database: TestDatabase | undefined;
  let opened: readonly [SqlDatabase, SqlDatabase] | undefined;
  return {
    start: async () => {
      database = await provide();
      opened = [database.connect(), database.connect()];
      await opened[0].migrate();
    },
    stop: async () => database?.drop(),
    get: () => {
      if (opened === undefined) throw new Error('The database is not started.');
      return opened;
    },
  };
}
