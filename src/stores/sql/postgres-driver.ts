import type { CompiledQuery, DatabaseConnection, Driver } from 'kysely';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { unavailable } from '../unavailable.ts';
import type { QueriesFor, RowsOfEach } from './database.ts';

type Query = (sql: string, parameters: readonly unknown[]) => Promise<QueryResult>;
type Lease = { readonly query: Query; readonly release: () => void };

/**
 * Kysely's own driver leaves three things to luck: how long a statement may take when the server has gone silent,
 * a connection going back to the pool with an unanswered statement on it, and which errors mean "not reachable".
 * Transactions of Kysely's are for migrations; stores use single statements, or `together`.
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
          throw new Error('Nothing here streams: pages are bounded.');
        },
      };
      leases.set(connection, leased);
      return connection;
    },
    beginTransaction: async (connection) => void (await leases.get(connection)?.query('begin', [])),
    commitTransaction: async (connection) => {
      const result = await leases.get(connection)?.query('commit', []);
      if (result?.command === 'ROLLBACK') throw new Error('The transaction had failed before it was to be committed.');
    },
    rollbackTransaction: async (connection) => void (await leases.get(connection)?.query('rollback', [])),
    releaseConnection: async (connection) => leases.get(connection)?.release(),
    destroy: async () => {
      if (!pool.ending) await pool.end();
    },
  };
}

/** Lends a connection for the length of the work. */
export async function withConnection<T>(pool: Pool, timeoutMs: number, work: (query: Query) => Promise<T>): Promise<T> {
  const { query, release } = await lease(pool, timeoutMs);
  try {
    return await work(query);
  } finally {
    release();
  }
}

/** `Together`, over a connection that nobody else uses meanwhile. */
export async function inTransaction<Rows extends readonly unknown[]>(
  query: Query,
  queries: QueriesFor<Rows>,
): Promise<RowsOfEach<Rows>> {
  await query('begin', []);
  try {
    const results: unknown[] = [];
    for (const { sql, parameters } of queries) results.push((await query(sql, parameters)).rows);
    await query('commit', []);
    // What the rows look like is the queries' word.
    return results as unknown as RowsOfEach<Rows>;
  } catch (error) {
    await query('rollback', []).catch(() => {}); // a connection that cannot do even that does not go back to the pool
    throw error;
  }
}

/** A connection for at most `timeoutMs`, counted from the asking: the wait for it comes off the time to use it. */
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
        throw isOutOfReach(error) ? unavailable(error) : error;
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
  promise.catch(() => {}); // it may be reached while no statement is under way
  const timer =
    timeoutMs === null
      ? undefined
      : setTimeout(() => reject(new Error('PostgreSQL did not answer in time.')), timeoutMs);
  return { reached: promise, lift: () => clearTimeout(timer) };
}

/**
 * Whether the connection can serve another caller. Not if the server said goodbye on it, and not if it did not answer at
 * all: nobody knows what is still on its way.
 */
function isUsableAfter(error: unknown): boolean {
  const state = sqlState(error);
  return state !== null && !/^(08|57P)/.test(state);
}

/** SQLSTATE classes, and single states, that speak of the server or of others' transactions, not of the statement. */
const outOfReach = /^(08|53|57|58|40|55P03|25006|28|3D)/;

function isOutOfReach(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return outOfReach.test(state);
  // The driver reports a lost connection as a plain or a system error, a mistake of ours as one of these.
  return !(error instanceof TypeError || error instanceof RangeError);
}

/** The SQLSTATE of an error the server reported; system errors have a `code` too (`EPIPE`), but no severity. */
function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
