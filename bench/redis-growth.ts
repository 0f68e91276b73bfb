/**
 * What a million sessions cost in Redis: `node bench/redis-growth.ts [sessions] [seconds they live]`.
 * Starts a Redis, fills it through the server's session store, and compares what one check costs with it empty and full; then
 * waits until everything has expired.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SessionId, sessionId, type UserId, userId } from '@fieldgate/guard';
import { parseRedisUrl } from '../src/config/redis-url.ts';
import { createId } from '../src/crypto/identifiers.ts';
import { createRefreshToken } from '../src/crypto/refresh-token.ts';
import { openRedis } from '../src/stores/redis/connection.ts';
import { redisSessionStore } from '../src/stores/redis/session-store.ts';

const sessions = Number(process.argv[2] ?? 1_000_000);
const lifetimeSeconds = Number(process.argv[3] ?? 300);
const port = 6390;
const atOnce = 200;
const say = (line: string) => process.stdout.write(`${line}\n`);

const folder = mkdtempSync(join(tmpdir(), 'fieldgate-growth-'));
const server = spawn('redis-server', ['--port', String(port), '--dir', folder, '--save', ''], { stdio: 'ignore' });
const target = parseRedisUrl(`redis://127.0.0.1:${port}`);
if (target.kind === 'invalid') throw new Error(target.problem);
const redis = openRedis(target);
while (!redis.isUp()) await new Promise((resolve) => setTimeout(resolve, 50));
const [connection] = redis.masters();
if (!connection) throw new Error('no connection');

// Revocations and changes of accounts are kept in SQL; this measures Redis.
const journal = { record: async () => {}, readEntries: async function* () {}, purgeExpired: async () => 0 };
const lifetimes = { idleMs: lifetimeSeconds * 1_000, absoluteMs: lifetimeSeconds * 1_000, reuseWindowMs: 10_000 };
const changes = { list: async () => [], settle: async () => {} };
const store = redisSessionStore(redis, { lifetimes, journal, changes });

type Name = { readonly user: UserId; readonly session: SessionId };

const begin = async (): Promise<Name> => (await attempt()) ?? begin();

/** Null if Redis did not answer within the store's deadline, as on a busy machine. */
const attempt = async (): Promise<Name | null> => {
  const name = { user: userId(createId(Date.now())), session: sessionId(createId(Date.now())) };
  const { digests } = createRefreshToken(name.user, name.session);
  const client = {
    ip: '203.0.113.77',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  };
  const account = { userId: name.user, version: 1, role: 'USER', sessionsFrom: 0 } as const;
  return store.start({ id: name.session, ...account, digests, client }).then(
    () => name,
    () => null,
  );
};

const usedBytes = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await connection.info('memory'))?.[1]);
const redisCpuSeconds = async (): Promise<number> => {
  const text = await connection.info('cpu');
  return Number(/used_cpu_user:([\d.]+)/.exec(text)?.[1]) + Number(/used_cpu_sys:([\d.]+)/.exec(text)?.[1]);
};

const checks = 40_000;
/** CPU of both processes for one check, in µs; the least of five rounds. */
const costOfCheck = async (names: readonly Name[]): Promise<number> => {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const [own, theirs] = [process.cpuUsage(), await redisCpuSeconds()];
    for (let done = 0; done < checks; done += 100) {
      await Promise.all(
        Array.from({ length: 100 }, (_, i) => {
          const name = names[(done * 7 + i * 131) % names.length];
          return name && Promise.resolve(store.check(name.user, name.session)).catch(() => null);
        }),
      );
    }
    const used = process.cpuUsage(own);
    const total = used.user + used.system + ((await redisCpuSeconds()) - theirs) * 1_000_000;
    least = Math.min(least, total / checks);
  }
  return least;
};

const first = await Promise.all(Array.from({ length: atOnce }, begin));
say(`with ${atOnce} sessions: ${(await costOfCheck(first)).toFixed(1)} µs of CPU a check`);
const before = await usedBytes();
const names = [...first];
const startedAt = performance.now();
while (names.length < sessions + atOnce) {
  for (const name of await Promise.all(Array.from({ length: atOnce }, begin))) names.push(name);
  if (names.length % 100_000 < atOnce)
    say(`${names.length} sessions after ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
}
say(
  `${(((await usedBytes()) - before) / sessions).toFixed(0)} bytes of Redis memory a session, each of an account of its own`,
);
say(`with ${sessions} sessions: ${(await costOfCheck(names)).toFixed(1)} µs of CPU a check`);
say('waiting until all have expired');
let left = await connection.dbsize();
while (left > 1) {
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  left = await connection.dbsize();
}
say(`left in Redis: ${left} key(s), ${await usedBytes()} bytes used (${before} before)`);
redis.close();
server.kill('SIGKILL');
rmSync(folder, { recursive: true });
