import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  loginMutation,
  logLinesOf,
  meQuery,
  refreshMutation,
  type ServerProcess,
  send,
  signupMutation,
  startServerProcess,
  type Tokens,
  temporaryFolder,
} from '../support/process.ts';
import { redisMissing, redisServer } from '../support/redis-servers.ts';
import { login, signup, startServer, type TestServer } from '../support/server.ts';
import { pause } from '../support/time.ts';

const minute = 60_000;

/** This many sessions of one account, a few at a time: more at once would be refused. */
const signInTimes = async (server: ServerProcess, count: number): Promise<readonly Tokens[]> => {
  const email = 'many@example.com';
  await send(server.url, signupMutation, { email });
  const sessions: Tokens[] = [];
  while (sessions.length < count) {
    const few = await Promise.all(Array.from({ length: 20 }, () => send(server.url, loginMutation, { email })));
    for (const { data } of few) sessions.push(data.login);
  }
  return sessions;
};

const meWorks = async (server: ServerProcess, { accessToken }: Tokens): Promise<boolean> =>
  Boolean((await send(server.url, meQuery, {}, accessToken)).data?.me?.id);

const residentKiB = ({ child }: ServerProcess): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);

const missing = await redisMissing();

describe('floods of refreshes', () => {
  test('F20: many sessions that refresh at once each get their own successor, again and again', async () => {
    const server = await startServerProcess();
    let sessions = await signInTimes(server, 60);
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(sessions.map((tokens) => send(server.url, refreshMutation, tokens)));
      sessions = answers.map(({ data }) => data.refresh);
      expect(new Set(sessions.map(({ session }) => session.id)).size).toBe(60);
      expect(new Set(sessions.map(({ refreshToken }) => refreshToken)).size).toBe(60);
    }
    expect(await Promise.all(sessions.map((tokens) => meWorks(server, tokens)))).toEqual(Array(60).fill(true));
  });

  test.skipIf(missing !== null)(
    'F28: after an outage all clients refresh or get 503, every session lives on, and no theft is reported',
    { timeout: 60_000 },
    async () => {
      const redis = await redisServer();
      onTestFinished(redis.drop);
      const server = await startServerProcess({ REDIS_URL: redis.url, REFRESH_REUSE_WINDOW: '60s' });
      const sessions = await signInTimes(server, 60);
      redis.signal('SIGSTOP');
      const duringOutage = await Promise.all(sessions.map((tokens) => send(server.url, refreshMutation, tokens)));
      expect(new Set(duringOutage.map(({ errors }) => errors[0].extensions.code))).toEqual(
        new Set(['SERVICE_UNAVAILABLE']),
      );
      redis.signal('SIGCONT');
      /** A client keeps its token on 503 and comes back with it. */
      const refreshUntilDone = async (tokens: Tokens): Promise<Tokens> => {
        for (;;) {
          const { data, errors } = await send(server.url, refreshMutation, tokens);
          if (data?.refresh) return data.refresh;
          expect(errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE');
          await pause(100);
        }
      };
      const renewed = await Promise.all(sessions.map(refreshUntilDone));
      expect(new Set(renewed.map(({ session }) => session.id)).size).toBe(60);
      expect(await Promise.all(renewed.map((tokens) => meWorks(server, tokens)))).toEqual(Array(60).fill(true));
      expect(logLinesOf(server).filter(({ event }) => event === 'token.reuse_detected')).toEqual([]);
    },
  );
});

describe('floods of logins', () => {
  const codeOf = async (server: TestServer, email: string, password?: string) =>
    (await login(server, email, password)).codes[0] ?? 'signed in';

  const twoInstances = async () => {
    const dataDir = temporaryFolder();
    const [one, two] = [await startServer({}, { dataDir }), await startServer({}, { dataDir })];
    return { one, two, user: (await signup(one)).user };
  };

  test('F19: the hash queue refuses what it cannot hold with 503 and Retry-After, and me is answered meanwhile', async () => {
    const server = await startServer();
    const { accessToken: token } = await signup(server);
    const attemptsWritten = async (): Promise<number> => {
      const text = await (await server.fetch('/metrics')).text();
      return Number(/duration_seconds_count\{store="login_attempts",verb="change"\} (\d+)/.exec(text)?.[1]);
    };
    const before = await attemptsWritten();
    const flood = Promise.all(Array.from({ length: 400 }, (_, n) => login(server, `nobody${n}@example.com`)));
    expect((await server.gql(meQuery, { token })).codes).toEqual([]);
    const answers = await flood;
    const refused = answers.filter(({ codes }) => codes[0] === 'SERVICE_UNAVAILABLE');
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map(({ headers }) => headers.get('retry-after')))).toEqual(new Set(['1']));
    expect(new Set(answers.flatMap(({ codes }) => codes))).toEqual(
      new Set(['SERVICE_UNAVAILABLE', 'INVALID_CREDENTIALS']),
    );
    // An attempt is recorded when it begins and when it ends. A refused login records none.
    expect((await attemptsWritten()) - before).toBe(2 * (answers.length - refused.length));
  });

  test('F24: of a thousand guesses on two instances five are checked, and the lock ends', {
    timeout: minute,
  }, async () => {
    const { one, two, user } = await twoInstances();
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => codeOf(n % 2 === 0 ? one : two, user.email, `guess ${n}`)),
    );
    expect(new Set(answers)).toEqual(new Set(['INVALID_CREDENTIALS', 'ACCOUNT_LOCKED']));
    const events = [...one.logLines(), ...two.logLines()].filter(({ userId }) => userId === user.id);
    expect(events.filter(({ event }) => event === 'user.login_failed')).toHaveLength(5);
    expect(events.filter(({ event }) => event === 'user.locked')).toHaveLength(1);
    one.advance(15 * minute);
    expect(await codeOf(one, user.email)).toBe('signed in');
  });

  test('right passwords wait for each other and all succeed, on two instances and after four failures', async () => {
    const { one, two, user } = await twoInstances();
    for (let n = 0; n < 4; n += 1) await login(one, user.email, `wrong ${n}`);
    const codes = await Promise.all(Array.from({ length: 64 }, (_, n) => codeOf(n % 2 === 0 ? one : two, user.email)));
    expect(new Set(codes)).toEqual(new Set(['signed in']));
  });
});

describe('floods of invalid requests', () => {
  const deepQuery = `{ ${'me { '.repeat(3_000)} id ${'} '.repeat(3_000)} }`;
  const wide = `{ ${Array.from({ length: 500 }, (_, i) => `a${i}: hello`).join(' ')} }`;
  const jsonOf = (query: string, variables: unknown = {}): string => JSON.stringify({ query, variables });
  const invalid: readonly (readonly [string, Record<string, string>])[] = [
    [jsonOf(deepQuery), {}],
    [jsonOf(wide), {}],
    [jsonOf(`{ user(id: ${'['.repeat(9_000)}${']'.repeat(9_000)}) { id } }`), {}],
    [jsonOf('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'), {}],
    [jsonOf(`query (${Array.from({ length: 400 }, (_, i) => `$v${i}: ID`).join(' ')}) { hello }`), {}],
    [jsonOf('{ hello }', { a: 'x'.repeat(90_000) }), {}],
    [`{"query":"{ hello }","variables":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}}`, {}],
    ['x'.repeat(300_000), {}],
    [gzipSync(Buffer.alloc(1_000_000)).toString('latin1'), { 'content-encoding': 'gzip' }],
    [jsonOf('{ me { id } }'), { authorization: `Bearer ${'x.'.repeat(3_000)}` }],
    ['--x\r\n\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['[]', {}],
  ];

  test('F23: invalid requests are refused one by one and leave no memory behind', { timeout: 60_000 }, async () => {
    const server = await startServerProcess({ LOG_LEVEL: 'error' });
    const sendAll = () =>
      Promise.all(
        invalid.map(async ([body, headers]) => {
          const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } };
          const answer = await fetch(`${server.url}/graphql`, init).catch(() => null);
          await answer?.text().catch(() => '');
          // The server may close a connection with a body too large before the client has read the answer.
          return answer?.status ?? 413;
        }),
      );
    for (let warmUp = 0; warmUp < 5; warmUp++) await sendAll();
    const before = residentKiB(server);
    for (let round = 0; round < 40; round++) {
      for (const status of await sendAll()) expect(status).toBeLessThan(500);
    }
    expect((await send(server.url, '{ hello }')).data.hello).toEqual(expect.any(String));
    expect(residentKiB(server)).toBeLessThan(before + 150 * 1024);
    expect(server.output()).toBe('');
  });
});
