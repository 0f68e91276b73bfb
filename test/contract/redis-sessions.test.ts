import { sessionId } from '@fieldgate/guard';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRefreshToken } from '../../src/crypto/refresh-token.ts';
import type { User } from '../../src/domain/user.ts';
import type { RevocationJournal } from '../../src/stores/ports/revocation-journal.ts';
import { openRedis } from '../../src/stores/redis/connection.ts';
import { redisSessionStore } from '../../src/stores/redis/session-store.ts';
import { createAccount } from '../support/accounts.ts';
import { allOf } from '../support/pages.ts';
import { type RedisServer, redisMissing, redisServer, targetOf } from '../support/redis-servers.ts';
import {
  answers,
  expectEveryKeyToExpire,
  lastingLifetimes,
  type RedisInstance,
  redisInstances,
} from '../support/redis-stores.ts';
import { browser, refreshToken, signIn } from '../support/sign-ins.ts';
import { pause, until } from '../support/time.ts';

const missing = await redisMissing();

describe.skipIf(missing !== null)('sessions in Redis', () => {
  const instances = redisInstances();
  let server: RedisServer;
  let instance: RedisInstance;
  let ada: User;
  const url = (rest = '') => `redis://${rest}127.0.0.1:${server.port}`;
  beforeAll(async () => {
    server = await redisServer();
    instance = await instances.open(url());
  });
  beforeEach(async () => {
    await server.admin.flushall();
    ada = await createAccount(instance.accounts);
  });
  afterAll(async () => {
    await instances.drop();
    await server.drop();
  });

  const keyOf = ({ id }: User) => `fg:{${id}}`;
  const bytesOf = async (user: User) => Number(await server.admin.memory('USAGE', keyOf(user)));

  test('a session takes at most 800 bytes, however long its address and user agent are, and ten take less each', async () => {
    const longest = { ip: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', userAgent: 'Client of its own/1.0 '.repeat(20) };
    const moderator = { ...ada, role: 'MODERATOR', version: 123_456 } as const;
    await refreshToken(instance.sessions, await signIn(instance.sessions, moderator, longest));
    expect(await bytesOf(ada)).toBeLessThanOrEqual(800);
    for (let count = 1; count < 10; count += 1) {
      await refreshToken(instance.sessions, await signIn(instance.sessions, moderator));
    }
    // Redis grows a hash in steps, one with each access, and has two tables meanwhile.
    for (let access = 0; access < 100; access += 1) await server.admin.hget(keyOf(ada), 'none');
    expect(await bytesOf(ada)).toBeLessThanOrEqual(10 * 600);
  });

  describe('R04, a clock that is set back', () => {
    const hour = 3_600_000;
    afterEach(() => vi.useRealTimers());

    /** As if the last rotation of the account's only session were this much later, by the clock of Redis. */
    const moveRotation = async (byMs: number): Promise<void> => {
      for (const name of await server.admin.hkeysBuffer(keyOf(ada))) {
        if (name.length !== 17 || name.at(-1) !== 'p'.charCodeAt(0)) continue;
        const value = Buffer.from((await server.admin.hgetBuffer(keyOf(ada), name)) ?? '');
        value.writeUIntBE(value.readUIntBE(16, 6) + byMs, 16, 6);
        await server.admin.hset(keyOf(ada), name, value);
      }
    };

    test('a clock of Redis that is set back does not prolong the reuse window: a spent token is theft', async () => {
      const session = await signIn(instance.sessions, ada);
      const spent = session.token;
      await refreshToken(instance.sessions, session);
      // Servers whose clocks differ a little replay as before.
      await moveRotation(2_000);
      expect((await refreshToken(instance.sessions, session, spent)).kind).toBe('replayed');
      await moveRotation(hour);
      expect((await refreshToken(instance.sessions, session, spent)).kind).toBe('reused');
      expect((await instance.sessions.check(ada.id, session.id)).kind).toBe('ended');
    });

    test('the clock of the process decides nothing: set back, it does not prolong the reuse window', async () => {
      const session = await signIn(instance.sessions, ada);
      const spent = session.token;
      await refreshToken(instance.sessions, session);
      await moveRotation(-lastingLifetimes.reuseWindowMs);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - hour });
      expect((await refreshToken(instance.sessions, session, spent)).kind).toBe('reused');
    });
  });

  test('the user agents of browsers are kept whole, a longer one is cut', async () => {
    const firefox = 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0';
    const safari =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
    const odd = `a\u0001b\u0000"c ${'äöü€'.repeat(100)}`;
    for (const userAgent of [browser.userAgent, firefox, safari, odd, '', null]) {
      const user = await createAccount(instance.accounts);
      await signIn(instance.sessions, user, { ip: '203.0.113.255', userAgent });
      const kept = { ip: '203.0.113.255', userAgent: userAgent?.slice(0, 256) ?? null };
      expect(await allOf(instance.sessions, user.id)).toMatchObject([kept]);
    }
  });

  test('1 000 refreshes leave as much behind as one', async () => {
    const client = await signIn(instance.sessions, ada);
    await refreshToken(instance.sessions, client);
    const before = await bytesOf(ada);
    for (let turn = 0; turn < 1_000; turn += 1) await refreshToken(instance.sessions, client);
    expect(await bytesOf(ada)).toBe(before);
    expect(await server.admin.dbsize()).toBe(1);
  });

  test('R09: a dump contains nothing that a token could be made from', async () => {
    const client = await signIn(instance.sessions, ada);
    const secrets: Buffer[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const raw = Buffer.from(client.token.slice('fgr_'.length), 'base64url');
      // Family secret and token secret, in every encoding in which they might be stored.
      for (const secret of [raw.subarray(32, 48), raw.subarray(48)]) {
        secrets.push(
          secret,
          ...(['base64url', 'base64', 'hex'] as const).map((form) => Buffer.from(secret.toString(form))),
        );
      }
      secrets.push(Buffer.from(client.token));
      await refreshToken(instance.sessions, client);
    }
    const content = Buffer.concat(
      Object.entries(await server.admin.hgetallBuffer(keyOf(ada))).flatMap(([, value]) => value),
    );
    const fields = Buffer.concat(await server.admin.hkeysBuffer(keyOf(ada)));
    for (const secret of secrets) expect([content.includes(secret), fields.includes(secret)]).toEqual([false, false]);
    expect(await server.admin.keys('*')).toEqual([keyOf(ada)]);
  });

  test('every key expires with its last session, and none is without a TTL', async () => {
    const client = await signIn(instance.sessions, ada);
    const lifeOf = async () => (await server.admin.pttl(keyOf(ada))) / 1_000;
    expect(await lifeOf()).toBeCloseTo(lastingLifetimes.idleMs / 1_000, -1);
    await refreshToken(instance.sessions, client);
    await instance.sessions.end(ada.id, (await signIn(instance.sessions, ada)).id);
    expect(await lifeOf()).toBeCloseTo(lastingLifetimes.idleMs / 1_000, -1);
    await instance.sessions.end(ada.id, client.id);
    // The state of the account is kept for the logins that are under way.
    expect(await lifeOf()).toBeLessThanOrEqual(600);
    await instance.sessions.accountChanged(await createAccount(instance.accounts));
    await expectEveryKeyToExpire(instance.redis);
  });

  test('F29: sweeping keeps no key alive: one without sessions expires when it would have', async () => {
    await instance.sessions.end(ada.id, (await signIn(instance.sessions, ada)).id);
    await server.admin.pexpire(keyOf(ada), 60_000);
    await instance.sessions.purgeExpired(500, Date.now());
    expect(await server.admin.pttl(keyOf(ada))).toBeLessThanOrEqual(60_000);
    await expectEveryKeyToExpire(instance.redis);
  });

  test('a sign-in does not read all of very many sessions of an account, and each of them can be ended', async () => {
    const clients = [];
    for (let count = 0; count < 300; count += 1) clients.push(await signIn(instance.sessions, ada));
    await expectEveryKeyToExpire(instance.redis);
    for (const client of clients.slice(0, 100)) await instance.sessions.end(ada.id, client.id);
    expect(await allOf(instance.sessions, ada.id)).toHaveLength(200);
    expect(await instance.sessions.endAll(ada.id)).toBe(200);
    expect(await server.admin.hlen(keyOf(ada))).toBe(1);
  });

  test('R18: a change that was not announced shows after the next refresh', async () => {
    const client = await signIn(instance.sessions, ada);
    const demoted = await instance.accounts.change(ada.id, () => ({ role: 'ADMIN' }));
    expect(await instance.sessions.check(ada.id, client.id)).toEqual({ kind: 'live', role: 'USER', accountVersion: 1 });
    await refreshToken(instance.sessions, { ...client, user: demoted?.after ?? ada });
    expect(await instance.sessions.check(ada.id, client.id)).toEqual({
      kind: 'live',
      role: 'ADMIN',
      accountVersion: 2,
    });
  });

  test('R18: a refresh or sign-in that read the account before it changed does not undo the change', async () => {
    const client = await signIn(instance.sessions, ada);
    const changed = await instance.accounts.change(ada.id, () => ({ role: 'MODERATOR' }));
    if (changed !== null) await instance.sessions.accountChanged(changed.after);
    await refreshToken(instance.sessions, client);
    await instance.sessions.accountChanged(ada);
    expect(await instance.sessions.check(ada.id, client.id)).toEqual({
      kind: 'live',
      role: 'MODERATOR',
      accountVersion: 2,
    });
    await expect(signIn(instance.sessions, ada)).rejects.toThrow('changed');
  });

  test('R12, F27: a session that one instance ended is refused by another at its next check, 1 000 times of 1 000', async () => {
    const other = await instances.open(url());
    let refused = 0;
    for (let round = 0; round < 1_000; round += 1) {
      const client = await signIn(instance.sessions, ada);
      await instance.sessions.end(ada.id, client.id);
      if ((await other.sessions.check(ada.id, client.id)).kind === 'ended') refused += 1;
    }
    expect(refused).toBe(1_000);
  });

  test('expired sessions do not count as ended', async () => {
    const brief = await instances.open(url(), { idleMs: 80, absoluteMs: 80, reuseWindowMs: 0 });
    const [one] = [await signIn(brief.sessions, ada), await signIn(brief.sessions, ada)];
    await pause(100);
    expect(await server.admin.hexists(keyOf(ada), Buffer.from(one.id.replaceAll('-', ''), 'hex'))).toBe(1);
    expect(await brief.sessions.endAll(ada.id)).toBe(0);
  });

  test('the journal records an end before Redis does, also of the sessions of a disabled account', async () => {
    const { redis, journal } = instance;
    const early: string[] = [];
    const watched: RevocationJournal = {
      ...journal,
      record: async (revocations) => {
        await journal.record(revocations);
        for (const revocation of revocations) {
          if (revocation.kind !== 'session') continue;
          const field = Buffer.from(revocation.sessionId.replaceAll('-', ''), 'hex');
          if ((await server.admin.hexists(keyOf(ada), field)) === 1) early.push(revocation.sessionId);
        }
      },
    };
    const store = redisSessionStore(redis, {
      lifetimes: lastingLifetimes,
      journal: watched,
      changes: instance.changes,
    });
    await until(() => answers(store.ping));
    const [one, two, three] = [await signIn(store, ada), await signIn(store, ada), await signIn(store, ada)];
    await store.end(ada.id, one.id);
    await store.accountChanged({ ...ada, version: 2, disabledAt: 1 });
    expect(await store.endAll(ada.id)).toBe(2);
    expect(early.sort()).toEqual([one.id, two.id, three.id].sort());
  });

  test('scripts that Redis no longer knows are loaded again', async () => {
    const client = await signIn(instance.sessions, ada);
    await server.admin.script('FLUSH');
    expect(await instance.sessions.check(ada.id, client.id)).toMatchObject({ kind: 'live' });
    await server.admin.script('FLUSH');
    expect((await refreshToken(instance.sessions, client)).kind).toBe('rotated');
  });

  test('ids in another format match nothing and never reach Redis', async () => {
    const { sessions } = instance;
    const odd = { user: '}' as User['id'], session: sessionId('__proto__') };
    const { digests } = createRefreshToken(ada.id, sessionId(ada.id));
    await server.admin.config('RESETSTAT');
    expect(await sessions.check(odd.user, odd.session)).toEqual({ kind: 'ended' });
    expect(await allOf(sessions, odd.user)).toEqual([]);
    expect(await sessions.end(ada.id, odd.session)).toBe(false);
    expect(await sessions.endAll(odd.user)).toBe(0);
    expect(await sessions.recognize(odd.user, odd.session, digests)).toBe('unknown');
    expect(await server.admin.info('commandstats')).not.toMatch(/cmdstat_eval/);
  });

  describe('at the start', () => {
    const check = async (target = url()) => {
      const redis = openRedis(targetOf(target), { timeoutMs: 450 });
      try {
        return await redis.checkServer();
      } finally {
        redis.close();
      }
    };

    test('a server without persistence causes a warning, one with an append-only file does not', async () => {
      expect(await check()).toEqual({ problems: [], warnings: [expect.stringContaining('keeps nothing on disk')] });
      await server.admin.config('SET', 'save', '3600 1');
      expect((await check()).warnings).toEqual([expect.stringContaining('keeps snapshots only')]);
      await server.admin.config('SET', 'appendonly', 'yes');
      expect(await check()).toEqual({ problems: [], warnings: [] });
      await server.admin.config('SET', 'appendonly', 'no');
      await server.admin.config('SET', 'save', '');
    });

    test.each(['allkeys-lru', 'volatile-ttl'])('F08: a server that evicts (%s) is refused', async (policy) => {
      await server.admin.config('SET', 'maxmemory-policy', policy);
      expect((await check()).problems).toEqual([expect.stringContaining(`maxmemory-policy ${policy}`)]);
      await server.admin.config('SET', 'maxmemory-policy', 'noeviction');
    });

    test('a configuration that must not be read causes a warning, and eviction is still found', async () => {
      await server.admin.call('ACL', 'SETUSER', 'app', 'on', '>hunter2', '~fg:*', '+@all', '-config');
      expect(await check(url('app:hunter2@'))).toEqual({
        problems: [],
        warnings: [expect.stringContaining('does not let its configuration be read')],
      });
      await server.admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
      expect((await check(url('app:hunter2@'))).problems).toHaveLength(1);
      await server.admin.config('SET', 'maxmemory-policy', 'noeviction');
    });

    test('F33: the problem names a wrong password and a server that does not answer, never the password', async () => {
      const wrong = await check(url('app:wrong-password@'));
      expect(wrong.problems).toEqual([
        `Redis at 127.0.0.1:${server.port} rejects the user or the password of REDIS_URL. Correct them.`,
      ]);
      const none = await check('redis://:secret-word@127.0.0.1:1');
      expect(none.problems).toEqual([expect.stringContaining('Redis at 127.0.0.1:1 cannot be reached (ECONNREFUSED)')]);
      expect(JSON.stringify([wrong, none])).not.toMatch(/wrong-password|secret-word/);
    });
  });
});
