import { type CompiledQuery, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { Pool, type PoolConfig, types } from 'pg';
import { type Roles, standardRoles } from '../../domain/role.ts';
import type { PreparedWrite, SqlDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { inTransaction, postgresDriver, withConnection } from './postgres-driver.ts';
import type { Schema } from './schema.ts';

export type PostgresOptions = {
  readonly roles?: Roles;
  readonly maxConnections?: number;
  /** The longest that any one statement takes, including the wait for a free connection. Migrations are exempt. */
  readonly timeoutMs?: number;
};

/**
 * Opens a pool; it connects with the first statement. TLS as the URL says (`sslmode`).
 */
export const openPostgres = ({ url, ...options }: PostgresOptions & { readonly url: string }): SqlDatabase =>
  postgresDatabase({ connectionString: url }, options);

/** The same over any connection of the `pg` driver. */
export function postgresDatabase(
  connection: PoolConfig,
  { maxConnections = 10, timeoutMs = 1_000, roles = standardRoles }: PostgresOptions = {},
): SqlDatabase {
  const pool = createPool(connection, {
    max: maxConnections,
    connectionTimeoutMillis: timeoutMs,
    // The server gives up too: an abandoned statement must not keep its locks.
    statement_timeout: timeoutMs,
  });
  const kysely = kyselyOver(pool, timeoutMs);
  let closing: Promise<void> | undefined;
  const prepare =
    <R>({ sql }: CompiledQuery<R>): PreparedWrite<R> =>
    (parameters) =>
      withConnection(pool, timeoutMs, async (query) => (await query(sql, parameters)).rows[0]);
  return {
    dialect: 'postgres',
    roles,
    kysely,
    prepareRead: prepare,
    prepareCachedRead: (query, map) => {
      const read = prepare(query);
      return async (parameters) => {
        const row = await read(parameters);
        return row === undefined ? undefined : map(row);
      };
    },
    prepareWrite: prepare,
    prepareRelaxedWrite: prepare,
    transaction: (queries) => withConnection(pool, timeoutMs, (query) => inTransaction(query, queries)),
    migrate: async () => {
      const unhurried = createPool(connection, { max: 1, connectionTimeoutMillis: migrationConnectTimeoutMs });
      try {
        await migrate({ kysely: kyselyOver(unhurried, null), dialect: 'postgres', roles });
      } finally {
        await unhurried.end();
      }
    },
    ping: () => withConnection(pool, timeoutMs, async (query) => void (await query('select 1', []))),
    close: () => {
      closing ??= pool.end();
      return closing;
    },
  };
}

function createPool(connection: PoolConfig, limits: PoolConfig): Pool {
  const pool = new Pool({ ...connection, ...limits, application_name: 'fieldgate', keepAlive: true, types: parsers });
  // A connection that dies emits an error event, and without a listener that ends the process. Its user learns of it from
  // the statement that fails.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** A server that does not answer refuses the start within seconds. */
const migrationConnectTimeoutMs = 3_000;

const int8 = 20;
/** Times and counts as numbers. Only for these pools: `pg.types.setTypeParser` would affect the whole process. */
const parsers: PoolConfig['types'] = {
  getTypeParser: (type, format) => (type === int8 ? Number : types.getTypeParser(type, format)),
};

const kyselyOver = (pool: Pool, timeoutMs: number | null): Kysely<Schema> =>
  new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => postgresDriver(pool, timeoutMs),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
