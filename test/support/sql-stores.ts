import { randomUUID } from 'node:crypto';
import { type UserId, userId } from '@fieldgate/guard';
import { sql } from 'kysely';
import type { Clock } from '../../src/domain/clock.ts';
import type { SessionLifetimes } from '../../src/domain/session.ts';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import { sqlApiKeyStore } from '../../src/stores/sql/api-key-store.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { sqlEventStore } from '../../src/stores/sql/event-store.ts';
import { sqlIdentityFlowStore } from '../../src/stores/sql/identity-flow-store.ts';
import { sqlIdentityStore } from '../../src/stores/sql/identity-store.ts';
import { sqlLoginAttemptStore } from '../../src/stores/sql/login-attempt-store.ts';
import { sqlServiceClientStore } from '../../src/stores/sql/service-client-store.ts';
import { sqlSessionStore } from '../../src/stores/sql/session-store.ts';
import { sqlSigningKeyStore } from '../../src/stores/sql/signing-key-store.ts';
import type { AccountStoreHarness } from '../contract/account-store.ts';
import type { ApiKeyStoreHarness } from '../contract/api-key-store.ts';
import type { EventStoreHarness } from '../contract/event-store.ts';
import type { IdentityFlowStoreHarness } from '../contract/identity-flow-store.ts';
import type { IdentityStoreHarness } from '../contract/identity-store.ts';
import type { LoginAttemptStoreHarness } from '../contract/login-attempt-store.ts';
import type { ServiceClientStoreHarness } from '../contract/service-client-store.ts';
import type { SessionStoreHarness } from '../contract/session-store.ts';
import type { SigningKeyStoreHarness } from '../contract/signing-key-store.ts';
import { empty, type TestDatabase } from './databases.ts';

type Provide = () => TestDatabase | Promise<TestDatabase>;

/** On a clock that stands until it is advanced. */
export function sqlSessionStores(provide: Provide): SessionStoreHarness {
  let now = Date.UTC(2026, 0, 1);
  const clock: Clock = () => now;
  return {
    lifetimes: { idleMs: 30 * 86_400_000, absoluteMs: 90 * 86_400_000, reuseWindowMs: 10_000 },
    tickMs: 1,
    ...overTwoInstances(provide, (database, other, lifetimes: SessionLifetimes) => {
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
          changePassword: async (id) => void (await accounts.change(id, () => ({ passwordHash: 'other hash' }))),
          setRole: async (id, role) => void (await accounts.change(id, () => ({ role }))),
          setDisabled: async (id, disabled) =>
            void (await accounts.change(id, () => ({ disabledAt: disabled ? now : null }))),
          remove: accountRemover(database),
        },
      };
    }),
  };
}

export const sqlAccountStores = (provide: Provide): AccountStoreHarness =>
  overTwoInstances(provide, (database, other) => ({ store: sqlAccountStore(database), other: sqlAccountStore(other) }));

/** How long the keys of these stores are kept after their end. */
export const keyRetentionMs = 1_000_000;

export const sqlApiKeyStores = (provide: Provide): ApiKeyStoreHarness =>
  overTwoInstances(provide, (database, other) => ({
    store: sqlApiKeyStore(database, { retentionMs: keyRetentionMs }),
    other: sqlApiKeyStore(other, { retentionMs: keyRetentionMs }),
    accounts: sqlAccountStore(database),
    removeAccount: accountRemover(database),
  }));

export const sqlServiceClientStores = (provide: Provide): ServiceClientStoreHarness =>
  overTwoInstances(provide, (database, other) => ({
    store: sqlServiceClientStore(database),
    other: sqlServiceClientStore(other),
  }));

export const sqlEventStores = (provide: Provide): EventStoreHarness => {
  const retentionMs = 86_400_000;
  return {
    retentionMs,
    ...overTwoInstances(provide, (database, other) => ({
      store: sqlEventStore(database, { retentionMs }),
      other: sqlEventStore(other, { retentionMs }),
    })),
  };
};

export const sqlIdentityStores = (provide: Provide): IdentityStoreHarness =>
  overTwoInstances(provide, (database, other) => ({
    store: sqlIdentityStore(database),
    other: sqlIdentityStore(other),
    accounts: sqlAccountStore(database),
    removeAccount: accountRemover(database),
  }));

export const sqlIdentityFlowStores = (provide: Provide): IdentityFlowStoreHarness =>
  overTwoInstances(provide, (database, other) => ({
    store: sqlIdentityFlowStore(database),
    other: sqlIdentityFlowStore(other),
  }));

export const sqlSigningKeyStores = (provide: Provide): SigningKeyStoreHarness =>
  overTwoInstances(provide, (database, other) => ({
    store: sqlSigningKeyStore(database),
    other: sqlSigningKeyStore(other),
  }));

export const sqlLoginAttemptStores = (provide: Provide): LoginAttemptStoreHarness =>
  overTwoInstances(provide, (database, other) => ({
    store: sqlLoginAttemptStore(database),
    other: sqlLoginAttemptStore(other),
  }));

/** What `make` makes of one empty SQL database that two instances of the server have open. */
const overTwoInstances = <Setup, Args extends readonly unknown[]>(
  provide: Provide,
  make: (database: SqlDatabase, other: SqlDatabase, ...args: Args) => Setup,
) => {
  let provided: TestDatabase | undefined;
  let opened: readonly [SqlDatabase, SqlDatabase] | undefined;
  return {
    start: async () => {
      provided = await provide();
      opened = [provided.connect(), provided.connect()];
      await opened[0].migrate();
    },
    stop: async () => provided?.drop(),
    open: async (...args: Args) => {
      if (opened === undefined) throw new Error('The database is not started.');
      await empty(opened[0]);
      return make(...opened, ...args);
    },
  };
};

/** As an operator would with a client of the database: the server itself has no way to. */
const accountRemover =
  ({ kysely }: SqlDatabase) =>
  async (id: UserId): Promise<void> =>
    void (await kysely.deleteFrom('users').where('id', '=', id).execute());
