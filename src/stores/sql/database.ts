import type { CompiledQuery, Kysely } from 'kysely';
import type { Roles } from '../../domain/role.ts';
import type { Schema } from './schema.ts';

/**
 * An open SQL database, for the stores of this folder. While it cannot be reached, everything rejects with
 * `AppError('SERVICE_UNAVAILABLE')` within about a second; any other error is a bug.
 */
export type SqlDatabase = {
  readonly dialect: 'sqlite' | 'postgres';
  /** Which roles accounts can have. */
  readonly roles: Roles;
  /** For the stores of this folder only. */
  readonly kysely: Kysely<Schema>;
  /** For a read that runs too often to build its query each time. Only the SQL of the query is kept, not its parameters. */
  readonly prepareRead: <R>(query: CompiledQuery<R>) => PreparedRead<R>;
  /**
   * The same for a read of every request, which returns what `map` makes of the row. SQLite caches that until the file is
   * written to, which it checks once for all reads of one turn of the event loop: it must not depend on the time, and must
   * not be changed, because requests share it.
   */
  readonly prepareCachedRead: <R, Value>(query: CompiledQuery<R>, map: (row: R) => Value) => PreparedCachedRead<Value>;
  /** The same for a write of one statement. Resolves when it is durable; SQLite syncs once for several (group commit). */
  readonly prepareWrite: <R>(query: CompiledQuery<R>) => PreparedWrite<R>;
  /**
   * The same for a write that a power cut may undo, which no client can cause. SQLite does not sync: the write survives the
   * end of the process all the same.
   */
  readonly prepareRelaxedWrite: <R>(query: CompiledQuery<R>) => PreparedWrite<R>;
  /** Runs the queries in order, all or none, with nothing else of this process in between. Returns the rows of each. */
  readonly transaction: Transaction;
  /** Called with a row that is no valid record; the store goes on as if it were not there. Set by `openStores`. */
  readonly reportUnreadable?: ReportUnreadable;
  /** Brings the tables up to date. Any number of processes may call it at once: one migrates, the others wait for it. */
  readonly migrate: () => Promise<void>;
  /** Resolves if the database answers. */
  readonly ping: () => Promise<void>;
  /** Closes all connections. Safe to call twice. */
  readonly close: () => Promise<void>;
};

export type ReportUnreadable = (table: string, id: string) => void;

/**
 * Returns the first row for these parameters (in the order of the query's text), or undefined. SQLite answers, and throws,
 * without a promise, which would cost more than the read. A read sees the uncommitted writes of this process, so no store
 * keeps a transaction open: every method is made of single statements, or uses `transaction`.
 */
export type PreparedRead<R> = (parameters: readonly (string | number)[]) => R | undefined | Promise<R | undefined>;

/** Resolves with what the first row for these parameters was mapped to, or undefined. Sees committed writes only. */
export type PreparedCachedRead<Value> = (parameters: readonly (string | number)[]) => Promise<Value | undefined>;

/** Resolves with the first row that the statement returns, or undefined. */
export type PreparedWrite<R> = (parameters: readonly (string | number | null)[]) => Promise<R | undefined>;

export type Transaction = <Rows extends readonly unknown[]>(queries: QueriesFor<Rows>) => Promise<RowsOfEach<Rows>>;
export type QueriesFor<Rows extends readonly unknown[]> = {
  readonly [Index in keyof Rows]: CompiledQuery<Rows[Index]>;
};
export type RowsOfEach<Rows extends readonly unknown[]> = { readonly [Index in keyof Rows]: readonly Rows[Index][] };
