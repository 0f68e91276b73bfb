import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import type { UserId } from '@fieldgate/guard';
import { sql } from 'kysely';
import { Client } from 'pg';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { openPostgres, postgresDatabase } from '../../src/stores/sql/postgres.ts';
import { openSqlite } from '../../src/stores/sql/sqlite.ts';

/** A database for one test or file. */
export type TestDatabase = {
  /** Opens it like another instance of the server. */
  readonly connect: () => SqlDatabase;
  /** Closes every connection and deletes the database. */
  readonly drop: () => Promise<void>;
};

/** An SQLite file in a new folder. */
export function sqliteFile(): TestDatabase & { readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
  const file = join(folder, 'test.sqlite');
  const opened: SqlDatabase[] = [];
  return {
    file,
    connect: () => remember(opened, openSqlite({ file })),
    drop: async () => {
      await closeAll(opened);
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * PostgreSQL compiled to WebAssembly, in memory, through the production driver. It has one connection, so that all
 * instances share it: simultaneous calls queue, and races need a server.
 */
function pglite(): TestDatabase {
  const engine = new PGlite();
  const database = postgresDatabase(createPgConfig(engine), { maxConnections: 1, timeoutMs: 15_000 });
  return {
    connect: () => database,
    drop: async () => {
      await database.close();
      await engine.close();
    },
  };
}

/** Nothing of this machine is touched unasked: only where a variable names it, or in CI. */
const serverUrl =
  process.env['TEST_DATABASE_URL'] ??
  (process.env['CI'] || process.env['REQUIRE_BACKENDS'] === '1' ? 'postgres://root@127.0.0.1:5432/test' : null);

/**
 * Why tests against a PostgreSQL server cannot run here, or null if they can. Where backends are required, a missing
 * server makes those tests fail.
 */
export const postgresMissing = (): Promise<string | null> => {
  missing ??= findMissing();
  return missing;
};

let missing: Promise<string | null> | undefined;

const findMissing = async (): Promise<string | null> => {
  if (process.env['REQUIRE_BACKENDS'] === '1') return null;
  if (serverUrl === null) return 'TEST_DATABASE_URL is not set';
  try {
    await asAdministrator('select 1');
    return null;
  } catch (error) {
    return `no PostgreSQL at TEST_DATABASE_URL (${error instanceof Error && 'code' in error ? error.code : error})`;
  }
};

/** A PostgreSQL database: on the server, or in memory where there is no server. */
export const anyPostgres = async (): Promise<TestDatabase> =>
  (await postgresMissing()) === null ? postgresServer() : pglite();

/** A new database on the PostgreSQL server, with a linguistic collation where the server has one, as many in use have. */
export async function postgresServer(): Promise<TestDatabase & { readonly url: string }> {
  const name = `fieldgate_test_${randomBytes(6).toString('hex')}`;
  const sorting = `template template0 encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'en-US'`;
  await asAdministrator(`create database ${name} ${sorting}`).catch(() => asAdministrator(`create database ${name}`));
  const url = new URL(serverUrl ?? '');
  url.pathname = `/${name}`;
  const opened: SqlDatabase[] = [];
  return {
    url: url.href,
    connect: () => remember(opened, openPostgres({ url: url.href })),
    drop: async () => {
      await closeAll(opened);
      await asAdministrator(`drop database ${name} with (force)`);
    },
  };
}

/** Runs one statement on a new connection, as the operator of the database would. */
export async function asAdministrator(statement: string, url = serverUrl): Promise<readonly object[]> {
  if (url === null) throw new Error('TEST_DATABASE_URL is not set.');
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Deletes every row and keeps the tables. */
export async function deleteAllRows({ kysely, dialect }: SqlDatabase): Promise<void> {
  const tables = [
    'users',
    'revocations',
    'service_clients',
    'revoked_service_tokens',
    'events',
    'login_attempts',
    'login_codes',
    'spent_oauth_states',
    'signing_keys',
    ...(dialect === 'postgres' ? ['rate_counters'] : []),
  ];
  for (const table of tables) {
    await sql`delete from ${sql.table(table)}`.execute(kysely);
  }
}

/** As an operator would with a client of the database: the server itself cannot delete accounts. */
export async function deleteAccount({ kysely }: SqlDatabase, id: UserId): Promise<void> {
  await kysely.deleteFrom('users').where('id', '=', id).execute();
}

function remember(opened: SqlDatabase[], database: SqlDatabase): SqlDatabase {
  opened.push(database);
  return database;
}

async function closeAll(opened: readonly SqlDatabase[]): Promise<void> {
  await Promise.all(opened.map((database) => database.close()));
}
