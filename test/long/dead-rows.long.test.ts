import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { type ServerProcess, send, signupMutation, startServerProcess, temporaryFolder } from '../support/process.ts';
import { pause } from '../support/time.ts';

const rows = 1_000_000;
const day = 86_400_000;

/** Gives the only account this many API keys and sessions that ended two days ago. */
const addDeadRows = (file: string): void => {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA synchronous = OFF; BEGIN');
  const ended = Date.now() - 2 * day;
  // In the order of time, as the server makes them.
  const uuid = "printf('%08x-0000-7000-8000-%012x', n, n)";
  const counter = `WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${rows})`;
  const copy = (table: string, columns: string, values: string) =>
    database.exec(
      `INSERT INTO ${table} (${columns}) ${counter} SELECT ${values} FROM counter, (SELECT id FROM users) AS users`,
    );
  copy(
    'api_keys',
    'id, user_id, name, digest, scopes, created_at, expires_at, revoked_at',
    `${uuid}, users.id, 'key ' || n, hex(randomblob(32)), 'account:read', ${ended - day} + n % 1000, ${ended}, CASE n % 2 WHEN 0 THEN ${ended} END`,
  );
  copy(
    'sessions',
    'id, user_id, family_digest, token_digest, created_at, last_seen_at, authenticated_at, expires_at, absolute_expires_at',
    `${uuid}, users.id, hex(randomblob(32)), hex(randomblob(32)), ${ended + 3 * day}, ${ended}, ${ended}, ${ended}, ${ended}`,
  );
  database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
};

const stopProcess = async (server: ServerProcess): Promise<void> => {
  server.child.kill('SIGTERM');
  await server.exit;
};

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

test('B2: a million dead keys and sessions of one account delay neither its lists nor the start, and are purged soon', {
  timeout: 300_000,
}, async () => {
  const DATA_DIR = join(temporaryFolder(), 'data');
  mkdirSync(DATA_DIR);
  const env = { DATA_DIR, API_KEY_RETENTION: '1h', ISSUER: 'http://localhost:4000' };
  const empty = await startServerProcess(env);
  const { data } = await send(empty.url, signupMutation, { email: 'ada@example.com' });
  const token = data.signup.accessToken;
  await stopProcess(empty);
  const startOfEmpty = await timed(async () => stopProcess(await startServerProcess(env)));
  addDeadRows(join(DATA_DIR, 'fieldgate.sqlite'));
  const startOfFull = await timed(async () => stopProcess(await startServerProcess(env)));

  const server = await startServerProcess(env);
  const ask = (query: string) => send(server.url, query, {}, token);
  const times = async (query: string, count = 21) => {
    const all: number[] = [];
    for (let index = 0; index < count; index += 1) all.push(await timed(() => ask(query)));
    return all;
  };
  const keys = '{ apiKeys(first: 100) { edges { node { id name expiresAt } } pageInfo { hasNextPage endCursor } } }';
  const sessions = '{ sessions(first: 100) { edges { node { id } } } }';
  const [first] = [(await ask(keys)).data.apiKeys];
  expect([first.edges.length, first.pageInfo.hasNextPage]).toEqual([100, true]);
  const keysMs = median(await times(keys));
  const laterMs = median(
    await times(`{ apiKeys(first: 100, after: "${first.pageInfo.endCursor}") { edges { node { id } } } }`),
  );
  const sessionsMs = median(await times(sessions, 5));
  expect((await ask(sessions)).data.sessions.edges).toHaveLength(1);
  const createMs = await timed(() =>
    ask('mutation { createApiKey(input: { name: "x", scopes: ["account:read"] }) { apiKey { id } } }'),
  );

  const database = new DatabaseSync(join(DATA_DIR, 'fieldgate.sqlite'), { readOnly: true });
  const count = (table: string): number =>
    Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']);
  const startedAt = performance.now();
  const meanwhile: number[] = [];
  while (count('api_keys') > 100 || count('sessions') > 100) {
    meanwhile.push(...(await times('{ me { id } }', 100)));
    await pause(200);
  }
  const purgedAfterMs = performance.now() - startedAt;
  database.close();
  const figures = { startOfEmpty, startOfFull, keysMs, laterMs, sessionsMs, createMs, purgedAfterMs };
  process.stdout.write(
    `${JSON.stringify({ ...figures, meMedian: median(meanwhile), meP99: meanwhile.toSorted((a, b) => a - b)[Math.floor(meanwhile.length * 0.99)] })}\n`,
  );
  expect(keysMs).toBeLessThan(10);
  expect(laterMs).toBeLessThan(10);
  expect(median(meanwhile)).toBeLessThan(10);
  expect(startOfFull).toBeLessThan(startOfEmpty * 1.5 + 200);
});
