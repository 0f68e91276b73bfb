import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { CompiledQuery, type Driver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { AppError } from '../../domain/errors.ts';
import { unavailable } from '../unavailable.ts';
import type {
  PreparedCachedRead,
  PreparedRead,
  PreparedWrite,
  QueriesFor,
  RowsOfEach,
  SqlDatabase,
} from './database.ts';
import { type Commit, createCommits, createRelaxedCommits } from './group-commit.ts';
import { migrateToLatest } from './migrate.ts';
import type { Schema } from './schema.ts';
import { createKeptReads } from './sqlite-read-cache.ts';
import { checkedParameters, prepareRow, statementCache } from './sqlite-statements.ts';

export type SqliteOptions = {
  /** A path. The folder must exist. */
  readonly file: string;
  /** How long a statement waits for another process that is writing. It blocks this one meanwhile. */
  readonly busyTimeoutMs?: number;
};

/**
 * Opens (and creates) an embedded database. Several processes may have the same file open.
 * What it acknowledged survives a power cut: WAL with `synchronous=FULL` syncs before it answers.
 */
export function openSqlite({ file, busyTimeoutMs = 1_000 }: SqliteOptions): SqlDatabase {
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

  const commit = createCommits(database);
  const commitLightly = createRelaxedCommits(database);
  const keptReads = createKeptReads(reader);
  return {
    dialect: 'sqlite',
    kysely,
    prepareRead: ({ sql }) => prepareRead(database, sql),
    prepareCachedRead: ({ sql }) => prepareKeptRead(keptReads, sql),
    prepareWrite: ({ sql }) => prepareWrite(database, sql, commit),
    prepareRelaxedWrite: ({ sql }) => prepareWrite(database, sql, commitLightly),
    transaction: async (queries) => mapErrors(() => inTransaction(database, queries)),
    migrate: () => retryWhileBusy(() => migrateToLatest(kysely, 'sqlite')),
    // `SELECT 1` would not even look at the file.
    ping: async () => void mapErrors(() => database.prepare('SELECT name FROM sqlite_schema LIMIT 1').get()),
    close: async () => {
      if (reader.isOpen) reader.close();
      await kysely.destroy();
      if (database.isOpen) database.close();
    },
  };
}

function connect({ file, busyTimeoutMs, readOnly = false }: Required<SqliteOptions> & { readonly readOnly?: boolean }) {
  const options = { readOnly, timeout: busyTimeoutMs, enableForeignKeyConstraints: true };
  const database = mapErrors(() => new DatabaseSync(file, options));
  // 64 MiB, taken as they are needed. With SQLite's own 2 a look at one of a million sessions reads the file each time.
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cache_size = -65536');
  return database;
}

/** DDL takes part in transactions in SQLite; Kysely says no out of caution and would run migrations unprotected. */
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
        // What the rows look like is the query's word, as in every driver of Kysely.
        if (returnsRows) return { rows: statement.all(...values) as R[] };
        return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) };
      }),
    streamQuery: () => {
      throw new Error('Nothing here streams: pages are bounded.');
    },
  };
  const run = async (sql: string) => void (await connection.executeQuery(CompiledQuery.raw(sql)));
  return {
    init: async () => {},
    // Kysely lets one caller at a time have the connection of a database that has only one.
    acquireConnection: async () => connection,
    // A deferred BEGIN that comes to write later fails at once where another process wrote in between, whatever the
    // busy timeout: 3 of 4 read-then-write transactions of two processes did. IMMEDIATE waits its turn.
    beginTransaction: () => run('BEGIN IMMEDIATE'),
    commitTransaction: () => run('COMMIT'),
    rollbackTransaction: () => run('ROLLBACK'),
    releaseConnection: async () => {},
    destroy: async () => {
      if (database.isOpen) database.close();
    },
  };
}

/** In one go, without giving the thread away: nobody in this process sees the middle of it. */
function inTransaction<Rows extends readonly unknown[]>(
  database: DatabaseSync,
  queries: QueriesFor<Rows>,
): RowsOfEach<Rows> {
  database.exec('BEGIN IMMEDIATE');
  try {
    const results = queries.map(({ sql, parameters }) => database.prepare(sql).all(...checkedParameters(parameters)));
    database.exec('COMMIT');
    // What the rows look like is the queries' word, as in every driver of Kysely.
    return results as unknown as RowsOfEach<Rows>;
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK');
  }
}

function prepareRead<R>(database: DatabaseSync, sql: string): PreparedRead<R> {
  // Prepared on first use: the tables may not be there yet when a store is made.
  let read: ReturnType<typeof prepareRow> | undefined;
  return (parameters) =>
    mapErrors(() => {
      read ??= prepareRow(database, sql);
      // What the row looks like is the query's word, as in every driver of Kysely.
      return read(parameters) as R | undefined;
    });
}

function prepareWrite<R>(database: DatabaseSync, sql: string, commit: Commit): PreparedWrite<R> {
  let write: ReturnType<typeof prepareRow> | undefined;
  return (parameters) =>
    mapErrorsAsync<R>(
      commit(() => {
        write ??= prepareRow(database, sql);
        return write(parameters);
      }),
    );
}

function prepareKeptRead<R>(keptReads: ReturnType<typeof createKeptReads>, sql: string): PreparedCachedRead<R> {
  const read = keptReads(sql);
  return (parameters) => mapErrorsAsync<R>(read(parameters));
}

/** The file holds password hashes. Those that SQLite puts beside it take its mode. */
function createForOwnerOnly(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
}

/** Turning a new file to WAL needs it alone, and a second process doing the same is told BUSY without waiting. */
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
 * Tries again while another process migrates. It pauses off the thread, so that even two databases opened on one file
 * by one process get past each other.
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

/** Somebody else is at work on the file. Anything else that keeps it out of reach will not pass by waiting. */
const isBusy = (error: unknown): boolean => {
  const code = error instanceof AppError ? resultCode(error.cause) : null;
  return code === 5 || code === 6;
};

function mapErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isOutOfReach(error) ? unavailable(error) : error;
  }
}

async function mapErrorsAsync<R>(answer: Promise<unknown>): Promise<R | undefined> {
  try {
    // What the row looks like is the query's word, as in every driver of Kysely.
    return (await answer) as R | undefined;
  } catch (error) {
    throw isOutOfReach(error) ? unavailable(error) : error;
  }
}

/** Primary result codes that speak of the file, the disk or another process, not of the statement. */
const outOfReach: ReadonlySet<number> = new Set([
  5, // BUSY
  6, // LOCKED
  7, // NOMEM
  8, // READONLY
  10, // IOERR
  11, // CORRUPT
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL
  26, // NOTADB
]);

function isOutOfReach(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  if (error.code === 'ERR_INVALID_STATE') return true; // closed
  const code = resultCode(error);
  return code !== null && outOfReach.has(code);
}

/** SQLite's primary result code, null for an error that is not SQLite's. */
const resultCode = (error: unknown): number | null =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : null;
