import { test as base, describe, expect, onTestFinished } from 'vitest';
import { postgresMissing, postgresServer } from '../support/databases.ts';
import { redisMissing, redisServer } from '../support/redis-servers.ts';
import { login, newEmail, openServer, startServer, type TestServer } from '../support/server.ts';
import { until } from '../support/time.ts';

type Backend = { readonly env: Record<string, string>; readonly drop: () => Promise<void> };

const startRedis = async (): Promise<Backend> => {
  const { url, drop } = await redisServer();
  return { env: { REDIS_URL: url }, drop };
};
const startPostgres = async (): Promise<Backend> => {
  const { url, drop } = await postgresServer();
  return { env: { DATABASE_URL: url }, drop };
};

const limits = { RATE_LIMIT: '50/1h', RATE_LIMIT_LOGIN: '7/5m' };

/** Two servers over one backend. Where that is Redis, each has its own database: they share the counters alone. */
const testOver = (start: () => Promise<Backend>) =>
  base
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from this pattern.
    .extend('env', { scope: 'file' }, async ({}, { onCleanup }) => {
      const { env, drop } = await start();
      onCleanup(drop);
      return { ...env, ...limits };
    })
    .extend('servers', { scope: 'file' }, async ({ env }, { onCleanup }) => {
      const servers = [await openServer(env, {}), await openServer(env, {})] as const;
      onCleanup(async () => void (await Promise.all(servers.map((server) => server.stop()))));
      return servers;
    });

const guess = async (server: TestServer): Promise<string> =>
  (await login(server, newEmail(), 'wrong, and long enough')).codes[0] ?? '';

const redisIsMissing = await redisMissing();

describe.each([
  { name: 'Redis', test: testOver(startRedis), missing: redisIsMissing },
  { name: 'PostgreSQL', test: testOver(startPostgres), missing: await postgresMissing() },
])('two instances over $name', ({ test, missing }) => {
  test.skipIf(missing)(
    'F24, P15: two instances share the strict limits, exactly under parallel guesses',
    async ({ servers: [one, two] }) => {
      const codes = await Promise.all(Array.from({ length: 30 }, (_, index) => guess(index % 2 === 0 ? one : two)));
      expect(codes.filter((code) => code !== 'RATE_LIMITED')).toHaveLength(7);
    },
  );

  test.skipIf(missing)('G05: two instances share the general limit, a moment later', async ({ servers }) => {
    const [one] = servers;
    expect((await one.gql('{'.padEnd(45 * 1024))).codes).toEqual(['GRAPHQL_PARSE_FAILED']);
    let parsed = 0;
    await until(async () => {
      const answers = await Promise.all(servers.map((server) => server.gql('{')));
      const refused = answers.filter(({ codes }) => codes[0] === 'RATE_LIMITED').length;
      parsed += answers.length - refused;
      return refused === answers.length;
    });
    // Two separate instances would have parsed 5 more documents here and 50 there.
    expect(parsed).toBeLessThan(50);
  });
});

describe('without the shared store', () => {
  base.skipIf(redisIsMissing)('F24: each instance counts by itself while the store is away', async () => {
    const redis = await redisServer();
    onTestFinished(redis.drop);
    const server = await startServer({ REDIS_URL: redis.url, ...limits, RATE_LIMIT: '1000/1h' });
    const guesses = async () => {
      const codes: string[] = [];
      for (let count = 0; count < 9; count += 1) codes.push(await guess(server));
      return codes.filter((code) => code === 'INVALID_CREDENTIALS').length;
    };
    expect(await guesses()).toBe(7);
    await redis.kill();
    expect(await guesses()).toBe(7);
    expect(await guesses()).toBe(0);
    expect((await server.gql('{ hello }')).codes).toEqual([]);
  });
});
