import { describe, expect } from 'vitest';
import {
  type GraphQLAnswer,
  goodPassword,
  login,
  newEmail,
  refresh,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const accept = { accept: 'application/graphql-response+json' };
const minute = 60_000;

const limited = (answer: GraphQLAnswer) => [answer.status, answer.codes, answer.data];
const refused = [429, ['RATE_LIMITED'], undefined];

const from = (ip: string) => ({ 'x-forwarded-for': ip });
const behindProxy = { TRUSTED_PROXIES: 'loopback' };

const test = testWithServer({ ...behindProxy, RATE_LIMIT: '10/1h' });

/** Tries a wrong password. `false` if the limit refused the attempt. */
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
  test('P15: several aliased logins, refreshes or sign-ups are refused before anything runs', async () => {
    const server = await startServer();
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

  test('P16, P17, F24: of 40 simultaneous guesses at as many accounts exactly the limit is checked', async () => {
    const server = await startServer({ RATE_LIMIT_LOGIN: '7/5m' });
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

  test('P16: a token beside a guess does not move the guess to another limit', async () => {
    const server = await startServer({ RATE_LIMIT_LOGIN: '2/5m' });
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

  test('P17: refresh and access tokens work while guesses from the same address are refused', async () => {
    const server = await startServer({ RATE_LIMIT_LOGIN: '2/5m' });
    const grant = await signup(server);
    await guesses(server, 5, () => ({}));
    expect((await refresh(server, grant.refreshToken)).codes).toEqual([]);
    expect((await server.gql('{ me { id } }', { token: grant.accessToken })).codes).toEqual([]);
  });

  test('P16: an IPv6 network counts as one caller, whatever address and spelling it uses', async () => {
    const server = await startServer({ ...behindProxy, RATE_LIMIT_LOGIN: '3/5m' });
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

  test('signup, refresh and changePassword each have a limit of their own', async () => {
    const server = await startServer({
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
    // By account, whatever the address.
    for (const code of ['INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'RATE_LIMITED']) {
      expect((await change(grant.accessToken)).codes).toEqual([code]);
    }
    expect((await change(other.accessToken)).codes).toEqual(['INVALID_CREDENTIALS']);
  });

  test('POST /token shares these limits and has no other spelling', async () => {
    const server = await startServer({ RATE_LIMIT_LOGIN: '2/5m', RATE_LIMIT_REFRESH: '2/5m' });
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

  test('guesses by Basic count with the others, and a cached password does not', async () => {
    const server = await startServer({ BASIC_AUTH: 'on', RATE_LIMIT_LOGIN: '3/5m' });
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

  test('a refused operation runs nothing and is one event', async () => {
    const server = await startServer({ RATE_LIMIT_SIGNUP: '1/1h' });
    await signup(server);
    const email = newEmail();
    for (let count = 0; count < 3; count += 1) await expect(signup(server, email)).rejects.toThrow('RATE_LIMITED');
    expect((await login(server, email)).codes).toEqual(['INVALID_CREDENTIALS']);
    const lines = server.logLines().filter(({ event }) => event === 'rate.limited');
    expect(lines).toEqual([expect.objectContaining({ reason: 'SIGNUP', ip: '127.0.0.1', outcome: 'failure' })]);
  });
});

describe('the general limit', () => {
  let last = 0;
  const newAddress = () => from(`198.51.100.${++last}`);
  const ask = (server: TestServer, query: string, headers: Record<string, string>, token?: string) =>
    server.gql(query, { headers: { ...accept, ...headers }, ...(token ? { token } : {}) });

  test('every root field counts, however it is written', async ({ server }) => {
    const headers = newAddress();
    for (const query of [
      '{ a: hello b: hello c: hello }',
      '{ ...F ...F hello } fragment F on Query { a: hello b: hello }',
      'query ($no: Boolean = false) { hello ... @include(if: $no) { b: hello c: hello } x: hello @skip(if: true) }',
      '{ __typename }',
      '{ __schema { queryType { name } } }',
    ]) {
      expect((await ask(server, query, headers)).status).toBe(200);
    }
    // The refused request counts too.
    expect(limited(await ask(server, '{ a: hello b: hello }', headers))).toEqual(refused);
    expect(limited(await ask(server, '{ hello }', headers))).toEqual(refused);
    const asJson = { ...headers, accept: 'application/json' };
    expect(limited(await server.gql('{ hello }', { headers: asJson }))).toEqual([200, ['RATE_LIMITED'], undefined]);
  });

  test('every account and every API key has its own limit, whatever the address', async ({ server }) => {
    const [one, other] = [await signup(server), await signup(server)];
    const made = 'mutation { createApiKey(input: { name: "x", scopes: ["account:read"] }) { secret } }';
    const key = (await ask(server, made, {}, one.accessToken)).data.createApiKey.secret;
    for (let count = 0; count < 9; count += 1) {
      expect((await ask(server, '{ me { id } }', newAddress(), one.accessToken)).status).toBe(200);
    }
    expect(limited(await ask(server, '{ me { id } }', newAddress(), one.accessToken))).toEqual(refused);
    expect((await ask(server, '{ me { id } }', {}, other.accessToken)).status).toBe(200);
    expect((await ask(server, '{ me { id } }', { 'x-api-key': key })).status).toBe(200);
    server.advance(60 * minute);
    expect((await refresh(server, one.refreshToken)).codes).toEqual([]);
  });

  test.for([
    ['application/json', 200],
    ['application/graphql-response+json', 429],
    ['*/*', 429],
  ] as const)('a refusal is answered as %s with status %i', async ([accepted, status], { server }) => {
    const headers = { ...newAddress(), accept: accepted };
    for (let count = 0; count < 10; count += 1) expect((await ask(server, '{ hello }', headers)).codes).toEqual([]);
    const refusal = await ask(server, '{ hello }', headers);
    expect([refusal.status, refusal.codes, refusal.data]).toEqual([status, ['RATE_LIMITED'], undefined]);
    expect(refusal.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  test('RateLimit headers are sent from half of the limit on, and with every strict limit', async ({ server }) => {
    const headers = newAddress();
    const told = async (query: string) => {
      const answer = await ask(server, query, headers);
      return [answer.headers.get('ratelimit-policy'), answer.headers.get('ratelimit')?.replace(/t=\d+/g, 't') ?? null];
    };
    expect(await told('{ a: hello b: hello c: hello d: hello }')).toEqual([null, null]);
    expect(await told('{ hello }')).toEqual(['"general";q=10;w=3600', '"general";r=5;t']);
    expect(await told('{ hello }')).toEqual(['"general";q=10;w=3600', '"general";r=4;t']);
    const strict = await startServer({ RATE_LIMIT: '10/1h', RATE_LIMIT_REFRESH: '3/5m' });
    const answer = await refresh(strict, 'x');
    expect(answer.headers.get('ratelimit-policy')).toBe('"refresh";q=3;w=300');
    expect(answer.headers.get('ratelimit')).toMatch(/^"refresh";r=2;t=(?:300|299)$/);
  });
});

test('RATE_LIMIT is 1000/1h by default, and the strict limits hold with RATE_LIMIT=off', async () => {
  const byDefault = await startServer({ NODE_ENV: 'test', RATE_LIMIT: '' });
  const twenty = `{ ${Array.from({ length: 20 }, (_, i) => `a${i}: hello`).join(' ')} }`;
  for (let count = 0; count < 24; count += 1) await byDefault.gql(twenty);
  expect((await byDefault.gql(twenty)).headers.get('ratelimit')).toMatch(/^"general";r=500;/);
  const off = await startServer({ NODE_ENV: 'test', RATE_LIMIT: 'off', RATE_LIMIT_LOGIN: '' });
  expect((await off.gql('{ hello }')).headers.get('ratelimit')).toBeNull();
  expect(await guesses(off, 32, () => ({}))).toBe(30);
});

test('development has no general limit, and room for a thousand sign-ins and accounts', async () => {
  const unset = { RATE_LIMIT: '', RATE_LIMIT_LOGIN: '', RATE_LIMIT_SIGNUP: '' };
  const server = await startServer({ ...unset, NODE_ENV: 'development' });
  expect((await server.gql('{ hello }')).headers.get('ratelimit')).toBeNull();
  expect((await login(server, newEmail(), 'wrong, and long enough')).headers.get('ratelimit')).toMatch(
    /^"login";r=999;/,
  );
});
