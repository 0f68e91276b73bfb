import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { UserId } from '@fieldgate/guard/core';
import type { Clock, EpochMillis } from '../domain/clock.ts';
import type { Role, Roles } from '../domain/role.ts';
import type { SessionLifetimes } from '../domain/session.ts';
import type { DatabaseTarget } from '../domain/settings/database-target.ts';
import type { RedisTarget } from '../domain/settings/redis-target.ts';
import type { Signals } from '../domain/signals.ts';
import { StartError } from '../domain/start-error.ts';
import type { Backend, ServerCheck } from './backend.ts';
import { prepareDataDirectory } from './files/data-directory.ts';
import { exposedFiles } from './files/exposed-files.ts';
import { sqlAccountChanges } from './sql/account-changes.ts';
import type { SqlDatabase } from './sql/database.ts';
import { latestTimestamp } from './sql/latest-timestamp.ts';
import { pendingMigrations } from './sql/migrate.ts';
import { postgresProblem } from './sql/postgres-problem.ts';
import { sqlRevocationJournal } from './sql/revocation-journal.ts';
import { mapRole } from './sql/roles.ts';
import { sqliteProblem } from './sql/sqlite-problem.ts';
import { openSqlStores } from './sql/stores.ts';
import { findUnreadableRows, reportOncePerMinute, type UnreadableRow } from './sql/unreadable-rows.ts';

export type StoresDeps = {
  readonly database: DatabaseTarget;
  readonly roles: Roles;
  /** Where sessions and rate counters are kept; null: in the database. */
  readonly redis: RedisTarget | null;
  /** Monotonic clock, milliseconds, if session checks are to be cached by a feed of revocations; else null. */
  readonly followFeed: (() => number) | null;
  readonly lifetimes: SessionLifetimes;
  readonly eventRetentionMs: number;
  readonly apiKeyRetentionMs: number;
  readonly clock: Clock;
  /** Whether to migrate before anything else is opened. Otherwise the caller calls `migrate` before it uses a store. */
  readonly migrateFirst?: boolean;
  readonly signals: Pick<Signals, 'backgroundError' | 'rowUnreadable'>;
};

/** Every store by its name, as a port. Observing, sweeping and services take the stores from here. */
export type StorePorts = Awaited<ReturnType<typeof openSqlStores>>;

export type Stores = {
  readonly ports: StorePorts;
  /** Brings every schema up to date. Any number of processes may call it at once. */
  readonly migrate: () => Promise<void>;
  /** Returns the names of the migrations that `migrate` would run, in order. Changes nothing. */
  readonly pendingMigrations: () => Promise<readonly string[]>;
  /** Gives every account with the role `from` the role `to`. Resolves with their ids. Call it although `migrate` rejects for `from`. */
  readonly mapRole: (from: Role, to: Role) => Promise<readonly UserId[]>;
  /** Returns the latest time in the database; null if it is empty. The schema must be up to date. */
  readonly latestTimestamp: () => Promise<EpochMillis | null>;
  /** Returns rows that are no valid records, at most `limit`. The schema must be up to date. Reads whole tables. */
  readonly unreadableRows: (limit: number) => Promise<readonly UnreadableRow[]>;
  /** Returns what must and what should be changed on the servers. */
  readonly checkServers: () => Promise<ServerCheck>;
  /** One per backend; rejects if that cannot answer in time. */
  readonly pings: Readonly<Record<string, () => Promise<void>>>;
  readonly close: () => Promise<void>;
};

const databaseName = 'fieldgate.sqlite';
const databaseFile = (directory: string): string => join(directory, databaseName);

/** Whether the database exists, as far as that is known without a connection. `openStores` creates an embedded one. */
export const databaseExists = (target: DatabaseTarget): boolean =>
  target.kind === 'postgres' || existsSync(databaseFile(target.directory));

/** Opens the stores of the configuration. Creates no tables before `migrate`, and loads only the backends that are used. */
export const openStores = async (deps: StoresDeps): Promise<Stores> => {
  const opened = await openDatabase(deps.database, deps.roles);
  const database = { ...opened, reportUnreadable: reportOncePerMinute(deps.signals.rowUnreadable, deps.clock) };
  // Before Redis is opened: the journal that is replayed into it is a table.
  if (deps.migrateFirst) await migrateOrClose(database, deps.database);
  const sqlPorts = await openSqlStores(database, deps);
  const redis = await openRedisBackend(database, sqlPorts, deps);
  const backends = [databaseBackend(database, deps.database), ...(redis ? [redis.backend] : [])];
  return {
    ports: { ...sqlPorts, ...redis?.ports },
    migrate: database.migrate,
    pendingMigrations: () => pendingMigrations(database),
    mapRole: (from, to) => mapRole(database, from, to),
    latestTimestamp: () => latestTimestamp(database),
    unreadableRows: (limit) => findUnreadableRows(database, limit),
    checkServers: async () => {
      const checks = await Promise.all(backends.map(({ checkServer }) => checkServer()));
      return {
        problems: checks.flatMap(({ problems }) => problems),
        warnings: checks.flatMap(({ warnings }) => warnings),
      };
    },
    pings: Object.fromEntries(backends.map(({ name, ping }) => [name, ping])),
    close: async () => {
      for (const { close } of backends.toReversed()) await close();
    },
  };
};

const openDatabase = async (target: DatabaseTarget, roles: Roles): Promise<SqlDatabase> => {
  if (target.kind === 'postgres') {
    const { openPostgres } = await import('./sql/postgres.ts');
    return openPostgres({ url: target.url.reveal(), roles });
  }
  prepareDataDirectory(target.directory);
  const { openSqlite } = await import('./sql/sqlite.ts');
  try {
    return openSqlite({ file: databaseFile(target.directory), roles });
  } catch (error) {
    throw new StartError(problemOf(error, target));
  }
};

const migrateOrClose = async (database: SqlDatabase, target: DatabaseTarget): Promise<void> => {
  try {
    await database.migrate();
  } catch (error) {
    await database.close();
    throw isAboutDatabase(error) ? new StartError(problemOf(error, target)) : error;
  }
};

/** Drivers' errors have a code, as ours have; a fault of the code has none. */
const isAboutDatabase = (error: unknown): boolean => error instanceof Error && 'code' in error;

const openRedisBackend = async (database: SqlDatabase, { accounts }: StorePorts, deps: StoresDeps) => {
  if (deps.redis === null) return null;
  const { openRedisStores } = await import('./redis/stores.ts');
  const journal = sqlRevocationJournal(database, { clock: deps.clock });
  return openRedisStores(deps.redis, { ...deps, accounts, journal, changes: sqlAccountChanges(database) });
};

const databaseBackend = ({ ping, close }: SqlDatabase, target: DatabaseTarget): Backend => ({
  name: 'database',
  ping,
  checkServer: async () => {
    const problems = await ping().then(
      () => [],
      (error: unknown) => [problemOf(error, target)],
    );
    return { problems, warnings: target.kind === 'postgres' ? [] : warnOfExposedFiles(target.directory) };
  },
  close,
});

/** The database holds password hashes. */
const warnOfExposedFiles = (directory: string): readonly string[] => {
  const paths = exposedFiles(directory, databaseName).join(' ');
  return paths === ''
    ? []
    : [`By their modes, other users of this machine may use the database. Run: chmod 600 ${paths}`];
};

const problemOf = (error: unknown, target: DatabaseTarget): string =>
  target.kind === 'postgres'
    ? postgresProblem(error, target.url.reveal())
    : sqliteProblem(error, databaseFile(target.directory));
