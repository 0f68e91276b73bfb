import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, EpochMillis } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { SessionLifetimes } from '../domain/session.ts';
import type { DatabaseTarget } from '../domain/settings/database-target.ts';
import type { RedisTarget } from '../domain/settings/redis-target.ts';
import { recentAccounts } from './account-cache.ts';
import type { AccountStore } from './ports/account-store.ts';
import type { ApiKeyStore } from './ports/api-key-store.ts';
import type { EventStore } from './ports/event-store.ts';
import type { IdentityFlowStore } from './ports/identity-flow-store.ts';
import type { IdentityStore } from './ports/identity-store.ts';
import type { LimitStore } from './ports/limit-store.ts';
import type { LoginAttemptStore } from './ports/login-attempt-store.ts';
import type { ServiceClientStore } from './ports/service-client-store.ts';
import type { SessionStore } from './ports/session-store.ts';
import type { SigningKeyStore } from './ports/signing-key-store.ts';
import type { RedisConnection } from './redis/connection.ts';
import { sqlAccountStore } from './sql/account-store.ts';
import { sqlApiKeyStore } from './sql/api-key-store.ts';
import type { SqlDatabase } from './sql/database.ts';
import { sqlEventStore } from './sql/event-store.ts';
import { sqlIdentityFlowStore } from './sql/identity-flow-store.ts';
import { sqlIdentityStore } from './sql/identity-store.ts';
import { newestRecordAt } from './sql/latest-timestamp.ts';
import { sqlLoginAttemptStore } from './sql/login-attempt-store.ts';
import { pendingMigrations } from './sql/migrate.ts';
import { sqlRevocationJournal } from './sql/revocation-journal.ts';
import { sqlServiceClientStore } from './sql/service-client-store.ts';
import { sqlSessionStore } from './sql/session-store.ts';
import { sqlSigningKeyStore } from './sql/signing-key-store.ts';
import { openSqlite } from './sql/sqlite.ts';

export type StoresOptions = {
  readonly database: DatabaseTarget;
  /** Where sessions are kept; null: in the database too. */
  readonly redis: RedisTarget | null;
  /** A clock that is never set, in milliseconds, if revocations are to be followed by a feed; null: Redis is asked each time. */
  readonly followFeed: (() => number) | null;
  readonly lifetimes: SessionLifetimes;
  readonly clock: Clock;
  /** Whether to bring the schema up to date first; without it, `migrate` is to be called. */
  readonly migrateFirst?: boolean;
  /** Told of trouble with a store that no caller is told of. */
  readonly onTrouble: (error: unknown) => void;
};

export type Stores = {
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly apiKeys: ApiKeyStore;
  readonly serviceClients: ServiceClientStore;
  readonly events: EventStore;
  readonly loginAttempts: LoginAttemptStore;
  readonly identities: IdentityStore;
  readonly identityFlows: IdentityFlowStore;
  readonly signingKeys: SigningKeyStore;
  /** What instances count together; null where there is only one: on an embedded database without Redis. */
  readonly rateCounters: LimitStore | null;
  /** Brings every schema up to date; safe to call from any number of processes at once. */
  readonly migrate: () => Promise<void>;
  /** Names of what `migrate` would run, in order. Changes nothing. */
  readonly pendingMigrations: () => Promise<readonly string[]>;
  /** The latest time anything was written down at; null if nothing was. The schema must be up to date. */
  readonly newestRecordAt: () => Promise<EpochMillis | null>;
  /** What must be and what should be different about the servers, in sentences for the operator. */
  readonly checkServers: () => Promise<{ readonly problems: readonly string[]; readonly warnings: readonly string[] }>;
  /** One entry per store; rejects when that store cannot answer in time. */
  readonly pings: Readonly<Record<string, () => Promise<void>>>;
  readonly close: () => Promise<void>;
};

const databaseFile = (directory: string): string => join(directory, 'fieldgate.sqlite');

/** Whether there is a database to open. `openStores` makes an embedded one where there is none. */
export const isDatabaseThere = (target: DatabaseTarget): boolean =>
  target.kind === 'postgres' || existsSync(databaseFile(target.directory));

/** The stores this configuration asks for. No table is made before `migrate`. What is not asked for is not even loaded. */
export const openStores = async (options: StoresOptions): Promise<Stores> => {
  const database = await openDatabase(options.database);
  // Before Redis is opened: what is read back into it is kept in a table.
  if (options.migrateFirst) await migrate(database, options.database);
  const { accounts, sessions, redis } = await openAccountsAndSessions(database, options);
  return {
    accounts,
    sessions,
    apiKeys: sqlApiKeyStore(database),
    serviceClients: sqlServiceClientStore(database),
    events: sqlEventStore(database),
    loginAttempts: sqlLoginAttemptStore(database),
    identities: sqlIdentityStore(database),
    identityFlows: sqlIdentityFlowStore(database),
    signingKeys: sqlSigningKeyStore(database),
    rateCounters: redis?.rateCounters ?? (await openRateCounters(database, options)),
    migrate: database.migrate,
    pendingMigrations: () => pendingMigrations(database),
    newestRecordAt: () => newestRecordAt(database),
    checkServers: () => checkServers(database, options.database, redis?.connection ?? null),
    pings: { database: database.ping, ...(redis ? { redis: redis.ping } : {}) },
    close: async () => {
      redis?.close();
      await database.close();
    },
  };
};

const openDatabase = async (target: DatabaseTarget): Promise<SqlDatabase> => {
  if (target.kind === 'postgres') {
    const { openPostgres } = await import('./sql/postgres.ts');
    return openPostgres({ url: target.url.reveal() });
  }
  mkdirSync(target.directory, { recursive: true, mode: 0o700 });
  return openSqlite({ file: databaseFile(target.directory) });
};

const migrate = async (database: SqlDatabase, target: DatabaseTarget): Promise<void> => {
  try {
    await database.migrate();
  } catch (error) {
    await database.close();
    throw error instanceof AppError ? new Error(unreachable(target), { cause: error }) : error;
  }
};

const openRateCounters = async (database: SqlDatabase, { clock }: StoresOptions): Promise<LimitStore | null> => {
  if (database.dialect === 'sqlite') return null;
  const { sqlLimitStore } = await import('./sql/limit-store.ts');
  return sqlLimitStore(database, { clock });
};

const unreachable = (target: DatabaseTarget): string =>
  target.kind === 'postgres'
    ? 'PostgreSQL cannot be reached. Look at DATABASE_URL, and whether the server runs.'
    : `The database in ${target.directory} cannot be opened.`;

type AccountsAndSessions = {
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly redis: {
    readonly connection: RedisConnection;
    readonly rateCounters: LimitStore;
    readonly ping: () => Promise<void>;
    readonly close: () => void;
  } | null;
};

const openAccountsAndSessions = async (
  database: SqlDatabase,
  { redis: target, followFeed, lifetimes, clock, onTrouble }: StoresOptions,
): Promise<AccountsAndSessions> => {
  const stored = sqlAccountStore(database);
  if (target === null) {
    return { accounts: stored, sessions: sqlSessionStore(database, { lifetimes, clock }), redis: null };
  }
  const [{ openRedis }, { redisSessionStore }, { revocationFeed }, { redisLimitStore }] = await Promise.all([
    import('./redis/connection.ts'),
    import('./redis/session-store.ts'),
    import('./redis/revocation-feed.ts'),
    import('./redis/limit-store.ts'),
  ]);
  const connection = openRedis(target, { onError: onTrouble });
  const journal = sqlRevocationJournal(database, { clock });
  const feed = followFeed && revocationFeed(connection, { monotonic: followFeed, onError: onTrouble });
  const accounts = recentAccounts(stored, clock);
  const sessions = redisSessionStore(connection, {
    ...{ lifetimes, journal, feed: feed ?? undefined },
    recallAccount: accounts.recall,
    onError: onTrouble,
  });
  const close = () => {
    feed?.close();
    connection.close();
  };
  return {
    accounts,
    sessions,
    redis: { connection, rateCounters: redisLimitStore(connection), ping: sessions.ping, close },
  };
};

const checkServers: (
  database: SqlDatabase,
  target: DatabaseTarget,
  redis: RedisConnection | null,
) => ReturnType<Stores['checkServers']> = async (database, target, redis) => {
  const isReached = await database.ping().then(
    () => true,
    () => false,
  );
  const found = (await redis?.checkServer()) ?? { problems: [], warnings: [] };
  return { problems: [...(isReached ? [] : [unreachable(target)]), ...found.problems], warnings: found.warnings };
};
