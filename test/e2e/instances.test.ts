import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessionId, userId } from '@fieldgate/guard';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createId } from '../../src/crypto/identifiers.ts';
import { createRefreshToken } from '../../src/crypto/refresh-token.ts';
import { Secret } from '../../src/domain/secret.ts';
import { silentSignals } from '../../src/domain/signals.ts';
import { openStores, type Stores } from '../../src/stores/open.ts';
import { asAdministrator, postgresMissing, postgresServer } from '../support/databases.ts';
import { pause, type RedisServer, redisMissing, redisServer, targetOf, until } from '../support/redis-servers.ts';
import {
  adminEnv,
  type Grant,
  loginAsAdmin,
  refresh,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';

const missing = (await postgresMissing()) ?? (await redisMissing());
const meQuery = '{ me { id } }';
const logoutMutation = 'mutation { logout { endedSessions } }';

describe.skipIf(missing !== null)('two instances on PostgreSQL and Redis', () => {
  let postgres: Awaited<ReturnType<typeof postgresServer>>;
  let redis: RedisServer;
  let folder: string;
  let one: TestServer;
  let two: TestServer;
  let stores: Stores;
  let owner: Grant;

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([postgresServer(), redisServer(['--appendonly', 'yes'])]);
    folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
    const redisUrl = `redis://127.0.0.1:${redis.port}`;
    const env = { ...adminEnv, DATABASE_URL: postgres.url, REDIS_URL: redisUrl };
    [one, two] = await Promise.all([startServer(env, folder), startServer(env, folder)]);
    stores = await openStores({
      database: { kind: 'postgres', url: new Secret(postgres.url) },
      redis: targetOf(redisUrl),
      followFeed: null,
      lifetimes: { idleMs: 3_600_000, absoluteMs: 3_600_000, reuseWindowMs: 10_000 },
      eventRetentionMs: 86_400_000,
      clock: Date.now,
      signals: silentSignals,
    });
    owner = await signup(one);
  });
  afterAll(async () => {
    await Promise.all([one.stop(), two.stop(), stores.close()]);
    await Promise.all([postgres.drop(), redis.drop()]);
    rmSync(folder, { recursive: true });
  });

  /** A session begun beside the servers: a thousand logins would mostly measure the hashing of passwords. */
  const begin = async (): Promise<Grant> => {
    const id = sessionId(createId(Date.now()));
    const { token, digests } = createRefreshToken(userId(owner.user.id), id);
    const client = { ip: null, userAgent: null };
    const account = { userId: userId(owner.user.id), version: 1, role: 'USER', sessionsFrom: 0 } as const;
    await stores.ports.sessions.start({ id, ...account, digests, client });
    return (await refresh(one, token)).data.refresh;
  };
  const me = (server: TestServer, token: string) => server.gql(meQuery, { token });

  /** An instance that is too busy to ask in time lets nobody in, and says so: then it is asked again. */
  const nextAnswer = async (server: TestServer, token: string): Promise<string> => {
    for (;;) {
      const code = (await me(server, token)).codes[0] ?? 'accepted';
      if (code !== 'SERVICE_UNAVAILABLE') return code;
    }
  };

  it('R12, F27: a logout on one is refused by the other at the very next request, 1 000 times of 1 000', {
    timeout: 90_000,
  }, async () => {
    const answers: string[] = [];
    const round = async (index: number): Promise<void> => {
      const { accessToken: token } = await begin();
      const [here, there] = index % 2 === 0 ? [one, two] : [two, one];
      if (index % 100 === 0) expect((await me(there, token)).codes).toEqual([]);
      expect((await here.gql(logoutMutation, { token })).data.logout.endedSessions).toBe(1);
      answers.push(await nextAnswer(there, token));
    };
    for (let i = 0; i < 1_000; i += 20) await Promise.all(Array.from({ length: 20 }, (_, j) => round(i + j)));
    expect(answers).toHaveLength(1_000);
    expect(new Set(answers)).toEqual(new Set(['UNAUTHENTICATED TOKEN_REVOKED']));
  });

  it('F27: with a feed, a logout on another instance is refused after at most 100 ms', async () => {
    const follower = await startServer(
      { DATABASE_URL: postgres.url, REDIS_URL: `redis://127.0.0.1:${redis.port}`, REVOCATION_CHECK: 'feed' },
      folder,
    );
    for (let i = 0; i < 20; i++) {
      const { accessToken: token } = await begin();
      expect((await me(follower, token)).codes).toEqual([]);
      await one.gql(logoutMutation, { token });
      await pause(100);
      expect((await me(follower, token)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    }
    await follower.stop();
  });

  it('R03, F01: of 100 refreshes with one token over both there is one successor', async () => {
    const { refreshToken } = await begin();
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => refresh(i % 2 ? one : two, refreshToken)));
    const successors = new Set(answers.map((answer) => answer.data.refresh.refreshToken));
    expect(successors.size).toBe(1);
    const [successor = ''] = successors;
    expect((await refresh(two, successor)).codes).toEqual([]);
  });

  it('R18: a role given on one is known to the other at its next request', async () => {
    const admin = await loginAsAdmin(one);
    const grant = await signup(two);
    const input = { userId: grant.user.id, role: 'MODERATOR' };
    await one.gql('mutation ($input: SetUserRoleInput!) { setUserRole(input: $input) { id } }', {
      token: admin.accessToken,
      variables: { input },
    });
    expect((await me(two, grant.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_STALE']);
    const renewed: Grant = (await refresh(two, grant.refreshToken)).data.refresh;
    expect((await me(one, renewed.accessToken)).codes).toEqual([]);
    await one.gql('mutation ($id: ID!) { disableUser(id: $id) { id } }', {
      token: admin.accessToken,
      variables: { id: grant.user.id },
    });
    expect((await me(two, renewed.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
  });

  it('F02: a refresh whose answer is lost gives the same pair again, and nobody is logged out', async () => {
    const { refreshToken } = await begin();
    const proxy = await tcpProxy(Number(new URL(one.url).port));
    proxy.tamper = () => Buffer.alloc(0); // The request arrives and is done; its answer never does.
    const body = JSON.stringify({
      query: 'mutation ($t: String!) { refresh(input: { refreshToken: $t }) { refreshToken } }',
      variables: { t: refreshToken },
    });
    const headers = { 'content-type': 'application/json' };
    const lost = fetch(`http://127.0.0.1:${proxy.port}/graphql`, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(500),
    });
    await expect(lost).rejects.toThrow();
    proxy.drop();
    const again: Grant = (await refresh(two, refreshToken)).data.refresh;
    expect((await me(one, again.accessToken)).codes).toEqual([]);
    expect((await refresh(one, again.refreshToken)).codes).toEqual([]);
  });

  it('F14: PostgreSQL drops every connection: masked 503 at worst, back within 5 s, and token checks go on', async () => {
    const { accessToken: token } = await begin();
    const name = new URL(postgres.url).pathname.slice(1);
    await asAdministrator(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    const during = await Promise.all(Array.from({ length: 30 }, () => me(one, token)));
    for (const answer of during) {
      expect(answer.codes.length === 0 || answer.codes[0] === 'SERVICE_UNAVAILABLE', answer.codes.join()).toBe(true);
    }
    expect((await one.gql('{ viewer { kind } }', { token })).data.viewer.kind).toBe('BEARER');
    await until(async () => (await me(one, token)).codes.length === 0, 5_000);
  });

  it('F04, L05: Redis killed: 503 within a second, public fields answer, nothing revoked is accepted, back within 5 s', async () => {
    const [live, ended] = [await begin(), await begin()];
    await one.gql(logoutMutation, { token: ended.accessToken });
    await redis.kill();
    const startedAt = performance.now();
    const answers = await Promise.all(
      [one, two].flatMap((server) => [me(server, live.accessToken), me(server, ended.accessToken)]),
    );
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    for (const answer of answers) {
      expect([answer.status, answer.codes]).toEqual([503, ['SERVICE_UNAVAILABLE']]);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect((await one.gql('{ hello }', { token: live.accessToken })).data.hello).toEqual(expect.any(String));
    expect((await refresh(one, live.refreshToken)).codes).toEqual(['SERVICE_UNAVAILABLE']);
    expect((await one.fetch('/ready')).status).toBe(503);
    expect((await one.fetch('/health')).status).toBe(200);

    await redis.start();
    for (const server of [one, two])
      await until(async () => (await me(server, live.accessToken)).codes.length === 0, 5_000);
    expect((await me(two, ended.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await one.fetch('/ready')).status).toBe(200);
  });

  it('F05: Redis frozen: 503 within a second, and a logout that was not acknowledged is told so', async () => {
    const grant = await begin();
    redis.signal('SIGSTOP');
    const startedAt = performance.now();
    const [answer, logout] = await Promise.all([
      me(one, grant.accessToken),
      one.gql(logoutMutation, { token: grant.accessToken }),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(answer.codes).toEqual(['SERVICE_UNAVAILABLE']);
    expect([logout.status, logout.codes]).toEqual([503, ['SERVICE_UNAVAILABLE']]);
    redis.signal('SIGCONT');
    await until(async () => (await me(one, grant.accessToken)).codes[0] !== 'SERVICE_UNAVAILABLE', 5_000);
    await pause(100);
  });
});

describe('starting', () => {
  const refused: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    [
      'a PostgreSQL that is not there',
      { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/x' },
      /PostgreSQL cannot be reached/,
    ],
    ['a Redis that is not there', { REDIS_URL: 'redis://127.0.0.1:1' }, /Redis at 127\.0\.0\.1:1 cannot be reached/],
    ['a DATABASE_URL that is none', { DATABASE_URL: 'mysql://secret-user@x/y' }, /DATABASE_URL must be/],
    ['a REDIS_URL that is none', { REDIS_URL: 'http://secret-user@x' }, /REDIS_URL must be/],
  ];
  it.each(refused)('is refused with %s, by name and without the value', async (_what, env, message) => {
    await expect(startServer(env)).rejects.toThrow(message);
    await expect(startServer(env)).rejects.not.toThrow(/secret-user/);
  });

  it.skipIf(missing !== null)('F08: is refused with a Redis that evicts', async () => {
    const evicting = await redisServer(['--maxmemory', '10mb', '--maxmemory-policy', 'allkeys-lru']);
    await expect(startServer({ REDIS_URL: `redis://127.0.0.1:${evicting.port}` })).rejects.toThrow(/noeviction/);
    await evicting.drop();
  });
});
