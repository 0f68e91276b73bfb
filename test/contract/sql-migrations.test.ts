import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { postgresMissing, postgresServer, sqliteFile, type TestDatabase } from '../support/databases.ts';

const missing = await postgresMissing();
const migrations = [
  { name: '0001-accounts-and-sessions' },
  { name: '0002-revocations' },
  { name: '0003-api-keys' },
  { name: '0004-service-clients' },
  { name: '0005-signing-keys' },
  { name: '0006-identities' },
  { name: '0007-events' },
  { name: '0008-login-attempts' },
  { name: '0009-rate-counters' },
  { name: '0020-session-authentication' },
  { name: '0030-account-changes' },
  { name: '0031-secret-use' },
  { name: '0032-valid-accounts' },
  { name: '0040-lists' },
  { name: '0041-live-sessions' },
  { name: '0042-valid-records' },
  { name: '0050-roles' },
];
const migrateInProcess = fileURLToPath(new URL('../support/migrate-sqlite.ts', import.meta.url));

describe('migrations', () => {
  const used: TestDatabase[] = [];
  afterEach(async () => {
    for (const database of used.splice(0)) await database.drop();
  });
  const remember = <T extends TestDatabase>(database: T): T => {
    used.push(database);
    return database;
  };

  const applied = async ({ kysely }: SqlDatabase) =>
    (await sql<{ name: string }>`select name from fieldgate_migration order by name`.execute(kysely)).rows;

  test('ten processes that start at once on a new SQLite file leave it up to date', async () => {
    const { file, connect } = remember(sqliteFile());
    const run = () => promisify(execFile)(process.execPath, [migrateInProcess, file]);
    await Promise.all(Array.from({ length: 10 }, run));
    expect(await applied(connect())).toEqual(migrations);
  });

  test('several databases that one process opens on one SQLite file do not block each other', async () => {
    const { connect } = remember(sqliteFile());
    const databases = [connect(), connect(), connect()];
    await Promise.all(databases.map((database) => database.migrate()));
    for (const database of databases) expect(await applied(database)).toEqual(migrations);
  });

  test.skipIf(missing !== null)(
    'ten instances that start at once on a new PostgreSQL database leave it up to date',
    async () => {
      const { connect } = remember(await postgresServer());
      const databases = Array.from({ length: 10 }, () => connect());
      await Promise.all(databases.map((database) => database.migrate()));
      for (const database of databases) expect(await applied(database)).toEqual(migrations);
    },
  );

  test('a failed migration leaves nothing behind in SQLite', async () => {
    const { connect } = remember(sqliteFile());
    const database = connect();
    await sql`create table sessions (in_the_way text)`.execute(database.kysely);
    await expect(database.migrate()).rejects.toThrow('already exists');
    const { rows } = await sql<{ name: string }>`select name from sqlite_schema where name = 'users'`.execute(
      database.kysely,
    );
    expect(rows).toEqual([]);
  });

  test('SQLite refuses text in a number column', async () => {
    const { connect } = remember(sqliteFile());
    const { kysely, migrate } = connect();
    await migrate();
    await expect(
      sql`insert into users values ('1', 'a@example.com', 'A', 'A', 'hash', 'USER', 'abc', null, 1, 0)`.execute(kysely),
    ).rejects.toThrow('cannot store TEXT value in INTEGER column');
  });
});
