import { afterEach, describe, expect, test } from 'vitest';
import type { SessionLifetimes } from '../../src/domain/session.ts';
import type { SessionStore } from '../../src/stores/ports/session-store.ts';
import { openRedis } from '../../src/stores/redis/connection.ts';
import { revocationFeed } from '../../src/stores/redis/revocation-feed.ts';
import { redisSessionStore } from '../../src/stores/redis/session-store.ts';
import { createAccount } from '../support/accounts.ts';
import { allOf } from '../support/pages.ts';
import { redisCluster, redisMissing, redisServer, targetOf } from '../support/redis-servers.ts';
import {
  expectEveryKeyToExpire,
  lastingLifetimes,
  type RedisInstance,
  redisInstances,
} from '../support/redis-stores.ts';
import { refreshToken, type SignIn, signIn } from '../support/sign-ins.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { pause, until } from '../support/time.ts';

const missing = await redisMissing();
const delayMs = 100;

describe.skipIf(missing !== null)('the cache of session checks (REVOCATION_CHECK=feed)', () => {
  const cleanUps: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  const setUp = async (url: string, lifetimes: SessionLifetimes = lastingLifetimes) => {
    const instances = redisInstances();
    cleanUps.push(instances.drop);
    const strict = await instances.open(url, lifetimes);
    return { strict, ada: await createAccount(strict.accounts) };
  };

  /** An instance that follows the feed, over its own connections. */
  const following = async (url: string, { journal, changes }: RedisInstance, lifetimes = lastingLifetimes) => {
    const redis = openRedis(targetOf(url));
    const feed = revocationFeed(redis, { monotonic: () => performance.now() });
    cleanUps.push(redis.close, feed.close);
    const sessions = redisSessionStore(redis, { lifetimes, journal, changes, feed });
    await until(feed.isLive);
    await until(async () =>
      allOf(sessions, (await createdUser).id).then(
        () => true,
        () => false,
      ),
    );
    return { sessions, feed, redis };
  };
  const createdUser = Promise.resolve({ id: '00000000-0000-7000-8000-000000000000' as SignIn['user']['id'] });

  const serverFor = async () => {
    const server = await redisServer();
    cleanUps.push(server.drop);
    return server;
  };

  const check = (store: SessionStore, { user, id }: SignIn) => store.check(user.id, id);
  const kindOf = async (store: SessionStore, client: SignIn) => (await check(store, client)).kind;

  test('a check of a cached session answers at once and without Redis', async () => {
    const server = await serverFor();
    const { strict, ada } = await setUp(server.url);
    const { sessions } = await following(server.url, strict);
    const client = await signIn(strict.sessions, ada);
    expect(await check(sessions, client)).toEqual({ kind: 'live', role: 'USER', accountVersion: 1 });
    await until(() => !(check(sessions, client) instanceof Promise));
    await server.admin.config('RESETSTAT');
    let asked = 0;
    for (let round = 0; round < 50; round += 1) {
      await pause(4);
      // On a busy machine the feed may just now be interrupted.
      if (check(sessions, client) instanceof Promise) asked += 1;
    }
    await pause(20);
    const calls = Number(/cmdstat_hmget:calls=(\d+)/.exec(await server.admin.info('commandstats'))?.[1] ?? 0);
    expect(calls).toBe(asked);
    expect(asked).toBeLessThan(25);
  });

  test('F27: a session that another instance ended is refused from 100 ms after the answer on, 100 times of 100', async () => {
    const server = await serverFor();
    const { strict, ada } = await setUp(server.url);
    const { sessions } = await following(server.url, strict);
    const delays: number[] = [];
    for (let round = 0; round < 100; round += 1) {
      const client = await signIn(strict.sessions, ada);
      await check(sessions, client);
      await strict.sessions.end(ada.id, client.id);
      const ended = performance.now();
      let latest = 0;
      for (;;) {
        const asked = performance.now();
        if ((await kindOf(sessions, client)) === 'ended') break;
        latest = asked - ended;
        // In some rounds the event loop is blocked, so that only the clock can expire the entry.
        if (round % 20 !== 0) await new Promise(setImmediate);
      }
      delays.push(latest);
    }
    expect(Math.max(...delays)).toBeLessThanOrEqual(delayMs);
  });

  test('the changes of this instance hold at once: an end, the end of all, a reuse, a change of the account', async () => {
    const server = await serverFor();
    const { strict, ada } = await setUp(server.url);
    const { sessions } = await following(server.url, strict);
    const clients = [];
    for (let count = 0; count < 4; count += 1) clients.push(await signIn(sessions, ada));
    const [ended, reused, kept, other] = clients;
    if (!ended || !reused || !kept || !other) throw new Error('No sessions.');
    for (const client of clients) await check(sessions, client);
    await sessions.end(ada.id, ended.id);
    expect(await kindOf(sessions, ended)).toBe('ended');
    const spent = reused.token;
    await refreshToken(sessions, reused);
    await refreshToken(sessions, reused);
    await check(sessions, reused);
    await refreshToken(sessions, reused, spent);
    expect(await kindOf(sessions, reused)).toBe('ended');
    await check(sessions, other);
    await sessions.accountChanged({ ...ada, role: 'ADMIN', version: 2 });
    expect(await check(sessions, other)).toEqual({ kind: 'live', role: 'ADMIN', accountVersion: 2 });
    await sessions.endAll(ada.id, kept.id);
    expect([await kindOf(sessions, other), await kindOf(sessions, kept)]).toEqual(['ended', 'live']);
  });

  test('R16, R18: a role changed, and an account disabled, by another instance show within the delay', async () => {
    const server = await serverFor();
    const { strict, ada } = await setUp(server.url);
    const { sessions } = await following(server.url, strict);
    const client = await signIn(strict.sessions, ada);
    await check(sessions, client);
    await strict.sessions.accountChanged({ ...ada, role: 'MODERATOR', version: 2 });
    await pause(delayMs);
    expect(await check(sessions, client)).toEqual({ kind: 'live', role: 'MODERATOR', accountVersion: 2 });
    await strict.sessions.accountChanged({ ...ada, disabledAt: 1, version: 3 });
    await pause(delayMs);
    expect(await kindOf(sessions, client)).toBe('ended');
    await expectEveryKeyToExpire(strict.redis);
  });

  test('while the feed is interrupted Redis is asked, and afterwards the cache starts empty', async () => {
    const server = await serverFor();
    const proxy = await tcpProxy(server.port);
    cleanUps.push(proxy.drop);
    const { strict, ada } = await setUp(server.url);
    const { sessions, feed } = await following(proxy.url, strict);
    const [ended, kept] = [await signIn(strict.sessions, ada), await signIn(strict.sessions, ada)];
    for (const client of [ended, kept]) await check(sessions, client);
    // The server falls silent, and the connection stays open.
    proxy.tamper = () => Buffer.alloc(0);
    await strict.sessions.end(ada.id, ended.id);
    await pause(delayMs);
    expect(feed.isLive()).toBe(false);
    await expect(check(sessions, ended)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    proxy.tamper = (bytes) => bytes;
    await until(feed.isLive);
    expect(await kindOf(sessions, ended)).toBe('ended');
    expect(await kindOf(sessions, kept)).toBe('live');
  });

  test('a process that was blocked does not use its cache', async () => {
    const server = await serverFor();
    const { strict, ada } = await setUp(server.url);
    const { sessions } = await following(server.url, strict);
    const client = await signIn(strict.sessions, ada);
    await check(sessions, client);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs + 20);
    const asked = check(sessions, client);
    expect(asked).toBeInstanceOf(Promise);
    expect(await asked).toEqual({ kind: 'live', role: 'USER', accountVersion: 1 });
  });

  test('a cached session expires when the session does', async () => {
    const server = await serverFor();
    const lifetimes = { idleMs: 400, absoluteMs: 4_000, reuseWindowMs: 0 };
    const { strict, ada } = await setUp(server.url, lifetimes);
    const { sessions } = await following(server.url, strict, lifetimes);
    const client = await signIn(strict.sessions, ada);
    await check(sessions, client);
    await pause(300);
    expect(await kindOf(sessions, client)).toBe('live');
    await pause(110);
    expect(await kindOf(sessions, client)).toBe('ended');
  });

  test('the feed of a demoted server does not count', async () => {
    const server = await serverFor();
    const { strict, ada } = await setUp(server.url);
    const { sessions, feed } = await following(server.url, strict);
    const client = await signIn(strict.sessions, ada);
    await check(sessions, client);
    await server.admin.replicaof('127.0.0.1', 1);
    await pause(delayMs);
    expect(feed.isLive()).toBe(false);
    await expect(check(sessions, client)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  test('an answer is not cached if an announcement, or an interruption of the feed, overtook it', async () => {
    const server = await serverFor();
    const { strict, ada } = await setUp(server.url);
    const redis = openRedis(targetOf(server.url));
    let now = 0;
    const feed = revocationFeed(redis, { monotonic: () => now });
    cleanUps.push(redis.close, feed.close);
    const { id } = await signIn(strict.sessions, ada);
    await until(feed.isLive);
    const overtaken = feed.expect(ada.id, id);
    feed.forget(ada.id);
    overtaken({ role: 'USER', version: 1, leftMs: 60_000 });
    expect(feed.getCached(ada.id, id)).toBeNull();
    const late = feed.expect(ada.id, id);
    now += delayMs + 1;
    late({ role: 'USER', version: 1, leftMs: 60_000 });
    now -= delayMs + 1;
    expect(feed.getCached(ada.id, id)).toBeNull();
    feed.expect(ada.id, id)({ role: 'USER', version: 1, leftMs: 60_000 });
    expect(feed.getCached(ada.id, id)).toEqual({ role: 'USER', version: 1, leftMs: 60_000 });
  });

  test('the cache holds a bounded number of accounts', async () => {
    const server = await serverFor();
    const { strict } = await setUp(server.url);
    const redis = openRedis(targetOf(server.url));
    const feed = revocationFeed(redis, { monotonic: () => 0, capacity: 2 });
    cleanUps.push(redis.close, feed.close);
    await until(feed.isLive);
    const clients = [];
    for (let count = 0; count < 3; count += 1) {
      const client = await signIn(strict.sessions, await createAccount(strict.accounts));
      feed.expect(client.user.id, client.id)({ role: 'USER', version: 1, leftMs: 60_000 });
      clients.push(client);
    }
    expect(clients.map(({ user, id }) => feed.getCached(user.id, id)?.role)).toEqual([undefined, 'USER', 'USER']);
  });

  test('F12: the cache works over a cluster', async () => {
    const cluster = await redisCluster();
    cleanUps.push(cluster.drop);
    const { strict, ada } = await setUp(cluster.url);
    const { sessions } = await following(cluster.url, strict);
    const client = await signIn(strict.sessions, ada);
    await until(() => !(check(sessions, client) instanceof Promise));
    expect(await check(sessions, client)).toEqual({ kind: 'live', role: 'USER', accountVersion: 1 });
    await strict.sessions.end(ada.id, client.id);
    await pause(delayMs);
    expect(await kindOf(sessions, client)).toBe('ended');
  });
});
