import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { head, json, openSocket } from '../support/raw-http.ts';
import { until } from '../support/redis-servers.ts';
import type { TestServer } from '../support/server.ts';
import {
  type GraphQLAnswer,
  type GraphQLOptions,
  goodPassword,
  login,
  newEmail,
  refresh,
  serverForTest,
  signup,
  startServer,
} from '../support/server.ts';

const accept = { accept: 'application/graphql-response+json' };
const hour = 3_600_000;
const env = { TRUSTED_PROXIES: 'loopback', RATE_LIMIT: '10/1h' };

const shown = ({ status, codes }: GraphQLAnswer) => [status, codes];
const refused = [429, ['RATE_LIMITED']];

let texts = 0;
/** Valid, of so many bytes, and not seen before. */
const newText = (bytes = 1) => `{ hello } # ${++texts}`.padEnd(bytes, '.');
/** So many bytes that do not parse. */
const broken = (bytes = 1) => '{'.padEnd(bytes, ' ');

let addresses = 0;
const newAddress = () => ({ 'x-forwarded-for': `198.51.100.${++addresses}` });

const asker =
  (server: TestServer) =>
  (query: string, headers: Record<string, string>, options: GraphQLOptions = {}): Promise<GraphQLAnswer> =>
    server.gql(query, { ...options, headers: { ...accept, ...headers } });

/** Consumes all ten points of an address. */
const exhaust = async (server: TestServer, headers: Record<string, string>): Promise<void> => {
  expect((await asker(server)(broken(10 * 1024), headers)).status).toBe(400);
};

describe('G05: every request is counted', () => {
  let server: TestServer;
  let ask: ReturnType<typeof asker>;
  beforeAll(async () => {
    server = await startServer(env);
    ask = asker(server);
  });
  afterAll(() => server.stop());

  it.each([
    ['an invalid text of 1 byte more than nine KiB, as ten', [broken(9 * 1024 + 1)]],
    ['an invalid text of ten KiB, as ten', [broken(10 * 1024)]],
    ['a valid and unknown text of ten KiB, as ten', [newText(10 * 1024)]],
    ['texts of one byte each, as one', Array.from({ length: 10 }, () => broken())],
    ['the first KiB together with the first root field', [newText(1024), newText(9 * 1024)]],
  ])('%s', async (_what, documents) => {
    const headers = newAddress();
    for (const text of documents) expect((await ask(text, headers)).status).not.toBe(429);
    const answer = await ask(broken(), headers);
    expect(shown(answer)).toEqual(refused);
    const retryAfter = Number(answer.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(3_590);
    expect(retryAfter).toBeLessThanOrEqual(3_600);
    expect(answer.errors?.[0]?.extensions).toMatchObject({ retryable: true, retryAfter });
    expect(answer.headers.get('ratelimit-policy')).toBe('"general";q=10;w=3600');
    expect(answer.headers.get('ratelimit')).toMatch(/^"general";r=0;/);
  });

  it('a known document costs its fields, whatever its length', async () => {
    const text = newText(8 * 1024);
    await ask(text, newAddress());
    const headers = newAddress();
    for (let count = 0; count < 10; count += 1) expect((await ask(text, headers)).status).toBe(200);
    expect(shown(await ask(text, headers))).toEqual(refused);
  });

  const pages = `{ ${Array.from({ length: 13 }, (_, i) => `p${i}: users(first: $n) { edges { cursor node { id } } }`)} }`;
  it.each<[string, string, GraphQLOptions]>([
    ['does not parse', '{ hello', {}],
    ['is not valid', '{ helo }', {}],
    ['is too deep', `{ ${'me { '.repeat(16)} id ${'} '.repeat(16)} }`, {}],
    ['has too many tokens', `{ ${'id '.repeat(2_000)} }`, {}],
    ['costs too much with its variables', `query ($n: Int) ${pages}`, { variables: { n: 100 } }],
    ['lacks the operation that is asked for', 'query A { hello }', { operationName: 'B' }],
    ['needs a credential', '{ me { id } }', {}],
    ['comes with a token that is not valid', '{ me { id } }', { token: 'x.y.z' }],
    ['has a variable of another type', 'query ($id: ID!) { user(id: $id) { id } }', { variables: { id: [] } }],
  ])('where the document %s', async (_what, query, options) => {
    const headers = newAddress();
    const each = Math.ceil(query.length / 1024);
    for (let consumed = 0; consumed + each <= 10; consumed += each) {
      expect((await ask(query, headers, options)).status).not.toBe(429);
    }
    for (let left = 10 % each; left > 0; left -= 1) await ask(broken(), headers);
    expect(shown(await ask(query, headers, options))).toEqual(refused);
    expect(shown(await ask('{ hello }', headers))).toEqual(refused);
  });

  const jsonType = { 'content-type': 'application/json' };
  it.each<[string, number, string, RequestInit]>([
    ['a mutation by GET', 405, '?query=mutation{logout{endedSessions}}', {}],
    ['variables that are not JSON', 400, '?query={hello}&variables=[', {}],
    ['a query that is missing', 400, '', {}],
    ['an Accept without anything that can be produced', 406, '?query={hello}', { headers: { accept: 'image/png' } }],
    ['a method that is not there', 405, '', { method: 'PUT' }],
    ['a form', 415, '', { method: 'POST', body: new URLSearchParams({ query: '{hello}' }) }],
    ['a body that is not JSON', 400, '', { method: 'POST', headers: jsonType, body: '{' }],
    ['a body that is not UTF-8', 400, '', { method: 'POST', headers: jsonType, body: new Uint8Array([0xff]) }],
    ['a body that is too long', 413, '', { method: 'POST', headers: jsonType, body: ' '.repeat(200_000) }],
    ['a batch', 400, '', { method: 'POST', headers: jsonType, body: '[{"query":"{hello}"}]' }],
  ])('%s', async (_what, status, search, init) => {
    const address = newAddress();
    const headers = { ...accept, ...init.headers, ...address };
    const send = () => server.fetch(`/graphql${search}`, { ...init, headers });
    for (let count = 0; count < 10; count += 1) expect((await send()).status).toBe(status);
    expect((await ask('{ hello }', address)).status).toBe(429);
    if (status !== 413) expect((await send()).status).toBe(429);
  });

  it('a caller with nothing left is refused before anything is parsed', async () => {
    const headers = newAddress();
    await exhaust(server, headers);
    for (const body of ['{'.repeat(90_000), JSON.stringify({ query: `{ hello } ${broken(90_000)}` })]) {
      const answer = await server.fetch('/graphql', { method: 'POST', headers: { ...headers, ...jsonType }, body });
      expect(answer.status).toBe(429);
      expect(await answer.text()).not.toContain('locations');
    }
  });

  it('an IPv6 address is counted with its /64', async () => {
    await exhaust(server, { 'x-forwarded-for': '2001:db8:7:7::1' });
    expect(shown(await ask(newText(), { 'x-forwarded-for': '2001:db8:7:7:ffff::2' }))).toEqual(refused);
    expect((await ask(newText(), { 'x-forwarded-for': '2001:db8:7:8::1' })).status).toBe(200);
  });

  it('the next window begins with all its points', async () => {
    const headers = newAddress();
    await exhaust(server, headers);
    expect(shown(await ask(newText(), headers))).toEqual(refused);
    server.advance(hour);
    expect((await ask(newText(), headers)).status).toBe(200);
    expect((await ask(broken(), headers)).status).toBe(400);
  });
});

describe('who pays', () => {
  let server: TestServer;
  let ask: ReturnType<typeof asker>;
  beforeAll(async () => {
    server = await startServer({ ...env, BASIC_AUTH: 'on' });
    ask = asker(server);
  });
  afterAll(() => server.stop());

  it('the account of a valid token, for unknown documents and public fields too, and not the exhausted address', async () => {
    const headers = newAddress();
    const { accessToken: token } = await signup(server);
    await exhaust(server, headers);
    for (let count = 0; count < 4; count += 1) expect((await ask(newText(), headers, { token })).status).toBe(200);
    for (let count = 0; count < 6; count += 1) {
      expect((await ask('{ me { id } }', headers, { token })).status).toBe(200);
    }
    expect(shown(await ask('{ me { id } }', headers, { token }))).toEqual(refused);
    expect(shown(await ask('{ hello }', newAddress(), { token }))).toEqual(refused);
  });

  it('the account of a session cookie, unless the page may not use it', async () => {
    const headers = newAddress();
    const answer = await ask(
      'mutation ($input: SignupInput!) { signup(input: $input) { user { id } } }',
      { ...newAddress(), origin: 'http://localhost:4000' },
      { variables: { input: { email: newEmail(), password: goodPassword, delivery: 'COOKIE' } } },
    );
    const cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ');
    await exhaust(server, headers);
    expect((await ask('{ me { id } }', { ...headers, cookie, origin: 'http://localhost:4000' })).status).toBe(200);
    expect((await ask('{ hello }', { ...headers, cookie, origin: 'https://evil.example' })).status).toBe(429);
  });

  it('the address for a token that is forged or expired', async () => {
    const { accessToken } = await signup(server);
    const forged = `${accessToken.slice(0, -4)}AAAA`;
    const headers = newAddress();
    for (let count = 0; count < 10; count += 1) {
      expect((await ask('{ me { id } }', headers, { token: forged })).status).toBe(401);
    }
    expect(shown(await ask('{ me { id } }', headers, { token: forged }))).toEqual(refused);
    expect((await ask('{ me { id } }', headers, { token: accessToken })).status).toBe(200);
    server.advance(20 * 60_000);
    expect(shown(await ask('{ me { id } }', headers, { token: accessToken }))).toEqual(refused);
  });

  it('an API key by itself only while a store has confirmed it within the last minute', async () => {
    const { accessToken: token } = await signup(server);
    const made = 'mutation { createApiKey(input: { name: "x", scopes: ["account:read"] }) { secret } }';
    const key = (await ask(made, newAddress(), { token })).data.createApiKey.secret;
    const headers = newAddress();
    expect((await ask('{ me { id } }', { ...headers, 'x-api-key': key })).status).toBe(200);
    expect((await ask(broken(9 * 1024), headers)).status).toBe(400);
    expect(shown(await ask('{ hello }', headers))).toEqual(refused);
    expect((await ask('{ me { id } }', { ...headers, 'x-api-key': key })).status).toBe(200);
    const another = `${key.slice(0, -10)}0000000000`;
    expect((await ask('{ me { id } }', { ...headers, 'x-api-key': another })).status).toBe(429);
    server.advance(61_000);
    expect((await ask('{ me { id } }', { ...headers, 'x-api-key': key })).status).toBe(429);
    // From elsewhere it is confirmed again, for a minute.
    expect((await ask('{ me { id } }', { ...newAddress(), 'x-api-key': key })).status).toBe(200);
    expect((await ask('{ me { id } }', { ...headers, 'x-api-key': key })).status).toBe(200);
  });

  it('a name and password likewise', async () => {
    const { user } = await signup(server);
    const authorization = `Basic ${Buffer.from(`${user.email}:${goodPassword}`).toString('base64')}`;
    const headers = newAddress();
    expect((await ask('{ me { id } }', { ...newAddress(), authorization })).status).toBe(200);
    await exhaust(server, headers);
    expect((await ask('{ me { id } }', { ...headers, authorization })).status).toBe(200);
    const wrong = `Basic ${Buffer.from(`${user.email}:wrong`).toString('base64')}`;
    expect((await ask('{ me { id } }', { ...headers, authorization: wrong })).status).toBe(429);
  });
});

describe('B3: behind an exhausted address', () => {
  let server: TestServer;
  let ask: ReturnType<typeof asker>;
  beforeAll(async () => {
    server = await startServer({ ...env, RATE_LIMIT_LOGIN: '30/5m', RATE_LIMIT_REFRESH: '150/5m' });
    ask = asker(server);
  });
  afterAll(() => server.stop());

  it('people sign up, sign in, refresh and sign out with documents that the server knows', async () => {
    const { user, refreshToken } = await signup(server);
    const headers = newAddress();
    await login(server, user.email);
    await refresh(server, refreshToken).then(({ data }) => expect(data.refresh.accessToken).toBeTypeOf('string'));
    await exhaust(server, headers);
    expect(shown(await ask('{ hello }', headers))).toEqual(refused);
    for (let count = 0; count < 12; count += 1) {
      expect((await login(server, user.email, goodPassword, headers)).codes).toEqual([]);
    }
    expect(shown(await ask('{ hello }', headers))).toEqual(refused);
  });

  it('signing in and refreshing consume nothing of the general limit', async () => {
    const { user } = await signup(server);
    const headers = newAddress();
    for (let count = 0; count < 12; count += 1) await login(server, user.email, goodPassword, headers);
    for (let count = 0; count < 10; count += 1) expect((await ask('{ hello }', headers)).status).toBe(200);
  });

  it('unknown documents of up to 1 KiB that may sign in are looked at, ten a minute, and run only if they do', async () => {
    const headers = newAddress();
    await exhaust(server, headers);
    let number = 0;
    const unknown = (bytes = 1) => `mutation { logout { endedSessions } } # ${++texts}`.padEnd(bytes, '.');
    expect(shown(await ask(unknown(1025), headers))).toEqual(refused);
    // What does not name a sign-in field takes nothing of the ten.
    for (let count = 0; count < 20; count += 1) expect(shown(await ask(newText(), headers))).toEqual(refused);
    expect(shown(await ask(`{ hello } # login ${++number}`, headers))).toEqual(refused);
    expect(shown(await ask('{ login', headers))).toEqual(refused);
    for (let count = 0; count < 8; count += 1) expect((await ask(unknown(1024), headers)).status).toBe(200);
    expect(shown(await ask(unknown(), headers))).toEqual(refused);
    server.advance(60_000);
    expect((await ask(unknown(), headers)).status).toBe(200);
  });

  it('an operation that does more than sign in is refused', async () => {
    const headers = newAddress();
    const both = 'mutation { logout { endedSessions } revokeSession(id: "x") { id } }';
    await ask(both, newAddress());
    await exhaust(server, headers);
    expect(shown(await ask(both, headers))).toEqual(refused);
  });

  it('signing out is never limited', async () => {
    const headers = newAddress();
    for (let count = 0; count < 200; count += 1) {
      expect((await ask('mutation { logout { endedSessions } }', headers)).status).toBe(200);
    }
    expect((await ask('{ hello }', headers)).status).toBe(200);
  });

  it('a sign-in that runs nothing is a request like any other', async () => {
    const headers = newAddress();
    const skipped = 'mutation { logout @skip(if: true) { endedSessions } }';
    for (let count = 0; count < 10; count += 1) expect((await ask(skipped, headers)).status).toBe(200);
    expect(shown(await ask(skipped, headers))).toEqual(refused);
  });

  it('one bucket that is spent refuses no other', async () => {
    const strict = await serverForTest({ ...env, RATE_LIMIT_LOGIN: '1/5m', RATE_LIMIT_SIGNUP: '3/1h' });
    const grant = await signup(strict);
    for (const code of [[], ['RATE_LIMITED']]) expect((await login(strict, grant.user.email)).codes).toEqual(code);
    expect((await refresh(strict, grant.refreshToken)).codes).toEqual([]);
    expect((await strict.gql('{ hello }')).codes).toEqual([]);
    await signup(strict);
  });
});

it('a refusal is written down once for each window', async () => {
  const server = await serverForTest(env);
  const ask = asker(server);
  const lines = () => server.logLines().filter(({ event }) => event === 'rate.limited');
  const headers = newAddress();
  for (const written of [1, 2]) {
    await ask(broken(10 * 1024), headers);
    expect(lines()).toHaveLength(written - 1);
    for (let count = 0; count < 3; count += 1) await ask(broken(), headers);
    expect(lines()).toHaveLength(written);
    server.advance(hour);
  }
  expect(lines()[0]).toMatchObject({ reason: 'GENERAL', ip: headers['x-forwarded-for'], outcome: 'failure' });
});

it('RATE_LIMIT=off counts no documents', async () => {
  const server = await serverForTest({ RATE_LIMIT: 'off' });
  for (let count = 0; count < 15; count += 1) {
    const answer = await server.gql(broken(90 * 1024), { headers: accept });
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([400, null]);
  }
});

it('documents of a sender who does not wait for the answer are counted', async () => {
  const server = await serverForTest(env);
  const body = JSON.stringify({ query: broken(1_000) });
  for (let count = 0; count < 10; count += 1) {
    const socket = openSocket(server.url);
    socket.write(head(['Host: x', json, `Content-Length: ${body.length}`]) + body, () => socket.destroy());
    await once(socket, 'close');
  }
  await until(async () => (await asker(server)(newText(), {})).status === 429);
});
