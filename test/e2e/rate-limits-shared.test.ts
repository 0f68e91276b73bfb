import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresMissing, postgresServer } from '../support/databases.ts';
import { temporaryFolder } from '../support/process.ts';
import { redisMissing, redisServer, until } from '../support/redis-servers.ts';
import { login, newEmail, startServer, type TestServer } from '../support/server.ts';

type Shared = {
  readonly env: Record<string, string>;
  readonly drop: () => Promise<void>;
  readonly kill?: () => Promise<void>;
};

const overRedis = async (): Promise<Shared> => {
  const { port, drop, kill } = await redisServer();
  return { env: { REDIS_URL: `redis://127.0.0.1:${port}` }, drop, kill };
};
const overPostgres = async (): Promise<Shared> => {
  const { url, drop } = await postgresServer();
  return { env: { DATABASE_URL: url }, drop };
};

const limits = { RATE_LIMIT: '50/1h', RATE_LIMIT_LOGIN: '7/5m' };

describe.each([
  ['Redis', overRedis, await redisMissing()],
  ['PostgreSQL', overPostgres, await postgresMissing()],
])('two instances over %s', (_name, provide, missing) => {
  let shared: Shared;
  let servers: readonly TestServer[];
  beforeAll(async () => {
    if (missing !== null) return;
    shared = await provide();
    // The embedded database, where there is one, is each one's own: what they share is the counters.
    servers = await Promise.all([startServer({ ...shared.env, ...limits }), startServer({ ...shared.env, ...limits })]);
  });
  afterAll(async () => {
    await Promise.all((servers ?? []).map((server) => server.stop()));
    await shared?.drop();
  });

  const guess = async (server: TestServer): Promise<boolean> =>
    (await login(server, newEmail(), 'wrong, and long enough')).codes[0] !== 'RATE_LIMITED';

  it.skipIf(missing !== null)('F24, P15: share the strict limits, exactly under parallel guesses', async () => {
    const looked = await Promise.all(
      Array.from({ length: 30 }, (_, index) => servers[index % 2]).map((server) => server && guess(server)),
    );
    expect(looked.filter(Boolean)).toHaveLength(7);
  });

  it.skipIf(missing !== null)('share what each caller has consumed, a moment later', async () => {
    const [one] = servers;
    expect((await one?.gql('{'.padEnd(45 * 1024)))?.codes).toEqual(['GRAPHQL_PARSE_FAILED']);
    let looks = 0;
    await until(async () => {
      const answers = await Promise.all(servers.map((server) => server.gql('{')));
      const refused = answers.filter(({ codes }) => codes[0] === 'RATE_LIMITED').length;
      looks += answers.length - refused;
      return refused === answers.length;
    });
    // Each instance by itself would have allowed 5 more here and 50 there.
    expect(looks).toBeLessThan(50);
  });
});

describe.skipIf((await redisMissing()) !== null)('F24: with the store away', () => {
  it('each process goes on counting by itself: never without a limit', async () => {
    const shared = await overRedis();
    const server = await startServer({ ...shared.env, ...limits, RATE_LIMIT: '1000/1h' }, temporaryFolder());
    const guesses = async () => {
      const codes: string[] = [];
      for (let count = 0; count < 9; count += 1) {
        codes.push((await login(server, newEmail(), 'wrong, and long enough')).codes[0] ?? '');
      }
      return codes.filter((code) => code === 'INVALID_CREDENTIALS').length;
    };
    expect(await guesses()).toBe(7);
    await shared.kill?.();
    expect(await guesses()).toBe(7);
    expect(await guesses()).toBe(0);
    expect((await server.gql('{ hello }')).codes).toEqual([]);
    await server.stop();
    await shared.drop();
  });
});
