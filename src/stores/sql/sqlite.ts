import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { CompiledQuery, type Driver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { type Roles, standardRoles } from '../../domain/role.ts';
import type { PreparedRead, PreparedWrite, QueriesFor, RowsOfEach, SqlDatabase } from './database.ts';
import { type Commit, createGroupCommits, createRelaxedCommits } from './group-commit.ts';
import { migrate } from './migrate.ts';
import type { Schema } from './schema.ts';
import { isBusy, mapErrors, throwMapped } from './sqlite-errors.ts';
import { createReadCache } from './sqlite-read-cache.ts';
import { checkedParameters, prepareRow, prepareWrittenRow, statementCache } from './sqlite-statements.ts';

export type SqliteOptions = {
  /** A path. Its directory must exist. */
  readonly file: string;
  /** How long a statement waits, and blocks this process, while another process is writing. */
  readonly busyTimeoutMs?: number;
  readonly roles?: Roles;
};

/**
 * Opens an embedded database, and creates it if necessary. Several processes may open the same file. An acknowledged write
 * survives a power cut: WAL with `synchronous=FULL` syncs first.
 */
export function openSqlite({ file, busyTimeoutMs = 1_000, roles = standardRoles }: SqliteOptions): SqlDatabase {
  createForOwnerOnly(file);
  const database = connect({ file, busyTimeoutMs });
  switchToWal(database);
  database.exec('PRAGMA synchronous = FULL');
  const reader = connect({ file, busyTimeoutMs, readOnly: true });

  const kysely = new Kysely<Schema>({
    dialect: {
      createAdapter: () => new TransactionalSqliteAdapter(),
      createDriver: () => sqliteDriver(database),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });

  const commit = createGroupCommits(database);
  const relaxedCommit = createRelaxedCommits(database);
  const cachedRead = createReadCache(reader);
  return {
    dialect: 'sqlite',
    roles,
    kysely,
    prepareRead: ({ sql }) => prepareRead(database, sql),
    prepareCachedRead: ({ sql }, map) => cachedRead(sql, map),
    prepareWrite: ({ sql }) => prepareWrite(database, sql, commit),
    prepareRelaxedWrite: ({ sql }) => prepareWrite(database, sql, relaxedCommit),
    transaction: async (queries) => mapErrors(() => inTransaction(database, queries)),
    migrate: () => retryWhileBusy(() => migrate({ kysely, dialect: 'sqlite', roles })),
    // `SELECT 1` would not read the file.
    ping: async () => void mapErrors(() => database.prepare('SELECT name FROM sqlite_schema LIMIT 1').get()),
    close: async () => {
      if (reader.isOpen) reader.close();
      await kysely.destroy();
      if (database.isOpen) database.close();
    },
  };
}

type ConnectOptions = Required<Omit<SqliteOptions, 'roles'>> & { readonly readOnly?: boolean };

function connect({ file, busyTimeoutMs, readOnly = false }: ConnectOptions) {
  const options = { readOnly, timeout: busyTimeoutMs, enableForeignKeyConstraints: true };
  const database = mapErrors(() => new DatabaseSync(file, options));
  // 64 MiB, allocated on demand. With SQLite's default of 2, each read of one of a million sessions reads the file.
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cache_size = -65536');
  return database;
}

/** SQLite's DDL is transactional; Kysely assumes it is not, and would run migrations without a transaction. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function sqliteDriver(database: DatabaseSync): Driver {
  const prepare = statementCache(database);
  const connection: Awaited<ReturnType<Driver['acquireConnection']>> = {
    executeQuery: async <R>({ sql, parameters }: CompiledQuery) =>
      mapErrors(() => {
        const { statement, returnsRows } = prepare(sql);
        const values = checkedParameters(parameters);
        // Unchecked cast: Kysely infers the row type from the query.
        if (returnsRows) return { rows: statement.all(...values) as R[] };
        return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) };
      }),
    streamQuery: () => {
      throw new Error('Streaming is not supported: pages are bounded.');
    },
  };
  const run = async (sql: string) => void (await connection.executeQuery(CompiledQuery.raw(sql)));
  return {
    init: async () => {},
    // Kysely serialises the callers of a dialect with a single connection.
    acquireConnection: async () => connection,
    // A deferred BEGIN that writes later fails at once if another process wrote in between, whatever the busy timeout: 3 of
    // 4 read-then-write transactions of two processes did. IMMEDIATE waits.
    beginTransaction: () => run('BEGIN IMMEDIATE'),
    commitTransaction: () => run('COMMIT'),
    rollbackTransaction: () => run('ROLLBACK'),
    releaseConnection: async () => {},
    destroy: async () => {
      if (database.isOpen) database.close();
    },
  };
}

/** Synchronous, so that nothing else of this process sees the middle of it. */
function inTransaction<Rows extends readonly unknown[]>(
  database: DatabaseSync,
  queries: QueriesFor<Rows>,
): RowsOfEach<Rows> {
  database.exec('BEGIN IMMEDIATE');
  try {
    const results = queries.map(({ sql, parameters }) => database.prepare(sql).all(...checkedParameters(parameters)));
    database.exec('COMMIT');
    // Unchecked cast: Kysely infers the row types from the queries.
    return results as unknown as RowsOfEach<Rows>;
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK');
  }
}

function prepareRead<R>(database: DatabaseSync, sql: string): PreparedRead<R> {
  // Prepared on first use: a store may be created before the tables.
  let read: ReturnType<typeof prepareRow> | undefined;
  return (parameters) =>
    mapErrors(() => {
      read ??= prepareRow(database, sql);
      // Unchecked cast: Kysely infers the row type from the query.
      return read(parameters) as R | undefined;
    });
}

function prepareWrite<R>(database: DatabaseSync, sql: string, commit: Commit): PreparedWrite<R> {
  let write: ReturnType<typeof prepareRow> | undefined;
  return async (parameters) => {
    const row = await commit(() => {
      write ??= prepareWrittenRow(database, sql);
      return write(parameters);
    }).catch(throwMapped);
    // Unchecked cast: Kysely infers the row type from the query.
    return row as R | undefined;
  };
}

/** The file holds password hashes. The files that SQLite creates beside it take its mode. */
function createForOwnerOnly(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
}

/** Switching a new file to WAL needs it exclusively, and a second process doing the same gets BUSY without waiting. */
function switchToWal(database: DatabaseSync): void {
  const attempts = 100;
  for (let attempt = 1; ; attempt += 1) {
    try {
      mapErrors(() => database.exec('PRAGMA journal_mode = WAL'));
      return;
    } catch (error) {
      if (!isBusy(error) || attempt === attempts) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

/**
 * Retries while another process migrates. It does not block the thread in between, so that two databases opened on one file
 * by one process do not block each other.
 */
async function retryWhileBusy(work: () => Promise<void>): Promise<void> {
  const attempts = 60;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || attempt === attempts) throw error;
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }
}
