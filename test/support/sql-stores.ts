import { sql } from 'kysely';
import type { SessionLifetimes } from '../../src/domain/session.ts';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import { sqlApiKeyStore } from '../../src/stores/sql/api-key-store.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { sqlEventStore } from '../../src/stores/sql/event-store.ts';
import { sqlIdentityFlowStore } from '../../src/stores/sql/identity-flow-store.ts';
import { sqlIdentityStore } from '../../src/stores/sql/identity-store.ts';
import { sqlLimitStore } from '../../src/stores/sql/limit-store.ts';
import { sqlLoginAttemptStore } from '../../src/stores/sql/login-attempt-store.ts';
import { sqlRevocationJournal } from '../../src/stores/sql/revocation-journal.ts';
import { sqlServiceClientStore } from '../../src/stores/sql/service-client-store.ts';
import { sqlSessionStore } from '../../src/stores/sql/session-store.ts';
import { sqlSigningKeyStore } from '../../src/stores/sql/signing-key-store.ts';
import type { AccountStoreHarness } from '../contract/account-store.ts';
import type { ApiKeyStoreHarness } from '../contract/api-key-store.ts';
import type { EventStoreHarness } from '../contract/event-store.ts';
import type { IdentityFlowStoreHarness } from '../contract/identity-flow-store.ts';
import type { IdentityStoreHarness } from '../contract/identity-store.ts';
import type { LimitStoreHarness } from '../contract/limit-store.ts';
import type { LoginAttemptStoreHarness } from '../contract/login-attempt-store.ts';
import type { RevocationJournalHarness } from '../contract/revocation-journal.ts';
import type { ServiceClientStoreHarness } from '../contract/service-client-store.ts';
import type { SessionStoreHarness } from '../contract/session-store.ts';
import type { SigningKeyStoreHarness } from '../contract/signing-key-store.ts';
import { createAccount } from './accounts.ts';
import { deleteAccount, deleteAllRows, type TestDatabase } from './databases.ts';
import { pause } from './time.ts';

export type ProvideDatabase = () => TestDatabase | Promise<TestDatabase>;

/** With a clock that stands still until the test advances it. */
export const sqlSessions = (provide: ProvideDatabase): SessionStoreHarness => {
  let now = Date.UTC(2026, 0, 1);
  const clock = () => now;
  return {
    lifetimes: { idleMs: 30 * 86_400_000, absoluteMs: 90 * 86_400_000, reuseWindowMs: 10_000 },
    tickMs: 1,
    ...twoInstances(provide, (database, other, lifetimes: SessionLifetimes) => {
      const accounts = sqlAccountStore(database);
      return {
        store: sqlSessionStore(database, { lifetimes, clock }),
        other: sqlSessionStore(other, { lifetimes, clock }),
        now: clock,
        advance: async (ms) => {
          now += ms;
        },
        countRecords: async () => {
          const count = sql<{ count: number }>`select count(*) as count from sessions`;
          return (await count.execute(database.kysely)).rows[0]?.count ?? 0;
        },
        accounts: {
          create: () => createAccount(accounts, { createdAt: now }),
          changePassword: async (id) => void (await accounts.change(id, () => ({ passwordHash: 'other hash' }))),
          setRole: async (id, role) => void (await accounts.change(id, () => ({ role }))),
          setDisabled: async (id, disabled) =>
            void (await accounts.change(id, () => ({ disabledAt: disabled ? now : null }))),
          remove: (id) => deleteAccount(database, id),
        },
      };
    }),
  };
};

export const sqlAccounts = (provide: ProvideDatabase): AccountStoreHarness =>
  twoInstances(provide, (database, other) => ({ store: sqlAccountStore(database), other: sqlAccountStore(other) }));

/** How long the keys of these stores are kept after their end. */
export const keyRetentionMs = 1_000_000;

export const sqlApiKeys = (provide: ProvideDatabase): ApiKeyStoreHarness =>
  twoInstances(provide, (database, other) => ({
    store: sqlApiKeyStore(database, { retentionMs: keyRetentionMs }),
    other: sqlApiKeyStore(other, { retentionMs: keyRetentionMs }),
    accounts: sqlAccountStore(database),
    removeAccount: (id) => deleteAccount(database, id),
  }));

export const sqlServiceClients = (provide: ProvideDatabase): ServiceClientStoreHarness =>
  twoInstances(provide, (database, other) => ({
    store: sqlServiceClientStore(database),
    other: sqlServiceClientStore(other),
  }));

export const sqlEvents = (provide: ProvideDatabase): EventStoreHarness => {
  const retentionMs = 86_400_000;
  return {
    retentionMs,
    ...twoInstances(provide, (database, other) => ({
      store: sqlEventStore(database, { retentionMs }),
      other: sqlEventStore(other, { retentionMs }),
    })),
  };
};

export const sqlIdentities = (provide: ProvideDatabase): IdentityStoreHarness =>
  twoInstances(provide, (database, other) => ({
    store: sqlIdentityStore(database),
    other: sqlIdentityStore(other),
    accounts: sqlAccountStore(database),
    removeAccount: (id) => deleteAccount(database, id),
  }));

export const sqlIdentityFlows = (provide: ProvideDatabase): IdentityFlowStoreHarness =>
  twoInstances(provide, (database, other) => ({
    store: sqlIdentityFlowStore(database),
    other: sqlIdentityFlowStore(other),
  }));

export const sqlSigningKeys = (provide: ProvideDatabase): SigningKeyStoreHarness =>
  twoInstances(provide, (database, other) => ({
    store: sqlSigningKeyStore(database),
    other: sqlSigningKeyStore(other),
  }));

export const sqlLoginAttempts = (provide: ProvideDatabase): LoginAttemptStoreHarness =>
  twoInstances(provide, (database, other) => ({
    store: sqlLoginAttemptStore(database),
    other: sqlLoginAttemptStore(other),
  }));

/** In real time: the windows of the counters are measured by the clock of the machine. */
export const sqlLimits = (provide: ProvideDatabase): LimitStoreHarness => ({
  windowMs: 2_000,
  advance: pause,
  ...twoInstances(provide, (database, other) => ({
    store: sqlLimitStore(database, { clock: Date.now }),
    other: sqlLimitStore(other, { clock: Date.now }),
  })),
});

export const sqlRevocations = (provide: ProvideDatabase): RevocationJournalHarness => {
  const keepMs = 1_000;
  let now = 1_000_000;
  return {
    keepMs,
    ...twoInstances(provide, (database) => ({
      journal: sqlRevocationJournal(database, { clock: () => now, keepMs }),
      accounts: sqlAccountStore(database),
      now: () => now,
      advance: (ms) => {
        now += ms;
      },
    })),
  };
};

/** Opens one database as two instances of the server do, and empties it before each test. */
const twoInstances = <Stores, Options extends readonly unknown[]>(
  provide: ProvideDatabase,
  create: (database: SqlDatabase, other: SqlDatabase, ...options: Options) => Stores,
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
    open: async (...options: Options) => {
      if (opened === undefined) throw new Error('The database is not started.');
      await deleteAllRows(opened[0]);
      return create(...opened, ...options);
    },
  };
};
