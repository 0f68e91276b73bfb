import { DatabaseSync } from 'node:sqlite';

const sessionsPerUser = 10;
const used = 1_000;

export type SessionName = { readonly id: string; readonly userId: string };

/**
 * Copies the account, the session and the first event of a database until it holds `wanted` sessions and events. The copies are
 * made by SQL: all columns are equal except identifiers, which are new and unordered, and emails. Returns up to 1 000 of the
 * sessions, chosen at random.
 */
export const fillDatabase = (file: string, wanted: number): readonly SessionName[] => {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec('PRAGMA synchronous = OFF');
  database.exec('BEGIN IMMEDIATE');
  const users = Math.floor(wanted / sessionsPerUser);
  copyFirstRow(database, 'users', { id: uuid, email: "'filler' || counter.n || '@example.com'" }, users);
  database.exec('CREATE TEMP TABLE filler AS SELECT row_number() OVER () AS number, id FROM users');
  database.exec('CREATE UNIQUE INDEX temp.filler_number ON filler (number)');
  const owner = '(SELECT id FROM filler WHERE number = 1 + counter.n % (SELECT max(number) FROM filler))';
  const digest = 'lower(hex(randomblob(32)))';
  const columns = { id: uuid, user_id: owner, family_digest: digest, token_digest: digest };
  copyFirstRow(database, 'sessions', columns, wanted - 1);
  database.exec("DELETE FROM events WHERE type <> 'user.signed_up'");
  copyFirstRow(
    database,
    'events',
    { id: uuid, user_id: owner, actor_id: owner, time: 'first.time + counter.n' },
    wanted - 1,
  );
  database.exec('COMMIT');
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const names = database.prepare('SELECT id, user_id AS "userId" FROM sessions ORDER BY random() LIMIT ?').all(used);
  database.close();
  return names.map(({ id, userId }) => ({ id: String(id), userId: String(userId) }));
};

const uuid = "printf('%s-%s-7%s-8%s-%s', hex(randomblob(4)), hex(randomblob(2)), '000', '000', hex(randomblob(6)))";

const copyFirstRow = (
  database: DatabaseSync,
  table: string,
  changed: Readonly<Record<string, string>>,
  times: number,
): void => {
  const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(table);
  const values = columns.map(({ name }) => changed[String(name)] ?? `first."${name}"`);
  database.exec(`INSERT INTO ${table}
    WITH RECURSIVE counter(n) AS (SELECT 1 WHERE ${times} > 0 UNION ALL SELECT n + 1 FROM counter WHERE n < ${times})
    SELECT ${values.join(', ')} FROM (SELECT * FROM ${table} LIMIT 1) AS first, counter`);
};
