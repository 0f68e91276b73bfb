import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { parseRedisUrl } from '../../src/config/redis-url.ts';
import type { RedisTarget } from '../../src/domain/settings/redis-target.ts';
import { freePort, isFree } from './process.ts';
import { pause, until } from './time.ts';

/**
 * Why tests with Redis servers cannot run here, or null if they can. Where backends are required, a missing redis-server makes
 * those tests fail.
 */
export async function redisMissing(): Promise<string | null> {
  if (process.env['REQUIRE_BACKENDS'] === '1') return null;
  try {
    await promisify(execFile)('redis-server', ['--version']);
    return null;
  } catch {
    return 'no redis-server to start';
  }
}

export type RedisServer = {
  readonly url: string;
  readonly port: number;
  readonly pid: () => number;
  /** A plain connection for the test. */
  readonly admin: Redis;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Starts it again, on the same port and in the same folder. */
  readonly start: () => Promise<void>;
  /** Deletes its files. */
  readonly forget: () => void;
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  readonly drop: () => Promise<void>;
};

/** An interrupted test leaves none of them running. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const fast = ['--repl-diskless-sync-delay', '0', '--loglevel', 'warning'];

/**
 * A Redis server on a free port and in a new folder. It persists nothing unless the arguments say so. With lines of a
 * sentinel configuration it is a sentinel.
 */
export async function redisServer(
  args: readonly string[] = [],
  sentinel: readonly string[] = [],
): Promise<RedisServer> {
  const port = await freeClusterPort();
  const folder = mkdtempSync(join(tmpdir(), 'fieldgate-redis-'));
  const admin = new Redis({ port, lazyConnect: true, retryStrategy: () => 20, maxRetriesPerRequest: null });
  admin.on('error', () => {});
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const file = join(folder, 'sentinel.conf');
    if (sentinel.length > 0) writeFileSync(file, [`port ${port}`, `dir ${folder}`, ...sentinel].join('\n'));
    const settings =
      sentinel.length > 0
        ? [file, '--sentinel', '--bind', '127.0.0.1']
        : ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...fast];
    const started = spawn('redis-server', [...settings, ...args], { stdio: 'ignore' });
    child = started;
    running.add(started.once('exit', () => running.delete(started)));
    for (;;) {
      if (started.exitCode !== null) throw new Error(`redis-server did not start (${started.exitCode}).`);
      if ((await admin.ping().catch(() => null)) === 'PONG') return;
      await pause(20);
    }
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: () => child?.pid ?? 0,
    admin,
    kill,
    start,
    forget: () => {
      rmSync(folder, { recursive: true });
      mkdtempSync(folder);
    },
    signal: (signal) => void child?.kill(signal),
    drop: async () => {
      admin.disconnect();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type RedisCluster = {
  readonly url: string;
  readonly masters: readonly RedisServer[];
  readonly replicas: readonly RedisServer[];
  readonly drop: () => Promise<void>;
};

const slots = 16_384;
const clusterArgs = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];

/** A cluster of three masters and this many replicas, one for each of the first masters. */
export async function redisCluster({ replicas: count = 0 } = {}): Promise<RedisCluster> {
  const start = (amount: number) => Promise.all(Array.from({ length: amount }, () => redisServer(clusterArgs)));
  const [masters, replicas] = await Promise.all([start(3), start(count)]);
  const all = [...masters, ...replicas];
  await Promise.all(
    masters.map(({ admin }, index) => {
      const [from, to] = [0, 1].map((step) => Math.floor((slots * (index + step)) / masters.length));
      const own = Array.from({ length: (to ?? 0) - (from ?? 0) }, (_, offset) => (from ?? 0) + offset);
      return admin.cluster('ADDSLOTS', ...own);
    }),
  );
  for (const { port } of all) await masters[0]?.admin.cluster('MEET', '127.0.0.1', port);
  const says = async ({ admin }: RedisServer, line: string) => (await admin.cluster('INFO')).includes(line);
  for (const server of all) {
    await until(
      async () => (await says(server, `cluster_known_nodes:${all.length}`)) && says(server, 'cluster_state:ok'),
    );
  }
  for (const [index, replica] of replicas.entries()) {
    const id = await masters[index]?.admin.cluster('MYID');
    await replica.admin.cluster('REPLICATE', String(id));
    await until(async () => (await replica.admin.info('replication')).includes('master_link_status:up'));
  }
  return {
    url: `redis+cluster://${masters.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    masters,
    replicas,
    drop: async () => void (await Promise.all(all.map((server) => server.drop()))),
  };
}

export type RedisSentinel = {
  readonly url: string;
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly drop: () => Promise<void>;
};

/** A master, a replica and a sentinel that promotes the replica within two seconds. */
export async function redisSentinel(): Promise<RedisSentinel> {
  const [master, replica] = await Promise.all([redisServer(), redisServer()]);
  await replica.admin.replicaof('127.0.0.1', master.port);
  await until(async () => (await replica.admin.info('replication')).includes('master_link_status:up'));
  const sentinel = await redisServer(
    [],
    [
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 1000',
    ],
  );
  await until(async () => String(await sentinel.admin.call('SENTINEL', 'replicas', 'main')).includes('ok'));
  return {
    url: `redis+sentinel://127.0.0.1:${sentinel.port}/main`,
    master,
    replica,
    drop: async () => void (await Promise.all([sentinel, master, replica].map((server) => server.drop()))),
  };
}

export const targetOf = (url: string): RedisTarget => {
  const target = parseRedisUrl(url);
  if (target.kind === 'invalid') throw new Error(`The URL of the test ${target.problem}.`);
  return target;
};

/** Cluster nodes listen on a second port, 10 000 above. */
async function freeClusterPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (await isFree(port + 10_000)) return port;
  }
}
