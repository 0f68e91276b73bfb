import { DatabaseSync } from 'node:sqlite';

const sessionsPerUser = 10;

/**
 * Multiplies the one account and the one session of a database until there are so many sessions, by SQL: every column
 * is that of the first row but identifiers, which are new and unordered, and emails.
 */
export const fillSessions = (file: string, wanted: number): void => {
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
  database.exec('COMMIT');
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
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
