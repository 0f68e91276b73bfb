import type { CompiledQuery, DatabaseConnection, Driver } from 'kysely';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { unavailable } from '../unavailable.ts';
import type { QueriesFor, RowsOfEach } from './database.ts';

type Query = (sql: string, parameters: readonly unknown[]) => Promise<QueryResult>;
type Lease = { readonly query: Query; readonly release: () => void };

/**
 * Kysely's own driver does not bound a statement when the server has gone silent, returns a connection with an unanswered
 * statement to the pool, and does not tell which errors mean that the server cannot be reached. Kysely's transactions are
 * for migrations; stores use single statements or `transaction`.
 */
export function postgresDriver(pool: Pool, timeoutMs: number | null): Driver {
  const leases = new WeakMap<DatabaseConnection, Lease>();
  return {
    init: async () => {},
    acquireConnection: async () => {
      const leased = await lease(pool, timeoutMs);
      const connection: DatabaseConnection = {
        executeQuery: async ({ sql, parameters }: CompiledQuery) => {
          const { rows, rowCount } = await leased.query(sql, parameters);
          return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
        },
        streamQuery: () => {
          throw new Error('Streaming is not supported: pages are bounded.');
        },
      };
      leases.set(connection, leased);
      return connection;
    },
    beginTransaction: async (connection) => void (await leases.get(connection)?.query('begin', [])),
    commitTransaction: async (connection) => {
      const result = await leases.get(connection)?.query('commit', []);
      if (result?.command === 'ROLLBACK') throw new Error('The transaction had failed before the commit.');
    },
    rollbackTransaction: async (connection) => void (await leases.get(connection)?.query('rollback', [])),
    releaseConnection: async (connection) => leases.get(connection)?.release(),
    destroy: async () => {
      if (!pool.ending) await pool.end();
    },
  };
}

/** Runs the work with a connection of the pool. */
export async function withConnection<T>(pool: Pool, timeoutMs: number, work: (query: Query) => Promise<T>): Promise<T> {
  const { query, release } = await lease(pool, timeoutMs);
  try {
    return await work(query);
  } finally {
    release();
  }
}

/** `SqlDatabase.transaction` over a connection that is not shared meanwhile. */
export async function inTransaction<Rows extends readonly unknown[]>(
  query: Query,
  queries: QueriesFor<Rows>,
): Promise<RowsOfEach<Rows>> {
  await query('begin', []);
  try {
    const results: unknown[] = [];
    for (const { sql, parameters } of queries) results.push((await query(sql, parameters)).rows);
    await query('commit', []);
    // Unchecked cast: Kysely infers the row types from the queries.
    return results as unknown as RowsOfEach<Rows>;
  } catch (error) {
    await query('rollback', []).catch(() => {}); // a connection on which it fails does not go back to the pool
    throw error;
  }
}

/** Takes a connection for at most `timeoutMs` from now: waiting for it counts. */
async function lease(pool: Pool, timeoutMs: number | null): Promise<Lease> {
  const limit = timeLimit(timeoutMs);
  const client = await connect(pool).catch((error: unknown) => {
    limit.lift();
    throw unavailable(error);
  });
  let broken = false;
  return {
    query: async (sql, parameters) => {
      try {
        return await Promise.race([client.query(sql, [...parameters]), limit.reached]);
      } catch (error) {
        broken ||= !isUsableAfter(error);
        throw isUnavailable(error) ? unavailable(error) : error;
      }
    },
    release: () => {
      limit.lift();
      client.release(broken);
    },
  };
}

const connect = async (pool: Pool): Promise<PoolClient> => pool.connect();

function timeLimit(timeoutMs: number | null) {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {}); // it may be reached while no statement is running
  const timer =
    timeoutMs === null
      ? undefined
      : setTimeout(() => reject(new Error('PostgreSQL did not answer in time.')), timeoutMs);
  return { reached: promise, lift: () => clearTimeout(timer) };
}

/**
 * Whether the connection can go back to the pool. Not if the server closed it, and not if it did not answer: a late answer
 * may still arrive.
 */
function isUsableAfter(error: unknown): boolean {
  const state = sqlState(error);
  return state !== null && !/^(08|57P)/.test(state);
}

/** SQLSTATE classes, and single states, that report on the server or on other transactions, not on the statement. */
const unavailableStates = /^(08|53|57|58|40|55P03|25006|28|3D)/;

function isUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return unavailableStates.test(state);
  // The driver reports a lost connection as a plain or a system error, and a programming error as one of these.
  return !(error instanceof TypeError || error instanceof RangeError);
}

/** The SQLSTATE of an error the server reported; system errors have a `code` too (`EPIPE`), but no severity. */
function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
