import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type GraphQLAnswer,
  goodPassword,
  login,
  newEmail,
  refresh,
  serverForTest,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

const accept = { accept: 'application/graphql-response+json' };
const minute = 60_000;

const limited = (answer: GraphQLAnswer) => [answer.status, answer.codes, answer.data];
const refused = [429, ['RATE_LIMITED'], undefined];

const from = (ip: string) => ({ 'x-forwarded-for': ip });
const behindProxy = { TRUSTED_PROXIES: 'loopback' };

/** Tries a password that is wrong; `false` if it was not even looked at. */
const guess = async (
  server: TestServer,
  headers: Record<string, string> = {},
  email = newEmail(),
): Promise<boolean> => {
  const answer = await login(server, email, 'wrong, and long enough', { ...accept, ...headers });
  if (answer.status !== 429) expect(answer.codes).toEqual(['INVALID_CREDENTIALS']);
  return answer.status !== 429;
};

const guesses = async (server: TestServer, count: number, headers: (index: number) => Record<string, string>) =>
  (await Promise.all(Array.from({ length: count }, (_, index) => guess(server, headers(index))))).filter(Boolean)
    .length;

describe('strict limits', () => {
  it('P15: 100 aliased logins, refreshes or sign-ups are refused before anything runs', async () => {
    const server = await serverForTest();
    const email = newEmail();
    const aliases = (field: string, count = 100) =>
      Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ');
    const loginField = `login(input: { email: "${email}", password: "wrong" }) { expiresIn }`;
    const signupField = `signup(input: { email: "${email}", password: "${goodPassword}" }) { expiresIn }`;
    for (const query of [
      `mutation { ${aliases('refresh(input: { refreshToken: "x" }) { expiresIn }')} }`,
      `mutation { ${aliases(loginField, 20)} }`,
      `mutation { ${loginField} ...F } fragment F on Mutation { b: ${loginField} }`,
      `mutation { ${loginField} ... { c: ${signupField} } }`,
      `mutation { ${loginField} refresh(input: { refreshToken: "x" }) { expiresIn } }`,
      `mutation A { logout { endedSessions } } mutation B { ${loginField} x: ${signupField} }`,
    ]) {
      const answer = await server.gql(query, {
        headers: accept,
        ...(query.includes('mutation A') ? { operationName: 'A' } : {}),
      });
      expect([answer.status, answer.data]).toEqual([400, undefined]);
      expect(answer.codes[0]).toMatch(/^QUERY_LIMIT_EXCEEDED (?:CREDENTIALS|ALIASES)$/);
    }
    expect(
      server.logLines().filter(({ event }) => event === 'user.login_failed' || event === 'user.signed_up'),
    ).toEqual([]);
  });

  it('P16, P17, F24: of 40 parallel guesses at as many accounts, exactly as many are looked at as allowed', async () => {
    const server = await serverForTest({ RATE_LIMIT_LOGIN: '7/5m' });
    expect(await guesses(server, 40, (index) => from(`203.0.113.${index}`))).toBe(7);
    const answer = await login(server, newEmail(), goodPassword, accept);
    expect(limited(answer)).toEqual(refused);
    const retryAfter = Number(answer.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(290);
    expect(retryAfter).toBeLessThanOrEqual(300);
    expect(answer.errors?.[0]?.extensions).toMatchObject({ retryable: true, retryAfter });
    server.advance(5 * minute);
    expect(await guess(server)).toBe(true);
  });

  it('P16: a token beside a guess does not make it another caller’s', async () => {
    const server = await serverForTest({ RATE_LIMIT_LOGIN: '2/5m' });
    const guessAs = (token: string) =>
      server.gql(
        `mutation { login(input: { email: "${newEmail()}", password: "wrong, and long enough" }) { expiresIn } revokeSession(id: "x") { id } }`,
        { token },
      );
    const first = await signup(server);
    for (const code of ['INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'RATE_LIMITED']) {
      expect((await guessAs(first.accessToken)).codes).toContain(code);
    }
    const second = await signup(server);
    expect((await guessAs(second.accessToken)).codes).toEqual(['RATE_LIMITED']);
  });

  it('P17: who is signed in goes on by refresh token while guesses from the same place are refused', async () => {
    const server = await serverForTest({ RATE_LIMIT_LOGIN: '2/5m' });
    const grant = await signup(server);
    await guesses(server, 5, () => ({}));
    expect((await refresh(server, grant.refreshToken)).codes).toEqual([]);
    expect((await server.gql('{ me { id } }', { token: grant.accessToken })).codes).toEqual([]);
  });

  it('P16: an IPv6 customer is one caller, however they choose among their addresses and spellings', async () => {
    const server = await serverForTest({ ...behindProxy, RATE_LIMIT_LOGIN: '3/5m' });
    const spelt = [
      '2001:db8:1:2::1',
      '2001:0db8:0001:0002::2',
      '2001:db8:1:2:ffff:ffff:ffff:ffff',
      '2001:DB8:1:2:0:0:0:4',
    ];
    expect(await guesses(server, 12, (index) => from(spelt[index % 4] ?? ''))).toBe(3);
    expect(await guesses(server, 1, () => from('2001:db8:1:3::1'))).toBe(1);
    expect(await guesses(server, 5, (index) => from(index % 2 ? '198.51.100.7' : '::ffff:198.51.100.7'))).toBe(3);
  });

  it('signing up, refreshing and changing a password have limits too, each its own', async () => {
    const server = await serverForTest({
      RATE_LIMIT_SIGNUP: '2/1h',
      RATE_LIMIT_REFRESH: '2/5m',
      RATE_LIMIT_LOGIN: '2/5m',
    });
    const [grant, other] = [await signup(server), await signup(server)];
    await expect(signup(server)).rejects.toThrow('RATE_LIMITED');
    let current = grant;
    for (let count = 0; count < 2; count += 1) current = (await refresh(server, current.refreshToken)).data.refresh;
    expect((await refresh(server, current.refreshToken)).codes).toEqual(['RATE_LIMITED']);
    const change = (token: string) =>
      server.gql(
        'mutation { changePassword(input: { currentPassword: "wrong", newPassword: "another long password" }) { expiresIn } }',
        { token },
      );
    // By account, whoever has its token and wherever they are.
    for (const code of ['INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'RATE_LIMITED']) {
      expect((await change(grant.accessToken)).codes).toEqual([code]);
    }
    expect((await change(other.accessToken)).codes).toEqual(['INVALID_CREDENTIALS']);
  });

  it('POST /token shares them, and has no other spelling', async () => {
    const server = await serverForTest({ RATE_LIMIT_LOGIN: '2/5m', RATE_LIMIT_REFRESH: '2/5m' });
    const token = (parameters: Record<string, string>, path = '/token') =>
      server.fetch(path, { method: 'POST', body: new URLSearchParams(parameters) });
    const password = { grant_type: 'password', username: newEmail(), password: 'wrong, and long enough' };
    const spent = { grant_type: 'refresh_token', refresh_token: 'x' };
    expect(await guess(server)).toBe(true);
    expect((await token(password)).status).toBe(400);
    const answer = await token(password);
    expect([answer.status, (await answer.json()).error]).toEqual([429, 'temporarily_unavailable']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await guess(server)).toBe(false);
    const asJson = await server.fetch('/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: newEmail(), password: 'x' }),
    });
    expect(asJson.status).toBe(429);
    expect([(await token(spent)).status, (await token(spent)).status, (await token(spent)).status]).toEqual([
      400, 400, 429,
    ]);
    // GHSA-x732-6j76-qmhm
    for (const path of ['//token', '/TOKEN', '/%74oken', '/token/', '/./token;x']) {
      expect([400, 404]).toContain((await token(password, path)).status);
    }
  });

  it('guesses by Basic are counted with the others, and what was right is not asked again', async () => {
    const server = await serverForTest({ BASIC_AUTH: 'on', RATE_LIMIT_LOGIN: '3/5m' });
    const { user } = await signup(server);
    const basic = (password: string) =>
      server.gql('{ me { id } }', {
        headers: { ...accept, authorization: `Basic ${Buffer.from(`${user.email}:${password}`).toString('base64')}` },
      });
    for (let count = 0; count < 5; count += 1) expect((await basic(goodPassword)).status).toBe(200);
    expect((await basic('wrong 1')).status).toBe(401);
    expect((await basic('wrong 2')).status).toBe(401);
    expect(limited(await basic('wrong 3'))).toEqual(refused);
    expect(await guess(server)).toBe(false);
    expect((await basic(goodPassword)).status).toBe(200);
  });

  it('nothing of a refused operation has run, and it is written down once', async () => {
    const server = await serverForTest({ RATE_LIMIT_SIGNUP: '1/1h' });
    await signup(server);
    const email = newEmail();
    for (let count = 0; count < 3; count += 1) await expect(signup(server, email)).rejects.toThrow('RATE_LIMITED');
    expect((await login(server, email)).codes).toEqual(['INVALID_CREDENTIALS']);
    const lines = server.logLines().filter(({ event }) => event === 'rate.limited');
    expect(lines).toEqual([expect.objectContaining({ reason: 'SIGNUP', ip: '127.0.0.1', outcome: 'failure' })]);
  });
});

describe('the budget of a caller', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...behindProxy, RATE_LIMIT: '10/1h' });
  });
  afterAll(() => server.stop());

  let last = 0;
  const newAddress = () => from(`198.51.100.${++last}`);
  const ask = (query: string, headers: Record<string, string>, token?: string) =>
    server.gql(query, { headers: { ...accept, ...headers }, ...(token ? { token } : {}) });

  it('is spent by the fields at the root, however they are written', async () => {
    const headers = newAddress();
    for (const query of [
      '{ a: hello b: hello c: hello }',
      '{ ...F ...F hello } fragment F on Query { a: hello b: hello }',
      'query ($no: Boolean = false) { hello ... @include(if: $no) { b: hello c: hello } x: hello @skip(if: true) }',
      '{ __typename }',
      '{ __schema { queryType { name } } }',
    ]) {
      expect((await ask(query, headers)).status).toBe(200);
    }
    // The refused request is counted too.
    expect(limited(await ask('{ a: hello b: hello }', headers))).toEqual(refused);
    expect(limited(await ask('{ hello }', headers))).toEqual(refused);
    const asJson = { ...headers, accept: 'application/json' };
    expect(limited(await server.gql('{ hello }', { headers: asJson }))).toEqual([200, ['RATE_LIMITED'], undefined]);
  });

  it('is each signed-in caller’s own, wherever they are, and an API key’s own', async () => {
    const [one, other] = [await signup(server), await signup(server)];
    const made = 'mutation { createApiKey(input: { name: "x", scopes: ["account:read"] }) { secret } }';
    const key = (await ask(made, {}, one.accessToken)).data.createApiKey.secret;
    for (let count = 0; count < 9; count += 1) {
      expect((await ask('{ me { id } }', newAddress(), one.accessToken)).status).toBe(200);
    }
    expect(limited(await ask('{ me { id } }', newAddress(), one.accessToken))).toEqual(refused);
    expect((await ask('{ me { id } }', {}, other.accessToken)).status).toBe(200);
    expect((await ask('{ me { id } }', { 'x-api-key': key })).status).toBe(200);
    server.advance(60 * minute);
    expect((await refresh(server, one.refreshToken)).codes).toEqual([]);
  });

  it('is the same on both ways through the server', async () => {
    for (const type of ['application/json', 'application/graphql-response+json', '*/*']) {
      const answers = [];
      for (const path of ['/graphql', '/graphql?way=the-other']) {
        const headers = {
          ...newAddress(),
          accept: type,
          'content-type': 'application/json',
          'x-request-id': 'the-same',
        };
        const send = (query: string) =>
          server.fetch(path, { method: 'POST', headers, body: JSON.stringify({ query }) });
        for (const query of ['{ a: hello b: hello c: hello }', '{ d: hello ...F } fragment F on Query { e: hello }']) {
          expect((await send(query)).status).toBe(200);
        }
        for (let count = 0; count < 5; count += 1) await send('{ hello }');
        const refusal = await send('{ hello }');
        const shown = [...refusal.headers].filter(([name]) => !['date', 'ratelimit', 'retry-after'].includes(name));
        answers.push([
          refusal.status,
          shown,
          (await refusal.text()).replace(/"retryAfter":\d+/, ''),
          refusal.headers.has('retry-after'),
        ]);
      }
      expect(answers[1]).toEqual(answers[0]);
    }
  });

  it('is told from its half on, and with every strict limit', async () => {
    const headers = newAddress();
    const told = async (query: string) => {
      const answer = await ask(query, headers);
      return [answer.headers.get('ratelimit-policy'), answer.headers.get('ratelimit')?.replace(/t=\d+/g, 't') ?? null];
    };
    expect(await told('{ a: hello b: hello c: hello d: hello }')).toEqual([null, null]);
    expect(await told('{ hello }')).toEqual(['"general";q=10;w=3600', '"general";r=5;t']);
    expect(await told('{ hello }')).toEqual(['"general";q=10;w=3600', '"general";r=4;t']);
    const strict = await serverForTest({ RATE_LIMIT: '10/1h', RATE_LIMIT_REFRESH: '3/5m' });
    const answer = await refresh(strict, 'x');
    expect(answer.headers.get('ratelimit-policy')).toBe('"refresh";q=3;w=300');
    expect(answer.headers.get('ratelimit')).toMatch(/^"refresh";r=2;t=(?:300|299)$/);
  });
});

it('RATE_LIMIT is 1000/1h, and the strict limits hold beside RATE_LIMIT=off', async () => {
  const byDefault = await serverForTest({ NODE_ENV: 'test', RATE_LIMIT: '' });
  const twenty = `{ ${Array.from({ length: 20 }, (_, i) => `a${i}: hello`).join(' ')} }`;
  for (let count = 0; count < 24; count += 1) await byDefault.gql(twenty);
  expect((await byDefault.gql(twenty)).headers.get('ratelimit')).toMatch(/^"general";r=500;/);
  const off = await serverForTest({ NODE_ENV: 'test', RATE_LIMIT: 'off', RATE_LIMIT_LOGIN: '' });
  expect((await off.gql('{ hello }')).headers.get('ratelimit')).toBeNull();
  expect(await guesses(off, 32, () => ({}))).toBe(30);
});

it('in development there is no general limit, and room for a thousand sign-ins and accounts', async () => {
  const unset = { RATE_LIMIT: '', RATE_LIMIT_LOGIN: '', RATE_LIMIT_SIGNUP: '' };
  const server = await serverForTest({ ...unset, NODE_ENV: 'development' });
  expect((await server.gql('{ hello }')).headers.get('ratelimit')).toBeNull();
  expect((await login(server, newEmail(), 'wrong, and long enough')).headers.get('ratelimit')).toMatch(
    /^"login";r=999;/,
  );
});
