import type { CompiledQuery, Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/**
 * An open SQL database. Opened by the process that owns it, handed to the stores of this folder.
 * Whatever goes wrong in reaching it, all that follows from it rejects with `AppError('SERVICE_UNAVAILABLE')` within
 * about a second; any other error that comes out is a bug.
 */
export type SqlDatabase = {
  readonly dialect: 'sqlite' | 'postgres';
  /** For the stores of this folder only. */
  readonly kysely: Kysely<Schema>;
  /** For reads asked so often that building them again would show. Only the SQL of the query is kept. */
  readonly prepareRead: <R>(query: CompiledQuery<R>) => PreparedRead<R>;
  /**
   * The same for what each request asks. SQLite keeps the row until somebody writes to the file, and looks whether that is so
   * each time, once for all that is asked in one turn of the event loop. What depends on the time must not be asked here.
   */
  readonly prepareCachedRead: <R>(query: CompiledQuery<R>) => PreparedCachedRead<R>;
  /** The same for a write of one statement. Answered when it is durable; SQLite waits for the disk once for several. */
  readonly prepareWrite: <R>(query: CompiledQuery<R>) => PreparedWrite<R>;
  /**
   * The same for what may be forgotten in a power cut, which nobody causes from outside. SQLite does not wait for the disk: whatever
   * becomes of the process, what was answered stays written.
   */
  readonly prepareRelaxedWrite: <R>(query: CompiledQuery<R>) => PreparedWrite<R>;
  /** Runs these one after the other, all of them or none, and nothing else of this process in between. The rows of each. */
  readonly transaction: Together;
  /** Brings the tables up to date. Any number of processes may do so at once; one works, the others wait for it. */
  readonly migrate: () => Promise<void>;
  /** Resolves if the database answers. */
  readonly ping: () => Promise<void>;
  /** Gives everything back. Safe to call twice. */
  readonly close: () => Promise<void>;
};

/**
 * The first row for these parameters (in the order of the query's text), or undefined. SQLite answers at once, and
 * throws at once: a promise would cost more than the read. A read sees what a transaction of this process has not
 * committed yet, so no store here keeps a transaction open: each method is made of single statements, or `together`.
 */
export type PreparedRead<R> = (parameters: readonly (string | number)[]) => R | undefined | Promise<R | undefined>;

/** The first row for these parameters, or undefined. Only what is committed. */
export type PreparedCachedRead<R> = (parameters: readonly (string | number)[]) => Promise<R | undefined>;

/** The first row that the statement returns, or undefined. */
export type PreparedWrite<R> = (parameters: readonly (string | number | null)[]) => Promise<R | undefined>;

export type Together = <Rows extends readonly unknown[]>(queries: QueriesFor<Rows>) => Promise<RowsOfEach<Rows>>;
export type QueriesFor<Rows extends readonly unknown[]> = {
  readonly [Index in keyof Rows]: CompiledQuery<Rows[Index]>;
};
export type RowsOfEach<Rows extends readonly unknown[]> = { readonly [Index in keyof Rows]: readonly Rows[Index][] };
