/**
 * Months of use in a few minutes: `npm --prefix bench run soak -- [minutes] [redis]`.
 * Users sign in, read, refresh, sign out or just leave, with lifetimes of seconds instead of days. When all have left, their
 * sessions must be gone too. Prints how memory developed and whether the event log is complete.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { eventTable, isEventType } from '../src/domain/event.ts';
import { post } from './load.ts';
import { loadOurs, loginBody, newDirectory, refreshBody, signUp, startOurs } from './ours.ts';
import { freePort, type Running } from './processes.ts';
import { startRedis } from './redis.ts';

const minutes = Number(process.argv[2] ?? 3);
const people = 40;
const pauseMs = 150;
const sampleEveryMs = 1_000;
const say = (line: string) => process.stdout.write(`${line}\n`);
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

const folder = mkdtempSync(join(tmpdir(), 'fieldgate-soak-'));
const redis = process.argv[3] === 'redis' ? await startRedis() : null;
const metricsPort = await freePort();
const ours = await loadOurs(resolve(import.meta.dirname, '..'));
const dataDir = newDirectory(folder);
const server = await startOurs(ours, {
  name: 'soak',
  dataDir,
  env: {
    ...{ ACCESS_TOKEN_TTL: '4s', REFRESH_TOKEN_TTL: '15s', SESSION_MAX_AGE: '30s', REFRESH_REUSE_WINDOW: '2s' },
    ...{ RATE_LIMIT: 'off', RATE_LIMIT_LOGIN: 'off', RATE_LIMIT_SIGNUP: 'off', RATE_LIMIT_REFRESH: 'off' },
    METRICS_PORT: String(metricsPort),
    ...(redis ? { REDIS_URL: redis.url } : {}),
  },
});

const answers = new Map<string, number>();
type Tokens = { readonly accessToken: string; readonly refreshToken: string };

/** Resolves to the data of an operation; null if it was refused. Counts the answers by their code. */
const ask = async (
  body: { query: string; variables?: unknown },
  token?: string,
): Promise<Record<string, unknown> | null> => {
  const { body: text } = await post(server.port, body, token);
  const { data, errors } = JSON.parse(text.toString());
  const code = errors?.[0]?.extensions?.reason ?? errors?.[0]?.extensions?.code ?? 'ok';
  answers.set(code, (answers.get(code) ?? 0) + 1);
  return errors ? null : data;
};

const tokensOf = (data: Record<string, unknown> | null): Tokens | null => {
  const payload = data?.['login'] ?? data?.['refresh'];
  return payload ? (payload as Tokens) : null;
};

/** One visit: signs in, reads and refreshes for a while, then signs out or just leaves. */
const visit = async (email: string): Promise<void> => {
  let tokens = tokensOf(await ask(loginBody(email)));
  for (let step = 0; tokens !== null && step < 40; step += 1) {
    await ask({ query: '{ me { id email } viewer { kind } }' }, tokens.accessToken);
    if (step % 10 === 9) tokens = tokensOf(await ask(refreshBody(tokens.refreshToken))) ?? tokens;
    await pause(pauseMs * Math.random() * 2);
  }
  if (tokens !== null && Math.random() < 0.5) {
    await ask({ query: 'mutation { logout { endedSessions } }' }, tokens.accessToken);
  }
};

const live = async (email: string, until: number): Promise<void> => {
  while (performance.now() < until) {
    await visit(email);
    await pause(pauseMs);
  }
};

type Sample = { readonly seconds: number; readonly megabytes: number };

/** By how much memory grew, in MB a minute (least squares). */
const slopeOf = (samples: readonly Sample[]): number => {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(samples.map(({ seconds }) => seconds)), mean(samples.map(({ megabytes }) => megabytes))];
  const above = samples.reduce((sum, { seconds, megabytes }) => sum + (seconds - x) * (megabytes - y), 0);
  return (above / samples.reduce((sum, { seconds }) => sum + (seconds - x) ** 2, 0)) * 60;
};

const watchMemory = (of: Running, since: number) => {
  const samples: Sample[] = [];
  const timer = setInterval(() => {
    samples.push({ seconds: (performance.now() - since) / 1_000, megabytes: of.residentBytes() / 1_000_000 });
  }, sampleEveryMs);
  return { samples, stop: () => clearInterval(timer) };
};

const query = (sql: string): number => {
  const database = new DatabaseSync(join(dataDir, 'fieldgate.sqlite'), { readOnly: true });
  const row = database.prepare(sql).get();
  database.close();
  return Number(row?.['count']);
};

const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();

/** The sessions that are left in the table; with Redis the keys that are left. */
const sessionsLeft = async (): Promise<{ readonly count: number; readonly text: string }> => {
  if (redis === null) {
    const count = query('SELECT count(*) AS count FROM sessions');
    return { count, text: `${count} sessions` };
  }
  const { Redis } = await import('ioredis');
  const client = new Redis(redis.url);
  const ends = await Promise.all((await client.keys('fg:*')).map((key) => client.pttl(key)));
  client.disconnect();
  const endless = ends.filter((ms) => ms < 0).length;
  const last = Math.max(0, ...ends) / 1_000;
  return {
    count: ends.length,
    text: `${ends.length} keys, ${endless} of them without an expiry, the last expires in ${last.toFixed(0)} s`,
  };
};

const emails = Array.from({ length: people }, (_, number) => `soak${number}@example.com`);
for (const email of emails) await signUp(server, email);
const startedAt = performance.now();
const memory = watchMemory(server, startedAt);
say(`${people} people for ${minutes} minutes, sessions in ${redis ? 'Redis' : 'SQLite'}`);
await Promise.all(emails.map((email) => live(email, startedAt + minutes * 60_000)));
memory.stop();
const seconds = (performance.now() - startedAt) / 1_000;

const requests = [...answers.values()].reduce((sum, count) => sum + count, 0);
say(`${requests} operations, ${(requests / seconds).toFixed(0)} a second:`);
for (const [code, count] of answers) say(`  ${code}: ${count}`);
const second = memory.samples.slice(Math.floor(memory.samples.length / 2));
const megabytes = memory.samples.map(({ megabytes: each }) => each);
say(
  `memory: ${megabytes[0]?.toFixed(0)} MB at first, ${Math.max(...megabytes).toFixed(0)} MB at most, ${megabytes.at(-1)?.toFixed(0)} MB at last`,
);
const gauge = (text: string, name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
const heapMegabytes = async (): Promise<string> =>
  (gauge(await metrics(), 'nodejs_heap_size_used_bytes') / 1_000_000).toFixed(0);
say(`heap in use: ${await heapMegabytes()} MB`);
say(`growth in the second half: ${slopeOf(second).toFixed(2)} MB a minute`);
const halfMinutes = Object.groupBy(memory.samples, ({ seconds: at }) => String(Math.floor(at / 30)));
const leastOf = (samples: readonly Sample[] = []) => Math.min(...samples.map(({ megabytes: each }) => each)).toFixed(0);
say(`least of each half minute, in MB: ${Object.values(halfMinutes).map(leastOf).join(' ')}`);

say(`when all have just left: ${(await sessionsLeft()).text}`);
// Redis keeps a key for at least ten minutes after its last session.
const deadline = performance.now() + (redis ? 660_000 : 120_000);
while ((await sessionsLeft()).count > 0 && performance.now() < deadline) await pause(2_000);
say(`when all sessions have expired: ${(await sessionsLeft()).text}`);

let recorded = 0;
for (const [, type = '', count] of (await metrics()).matchAll(
  /^fieldgate_auth_events_total\{type="([^"]+)".*\} (\d+)$/gm,
)) {
  if (isEventType(type) && eventTable[type].isStored) recorded += Number(count);
}
say(
  `recorded events that are kept: ${recorded}; rows in the event log: ${query('SELECT count(*) AS count FROM events')}`,
);
say(`heap in use at the end: ${await heapMegabytes()} MB`);

await server.stop();
redis?.stop();
rmSync(folder, { recursive: true });
