import type { SessionId, UserId } from '@fieldgate/guard';
import { afterEach, describe, expect, test } from 'vitest';
import { createRefreshToken } from '../../src/crypto/refresh-token.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { User } from '../../src/domain/user.ts';
import type { SessionStore } from '../../src/stores/ports/session-store.ts';
import { redisSessionStore } from '../../src/stores/redis/session-store.ts';
import { createAccount } from '../support/accounts.ts';
import { allOf } from '../support/pages.ts';
import { type RedisServer, redisCluster, redisMissing, redisSentinel, redisServer } from '../support/redis-servers.ts';
import {
  answers,
  expectEveryKeyToExpire,
  lastingLifetimes,
  type RedisInstance,
  redisInstances,
} from '../support/redis-stores.ts';
import { refreshToken, type SignIn, signIn } from '../support/sign-ins.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { pause, until } from '../support/time.ts';

const missing = await redisMissing();
/** The bound that the store promises, and what a busy test machine may add. */
const soon = 1_000 + 200;
const recovery = 5_000;
/** A sentinel that was itself blocked does nothing for half a minute. */
const sentinelTimeout = 50_000;

/** Returns the answer of a call, or `unavailable`; any other error, and a late answer, fails the test. */
async function outcome<T>(work: () => Promise<T> | T): Promise<T | 'unavailable'> {
  const begun = performance.now();
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'SERVICE_UNAVAILABLE') throw error;
    return 'unavailable';
  } finally {
    expect(performance.now() - begun).toBeLessThan(soon);
  }
}

const checked = async (store: SessionStore, userId: UserId, id: SessionId) => {
  const status = await outcome(() => store.check(userId, id));
  return status === 'unavailable' ? status : status.kind;
};

const recovers = (store: SessionStore, { user, id }: SignIn) =>
  until(async () => (await checked(store, user.id, id)) !== 'unavailable', recovery);

describe.skipIf(missing !== null)('a Redis server that fails', () => {
  const cleanUps: (() => Promise<void> | void)[] = [];
  let over = false;
  afterEach(async () => {
    over = true; // whatever watches or works in the background
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  const serverFor = async (...args: string[]): Promise<RedisServer> => {
    const server = await redisServer(args);
    cleanUps.push(server.drop);
    return server;
  };

  /** Two instances of the server, and an account. */
  const setUp = async (url: string): Promise<{ one: RedisInstance; two: RedisInstance; ada: User }> => {
    const instances = redisInstances();
    cleanUps.push(instances.drop);
    const [one, two] = [await instances.open(url), await instances.open(url)];
    return { one, two, ada: await createAccount(one.accounts) };
  };

  test('F04: while the server is killed every call is unavailable at once, and works again soon after the restart', async () => {
    const server = await serverFor('--appendonly', 'yes', '--appendfsync', 'always');
    const { one, ada } = await setUp(server.url);
    const client = await signIn(one.sessions, ada);
    await server.kill();
    for (const call of [
      () => one.sessions.check(ada.id, client.id),
      () => allOf(one.sessions, ada.id),
      () => one.sessions.end(ada.id, client.id),
      () => one.sessions.endAll(ada.id),
      () => one.sessions.isFamily(ada.id, client.id, client.family),
      () => one.sessions.accountChanged(ada),
      () => refreshToken(one.sessions, client),
      () => one.sessions.purgeExpired(1, Date.now()),
      () => one.redis.ping(),
    ]) {
      expect(await outcome<unknown>(call)).toBe('unavailable');
    }
    await server.start();
    await recovers(one.sessions, client);
    // Its end was requested and not acknowledged; it is in the journal, so it is replayed into Redis all the same.
    expect(await checked(one.sessions, ada.id, client.id)).toBe('ended');
  });

  test('F05: while the server is frozen calls are bounded and do not pile up, and few of them run when it continues', async () => {
    const server = await serverFor();
    const { one, ada } = await setUp(server.url);
    const client = await signIn(one.sessions, ada);
    await server.admin.config('RESETSTAT');
    server.signal('SIGSTOP');
    const calls = Array.from({ length: 300 }, async (_, index) => {
      await pause(index * 10);
      return outcome(() => refreshToken(one.sessions, client));
    });
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['unavailable']));
    server.signal('SIGCONT');
    await recovers(one.sessions, client);
    const sent = /cmdstat_evalsha:calls=(\d+)/.exec(await server.admin.info('commandstats'))?.[1];
    // Those of the first second were sent before the connection was closed.
    expect(Number(sent)).toBeLessThan(150);
    // Whether or not one of them was served, the client with the old token can refresh.
    expect((await refreshToken(one.sessions, client)).kind).toMatch(/rotated|replayed/);
  });

  test('F06: after a restart without data every session has ended, and an earlier change of an account is still known', async () => {
    const server = await serverFor();
    const { one, two, ada } = await setUp(server.url);
    const client = await signIn(one.sessions, ada);
    const changed = await one.accounts.change(ada.id, () => ({ passwordHash: 'other' }));
    if (changed !== null) await one.sessions.accountChanged(changed.after);
    await server.kill();
    await server.start();
    await recovers(two.sessions, client);
    expect(await checked(two.sessions, ada.id, client.id)).toBe('ended');
    // A login that was checked against the old password is still under way.
    await expect(signIn(two.sessions, ada)).rejects.toThrow('changed');
    await signIn(two.sessions, changed?.after ?? ada);
    await expectEveryKeyToExpire(two.redis);
  });

  test('F06: after a restart with its append-only file ended sessions stay ended and the others are live', async () => {
    const server = await serverFor('--appendonly', 'yes', '--appendfsync', 'always');
    const { one, ada } = await setUp(server.url);
    const [ended, kept] = [await signIn(one.sessions, ada), await signIn(one.sessions, ada)];
    await one.sessions.end(ada.id, ended.id);
    const renewed = createRefreshToken(ada.id, kept.id);
    await one.sessions.accountChanged(ada, { id: kept.id, digests: renewed.digests });
    await server.kill();
    await server.start();
    await recovers(one.sessions, kept);
    expect(await checked(one.sessions, ada.id, ended.id)).toBe('ended');
    expect(await checked(one.sessions, ada.id, kept.id)).toBe('live');
    expect((await refreshToken(one.sessions, kept)).kind).toBe('unknown');
    expect((await refreshToken(one.sessions, kept, renewed.token)).kind).toBe('rotated');
  });

  test('F06: after a restart with older data no acknowledged revocation is undone, at any moment', async () => {
    const server = await serverFor();
    const { one, two, ada } = await setUp(server.url);
    const [eve, bob, cleo] = [
      await createAccount(one.accounts),
      await createAccount(one.accounts),
      await createAccount(one.accounts),
    ];
    const [ended, kept] = [await signIn(one.sessions, ada), await signIn(one.sessions, ada)];
    const [reused, demoted] = [await signIn(one.sessions, ada), await signIn(one.sessions, eve)];
    const all = [await signIn(one.sessions, bob), await signIn(one.sessions, bob)];
    const [disabled, reissued] = [await signIn(one.sessions, cleo), await signIn(one.sessions, ada)];
    const spent = reused.token;
    await refreshToken(one.sessions, reused);
    await refreshToken(one.sessions, reused);
    await server.admin.save();

    await one.sessions.end(ada.id, ended.id);
    expect((await refreshToken(one.sessions, reused, spent)).kind).toBe('reused');
    expect(await one.sessions.endAll(bob.id)).toBe(2);
    const moderator = await one.accounts.change(eve.id, () => ({ role: 'MODERATOR' }));
    if (moderator !== null) await one.sessions.accountChanged(moderator.after);
    const off = await one.accounts.change(cleo.id, () => ({ disabledAt: Date.now() }));
    if (off !== null) await one.sessions.accountChanged(off.after);
    const digests = { family: ended.family, token: ended.family };
    await one.sessions.accountChanged(ada, { id: reissued.id, digests });
    await server.kill();

    const gone = [ended, reused, ...all, disabled];
    const seen = new Set<string>();
    over = false;
    const watch = Array.from({ length: 8 }, async () => {
      while (!over) {
        for (const { user, id } of gone) seen.add(await checked(two.sessions, user.id, id));
        const status = await outcome(() => two.sessions.check(eve.id, demoted.id));
        if (status !== 'unavailable') seen.add(status.kind === 'live' ? status.role : status.kind);
        seen.add((await outcome(() => two.sessions.isFamily(ada.id, reissued.id, reissued.family))).toString());
        await pause(1);
      }
    });
    await server.start();
    await recovers(two.sessions, kept);
    await pause(300);
    over = true;
    await Promise.all(watch);
    expect(seen).toEqual(new Set(['unavailable', 'ended', 'MODERATOR', 'false']));
    expect(await checked(one.sessions, ada.id, kept.id)).toBe('live');
    // Its earlier tokens are void and the lost ones unknown: the client signs in again.
    expect(await checked(one.sessions, ada.id, reissued.id)).toBe('ended');
    await expectEveryKeyToExpire(one.redis);
  });

  test('a connection that is cut and made anew to the same server does not replay the journal', async () => {
    const server = await serverFor();
    const { one, ada } = await setUp(server.url);
    let reads = 0;
    const readEntries = () => {
      reads += 1;
      return one.journal.readEntries();
    };
    const journal = { ...one.journal, readEntries };
    const store = redisSessionStore(one.redis, { lifetimes: lastingLifetimes, journal, changes: one.changes });
    await until(() => answers(store.ping));
    expect(reads).toBe(1);
    const client = await signIn(store, ada);
    await server.admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await until(() => !one.redis.isUp());
    await recovers(store, client);
    expect(reads).toBe(1);
    await server.kill();
    await server.start();
    await recovers(store, client);
    expect(reads).toBe(2);
  });

  test('F07: a full server refuses writes that need memory as a whole, and still ends sessions', async () => {
    const server = await serverFor();
    const { one, ada } = await setUp(server.url);
    const [client, ended] = [await signIn(one.sessions, ada), await signIn(one.sessions, ada)];
    const before = await allOf(one.sessions, ada.id);
    await server.admin.config('SET', 'maxmemory', '1');
    expect(await outcome(() => refreshToken(one.sessions, client))).toBe('unavailable');
    expect(await outcome(() => signIn(one.sessions, ada))).toBe('unavailable');
    expect(await outcome(() => allOf(one.sessions, ada.id))).toEqual(before);
    expect(await checked(one.sessions, ada.id, client.id)).toBe('live');
    expect(await outcome(() => one.sessions.end(ada.id, ended.id))).toBe(true);
    expect(await checked(one.sessions, ada.id, ended.id)).toBe('ended');
    await expectEveryKeyToExpire(one.redis);
    await server.admin.config('SET', 'maxmemory', '0');
    expect((await refreshToken(one.sessions, client)).kind).toBe('rotated');
  });

  test('F09: the answers of a demoted server do not count until soon after it is promoted', async () => {
    const server = await serverFor();
    const { one, ada } = await setUp(server.url);
    const client = await signIn(one.sessions, ada);
    await server.admin.replicaof('127.0.0.1', 1);
    const until2s = performance.now() + 2_000;
    while (performance.now() < until2s) {
      expect(await checked(one.sessions, ada.id, client.id)).toBe('unavailable');
      expect(await outcome(() => refreshToken(one.sessions, client))).toBe('unavailable');
      await pause(50);
    }
    await server.admin.replicaof('NO', 'ONE');
    await recovers(one.sessions, client);
    expect((await refreshToken(one.sessions, client)).kind).toBe('rotated');
  });

  test('the answers of a master without the replicas it must have do not count', async () => {
    const server = await serverFor();
    const { one, ada } = await setUp(server.url);
    const client = await signIn(one.sessions, ada);
    await server.admin.config('SET', 'min-replicas-to-write', '1');
    expect(await checked(one.sessions, ada.id, client.id)).toBe('unavailable');
    await server.admin.config('SET', 'min-replicas-to-write', '0');
    await recovers(one.sessions, client);
  });

  test('F02: a client whose answer to a refresh is lost retries with success, and no command is sent twice', async () => {
    const server = await serverFor();
    const proxy = await tcpProxy(server.port);
    cleanUps.push(proxy.drop);
    const { one, ada } = await setUp(proxy.url);
    const client = await signIn(one.sessions, ada);
    await refreshToken(one.sessions, client);
    await server.admin.config('RESETSTAT');
    proxy.tamper = () => Buffer.alloc(0);
    expect(await outcome(() => refreshToken(one.sessions, client))).toBe('unavailable');
    proxy.tamper = (bytes) => bytes;
    // Also under the load of other calls.
    await Promise.all(Array.from({ length: 4 }, () => recovers(one.sessions, client)));
    expect(await server.admin.info('commandstats')).toMatch(/cmdstat_hset:calls=1,/);
    expect((await refreshToken(one.sessions, client)).kind).toBe('replayed');
    expect((await refreshToken(one.sessions, client)).kind).toBe('rotated');
  });

  test('F13: a duplicated answer on the connection never gives a call the answer of another', async () => {
    const server = await serverFor();
    const proxy = await tcpProxy(server.port);
    cleanUps.push(proxy.drop);
    const { one, ada } = await setUp(proxy.url);
    const [mine, theirs] = [
      await signIn(one.sessions, ada),
      await signIn(one.sessions, await createAccount(one.accounts)),
    ];
    let last: Buffer = Buffer.alloc(0);
    proxy.tamper = (bytes) => {
      last = bytes;
      return bytes;
    };
    expect(await checked(one.sessions, ada.id, mine.id)).toBe('live');
    await one.sessions.end(theirs.user.id, theirs.id);
    await one.sessions.check(ada.id, mine.id);
    // The answer about `mine` arrives twice: every later answer would be taken for that of the call before.
    let injected = false;
    proxy.tamper = (bytes) => {
      const passed = injected ? bytes : Buffer.concat([last, bytes]);
      injected = true;
      return passed;
    };
    const outcomes = await Promise.all([
      checked(one.sessions, theirs.user.id, theirs.id),
      outcome(() => allOf(one.sessions, theirs.user.id)),
      outcome(() => refreshToken(one.sessions, theirs)),
    ]);
    expect(outcomes).toEqual(['unavailable', 'unavailable', 'unavailable']);
    proxy.tamper = (bytes) => bytes;
    await recovers(one.sessions, mine);
    expect(await checked(one.sessions, theirs.user.id, theirs.id)).toBe('ended');
  });

  test('F13: while a cluster fails over no user gets an answer of another, and no ended session comes back', async () => {
    const cluster = await redisCluster({ replicas: 3 });
    cleanUps.push(cluster.drop);
    const { one, two, ada } = await setUp(cluster.url);
    const bob = await createAccount(one.accounts);
    const clients = [await signIn(one.sessions, ada), await signIn(one.sessions, bob)];
    const ended = [await signIn(one.sessions, ada), await signIn(one.sessions, bob)];
    const wrong: unknown[] = [];
    let answered = 0;
    over = false;
    const work = clients.map(async (client, index) => {
      const { user, id } = client;
      while (!over) {
        await pause(1);
        const store = answered % 2 === 0 ? one.sessions : two.sessions;
        const rotation = await outcome(() => refreshToken(store, client));
        const list = await outcome(() => allOf(store, user.id));
        const status = await checked(store, user.id, id);
        if (rotation === 'unavailable' || list === 'unavailable' || status === 'unavailable') continue;
        answered += 1;
        if ('session' in rotation && rotation.session.userId !== user.id) wrong.push(rotation);
        if (list.some((session) => session.userId !== user.id)) wrong.push(list);
        const dead = ended[index];
        if (dead && answered > 100 && (await checked(store, user.id, dead.id)) === 'live') wrong.push(dead);
      }
    });
    for (const { user, id } of ended) await one.sessions.end(user.id, id);
    await until(() => answered > 200);
    const dies = cluster.masters[0];
    await dies?.kill();
    const died = performance.now();
    await until(
      () => cluster.replicas[0]?.admin.info('replication').then((text) => text.includes('role:master')) ?? true,
    );
    const promoted = performance.now();
    for (const client of clients) await recovers(one.sessions, client);
    for (const client of clients) await recovers(two.sessions, client);
    expect(performance.now() - promoted).toBeLessThan(recovery);
    await until(() => answered > 1_000);
    over = true;
    await Promise.all(work);
    expect(promoted - died).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  }, 60_000);

  test('F09: ended sessions stay ended when a sentinel promotes a lagging replica', async () => {
    const group = await redisSentinel();
    cleanUps.push(group.drop);
    const { one, two, ada } = await setUp(group.url);
    const [kept, ended] = [await signIn(one.sessions, ada), await signIn(one.sessions, ada)];
    await until(async () => (await group.replica.admin.hlen(`fg:{${ada.id}}`)) === 5);
    // The replica misses the end of a session.
    group.replica.signal('SIGSTOP');
    await one.sessions.end(ada.id, ended.id);
    await group.master.kill();
    group.replica.signal('SIGCONT');
    const seen = new Set<string>();
    await until(async () => {
      seen.add(await checked(two.sessions, ada.id, ended.id));
      seen.add(await checked(one.sessions, ada.id, ended.id));
      return (await checked(two.sessions, ada.id, kept.id)) === 'live';
    }, sentinelTimeout);
    seen.add(await checked(two.sessions, ada.id, ended.id));
    expect(seen).toEqual(new Set(['unavailable', 'ended']));
    await recovers(one.sessions, kept);
    expect(await checked(one.sessions, ada.id, kept.id)).toBe('live');
  }, 70_000);
});
