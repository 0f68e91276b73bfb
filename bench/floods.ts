/**
 * What floods do to clients that are already signed in: `npm --prefix bench run floods`.
 * During a flood another client asks for `me` (`probe.ts`), which has to keep working.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { sessionId, userId } from '@fieldgate/guard';
import { createId } from '../src/crypto/identifiers.ts';
import { createRefreshToken } from '../src/crypto/refresh-token.ts';
import { sqlSessionStore } from '../src/stores/sql/session-store.ts';
import { openSqlite } from '../src/stores/sql/sqlite.ts';
import { drive, graphqlRequest, post } from './load.ts';
import { identity, loadOurs, loginBody, newDirectory, refreshBody, signUp, startOurs } from './ours.ts';
import { names } from './peers.ts';
import { type Running, startServer } from './processes.ts';

const logins = 400;
const waves = 5;
const refreshers = 64;
const clients = 5_000;
const say = (line: string) => process.stdout.write(`${line}\n`);
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

const folder = mkdtempSync(join(tmpdir(), 'fieldgate-floods-'));
const dataDir = newDirectory(folder);
const ours = await loadOurs(resolve(import.meta.dirname, '..'));
const env = {
  ...identity,
  RATE_LIMIT: 'off',
  RATE_LIMIT_LOGIN: 'off',
  RATE_LIMIT_SIGNUP: 'off',
  RATE_LIMIT_REFRESH: 'off',
};
const start = () => startOurs(ours, { name: 'floods', dataDir, env: { ...env, REFRESH_REUSE_WINDOW: '60s' } });

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? Number.NaN;

/** Asks for `me` from another thread until `flood` resolves; prints its latencies and resolves to the result of the flood. */
const whileProbing = async <Result>(server: Running, token: string, flood: () => Promise<Result>, pauseMs = 10) => {
  const workerData = { port: server.port, token, pauseMs };
  const probe = new Worker(new URL('./probe.ts', import.meta.url), { workerData });
  let mostBytes = 0;
  const watch = setInterval(() => {
    mostBytes = Math.max(mostBytes, server.residentBytes());
  }, 20);
  await pause(1_000);
  const result = await flood();
  probe.postMessage('stop');
  const [tookMs]: readonly number[][] = await once(probe, 'message');
  clearInterval(watch);
  const [p50, p99] = [quantile(tookMs ?? [], 0.5), quantile(tookMs ?? [], 0.99)];
  say(`  me meanwhile: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${tookMs?.length} times`);
  say(`  memory: ${(mostBytes / 1_000_000).toFixed(0)} MB at most`);
  return result;
};

/** Prints the answers by status, with the slowest of each. */
const printStatuses = (answers: readonly { readonly status: number; readonly ms: number }[]): void => {
  for (const [status, group] of Object.entries(Object.groupBy(answers, (answer) => String(answer.status)))) {
    const times = (group ?? []).map(({ ms }) => ms);
    say(
      `  ${status}: ${times.length}, p50 ${quantile(times, 0.5).toFixed(0)} ms, slowest ${Math.max(...times).toFixed(0)} ms`,
    );
  }
};

const timed = async (server: Running, body: Parameters<typeof post>[1]) => {
  const startedAt = performance.now();
  const { status } = await post(server.port, body).catch(() => ({ status: 0 }));
  return { status, ms: performance.now() - startedAt };
};

let server = await start();
const me = await signUp(server);
say(`at rest: ${(server.residentBytes() / 1_000_000).toFixed(0)} MB`);
await whileProbing(server, me.accessToken, () => pause(3_000));

say(`F19: ${logins} sign-ins at once, each with an email of its own`);
const logInAsStranger = async (number: number) => {
  const startedAt = performance.now();
  const { body } = await post(server.port, loginBody(`stranger${number}@example.com`));
  // A client that accepts only application/json gets a refused GraphQL operation with status 200.
  return { status: body.includes('SERVICE_UNAVAILABLE') ? 503 : 200, ms: performance.now() - startedAt };
};
for (let wave = 0; wave < waves; wave += 1) {
  say(wave === 0 ? '  of a server that has just started:' : '  again:');
  const strangers = Array.from({ length: logins }, (_, number) => wave * logins + number);
  printStatuses(await whileProbing(server, me.accessToken, () => Promise.all(strangers.map(logInAsStranger))));
}

say(`${logins} requests at once to node:http answering a constant`);
const floor = await startServer({ name: names.floor, args: [join(import.meta.dirname, 'servers/floor.ts')] });
for (let wave = 0; wave < waves; wave += 1) {
  printStatuses(await Promise.all(Array.from({ length: logins }, () => timed(floor, loginBody('nobody@example.com')))));
}
await floor.stop();

say(`B1: one address sends 20 documents of 2 KB a second, each another one, and others ask for "me"`);
await server.stop();
server = await startOurs(ours, { name: 'floods', dataDir, env: { ...env, RATE_LIMIT: '1000/1h' } });
const fewProbesMs = 100;
say('  quiet:');
await whileProbing(server, me.accessToken, () => pause(8_000), fewProbesMs);
const document = (number: number) =>
  `query q${number} { ${Array.from({ length: 115 }, (_, index) => `a${index}: me { id }`).join(' ')} }`.padEnd(
    2_048,
    '#',
  );
const flooding = async (seconds: number) => {
  const answers: { readonly status: number; readonly ms: number }[] = [];
  for (let number = 0; number < seconds * 20; number += 1) {
    const startedAt = performance.now();
    void post(server.port, { query: document(number) }).then(({ body }) => {
      const status = body.includes('RATE_LIMITED') ? 429 : 200;
      answers.push({ status, ms: performance.now() - startedAt });
    });
    await pause(50);
  }
  return answers;
};
say('  within the quota:');
printStatuses(await whileProbing(server, me.accessToken, () => flooding(8), fewProbesMs));
say('  until it is spent, and beyond:');
printStatuses(await whileProbing(server, me.accessToken, () => flooding(30), fewProbesMs));

say(`F28: ${clients} clients refresh at once`);
await server.stop();
const database = openSqlite({ file: join(dataDir, 'fieldgate.sqlite') });
const lifetimes = { idleMs: 3_600_000, absoluteMs: 3_600_000, reuseWindowMs: 60_000 };
const store = sqlSessionStore(database, { lifetimes, clock: Date.now });
const tokens: string[] = [];
const account = { userId: userId(me.id), version: 1, role: 'USER', sessionsFrom: 0 } as const;
while (tokens.length < clients) {
  const id = sessionId(createId(Date.now()));
  const { token, digests } = createRefreshToken(account.userId, id);
  await store.start({ id, ...account, digests, client: { ip: null, userAgent: null } });
  tokens.push(token);
}
await database.close();
server = await start();
const startedAt = performance.now();
const first = await whileProbing(server, me.accessToken, () =>
  Promise.all(tokens.map((token) => timed(server, refreshBody(token)))),
);
printStatuses(first);
say(`  all answered after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);

say(`F20: ${refreshers} sessions refresh as fast as they can`);
const current = tokens.slice(0, refreshers).map(() => me.refreshToken);
const own = await Promise.all(
  tokens
    .slice(-refreshers)
    .map(async (token) => JSON.parse((await post(server.port, refreshBody(token))).body.toString())),
);
for (const [index, { data }] of own.entries()) current[index] = data.refresh.refreshToken;
const driven = await whileProbing(server, me.accessToken, () =>
  drive({
    port: server.port,
    connections: refreshers,
    seconds: 10,
    next: (connection) => graphqlRequest(refreshBody(current[connection] ?? '')),
    judge: (connection, { body }) => {
      const { data, errors } = JSON.parse(body.toString());
      if (errors) return String(errors[0].extensions.code);
      current[connection] = data.refresh.refreshToken;
      return null;
    },
  }),
);
say(`  ${(driven.requests / driven.seconds).toFixed(0)} refreshes a second, p99 ${driven.p99Ms.toFixed(0)} ms`);
say(`  refused: ${driven.errors.length}`);

await server.stop();
rmSync(folder, { recursive: true });
