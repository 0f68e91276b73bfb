import { once } from 'node:events';
import { describe, expect } from 'vitest';
import { head, json, openSocket } from '../support/raw-http.ts';
import {
  type GraphQLAnswer,
  type GraphQLOptions,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';
import { until } from '../support/time.ts';

const accept = { accept: 'application/graphql-response+json' };
const hour = 3_600_000;
const env = { TRUSTED_PROXIES: 'loopback', RATE_LIMIT: '10/1h' };

const test = testWithServer(env);

const shown = ({ status, codes }: GraphQLAnswer) => [status, codes];
const refused = [429, ['RATE_LIMITED']];

let texts = 0;
/** A valid document that the server has not seen before. */
const newText = () => `{ hello } # ${++texts}`;
/** A document of this size that does not parse. */
const broken = (bytes = 1) => '{'.padEnd(bytes, ' ');

let addresses = 0;
const newAddress = () => ({ 'x-forwarded-for': `198.51.100.${++addresses}` });

const ask = (server: TestServer, query: string, headers: Record<string, string>, options: GraphQLOptions = {}) =>
  server.gql(query, { ...options, headers: { ...accept, ...headers } });

/** Uses up the limit of this address: 10 points. */
const spendAll = async (server: TestServer, headers: Record<string, string>): Promise<void> => {
  expect((await ask(server, broken(10 * 1024), headers)).status).toBe(400);
};

describe('the limit on invalid documents', () => {
  test.for([
    ['a document of nine KiB and one byte counts ten points', [9 * 1024 + 1]],
    ['a document of ten KiB counts ten points', [10 * 1024]],
    ['a document of one byte counts one point', Array.from({ length: 10 }, () => 1)],
    ['a document larger than the rest of the limit is still parsed', [8 * 1024, 100, 50 * 1024]],
  ] as const)('G05: %s', async ([_what, sizes], { server }) => {
    const headers = newAddress();
    for (const bytes of sizes) expect((await ask(server, broken(bytes), headers)).status).toBe(400);
    const answer = await ask(server, broken(), headers);
    expect(shown(answer)).toEqual(refused);
    const retryAfter = Number(answer.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(3_590);
    expect(retryAfter).toBeLessThanOrEqual(3_600);
    expect(answer.errors?.[0]?.extensions).toMatchObject({ retryable: true, retryAfter });
    expect(answer.headers.get('ratelimit-policy')).toBe('"documents";q=10;w=3600');
    expect(answer.headers.get('ratelimit')).toMatch(/^"documents";r=0;/);
  });

  test('G05: a document counts no more points than its size', async ({ server }) => {
    const headers = newAddress();
    expect((await ask(server, broken(9 * 1024), headers)).status).toBe(400);
    expect((await ask(server, broken(), headers)).status).toBe(400);
    expect(shown(await ask(server, broken(), headers))).toEqual(refused);
  });

  const pages = `{ ${Array.from({ length: 13 }, (_, i) => `p${i}: users(first: $n) { edges { cursor node { id } } }`)} }`;
  test.for<[string, string, GraphQLOptions]>([
    ['that does not parse', '{ hello', {}],
    ['that is not valid', '{ helo }', {}],
    ['that is too deep', `{ ${'me { '.repeat(16)} id ${'} '.repeat(16)} }`, {}],
    ['with too many tokens', `{ ${'id '.repeat(2_000)} }`, {}],
    ['that costs too much with its variables', `query ($n: Int) ${pages}`, { variables: { n: 100 } }],
    ['without the operation that is asked for', 'query A { hello }', { operationName: 'B' }],
  ])('G05: a document %s counts once for each request', async ([_what, query, options], { server }) => {
    const headers = newAddress();
    const points = Math.ceil(query.length / 1024);
    for (let spent = 0; spent < 10; spent += points) {
      expect((await ask(server, query, headers, options)).status).not.toBe(429);
    }
    expect((await ask(server, query, headers, options)).status).toBe(429);
  });

  test('G05: a mutation by GET counts', async ({ server }) => {
    const headers = { ...newAddress(), ...accept };
    const send = () => server.fetch('/graphql?query=mutation{logout{endedSessions}}', { headers });
    for (let count = 0; count < 10; count += 1) expect((await send()).status).toBe(405);
    expect((await send()).status).toBe(429);
  });

  test.for([
    ['application/json', 200],
    ['application/graphql-response+json', 429],
    ['*/*', 429],
  ] as const)('G05: a refused document is answered as %s with status %i', async ([type, status], { server }) => {
    const headers = newAddress();
    await spendAll(server, headers);
    const answer = await ask(server, newText(), { ...headers, accept: type });
    expect([answer.status, answer.codes, answer.data]).toEqual([status, ['RATE_LIMITED'], undefined]);
    expect(answer.headers.get('ratelimit')).toMatch(/^"documents";r=0;/);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  test('G05: an address over the limit is refused unknown documents, valid or not, and answered known ones', async ({
    server,
  }) => {
    const headers = newAddress();
    const asGet = (text: string) =>
      server.fetch(`/graphql?query=${encodeURIComponent(text)}`, { headers: { ...accept, ...headers } });
    const [byPost, byGet, unknown] = [newText(), newText(), newText()];
    await ask(server, byPost, newAddress());
    expect((await server.fetch(`/graphql?query=${encodeURIComponent(byGet)}`)).status).toBe(200);
    await spendAll(server, headers);
    expect(shown(await ask(server, unknown, headers))).toEqual(refused);
    expect((await asGet(unknown)).status).toBe(429);
    expect(shown(await ask(server, '{ helo }', headers))).toEqual(refused);
    for (const text of [byPost, byGet]) {
      expect((await ask(server, text, headers)).data).toEqual({ hello: 'Hello from Fieldgate.' });
      expect((await asGet(text)).status).toBe(200);
    }
    // A refused document has not been parsed, so it is still unknown.
    expect(shown(await ask(server, unknown, headers))).toEqual(refused);
  });

  test('G05: a document over the limit is refused before it is parsed', async ({ server }) => {
    const headers = newAddress();
    await spendAll(server, headers);
    for (let count = 0; count < 3; count += 1) {
      const [error] = (await ask(server, `{ hello } ${broken(90_000)}`, headers)).errors ?? [];
      expect(error?.extensions['code']).toBe('RATE_LIMITED');
      expect(error).not.toHaveProperty('locations');
    }
  });

  test('G05: the limit is per address, and per /64 for IPv6', async ({ server }) => {
    await spendAll(server, { 'x-forwarded-for': '2001:db8:7:7::1' });
    expect(shown(await ask(server, newText(), { 'x-forwarded-for': '2001:db8:7:7:ffff::2' }))).toEqual(refused);
    expect((await ask(server, newText(), { 'x-forwarded-for': '2001:db8:7:8::1' })).status).toBe(200);
    expect((await ask(server, newText(), newAddress())).status).toBe(200);
  });

  test('G05: invalid documents use up no quota, and a used-up quota does not refuse invalid documents', async ({
    server,
  }) => {
    const headers = newAddress();
    const { accessToken: token } = await signup(server);
    await ask(server, '{ me { id } }', newAddress(), { token });
    await ask(server, '{ hello }', newAddress());
    await spendAll(server, headers);
    // The account has nine of ten left, the address ten.
    for (let count = 0; count < 9; count += 1)
      expect((await ask(server, '{ me { id } }', headers, { token })).status).toBe(200);
    expect(shown(await ask(server, '{ me { id } }', headers, { token }))).toEqual(refused);
    for (let count = 0; count < 10; count += 1) expect((await ask(server, '{ hello }', headers)).status).toBe(200);
    expect(shown(await ask(server, '{ hello }', headers))).toEqual(refused);
    const other = newAddress();
    for (let count = 0; count < 10; count += 1) await ask(server, '{ hello }', other);
    expect((await ask(server, '{ helo }', other)).status).toBe(400);
  });

  test('G05: the limit ends with its window', async ({ server }) => {
    const headers = newAddress();
    await spendAll(server, headers);
    expect(shown(await ask(server, newText(), headers))).toEqual(refused);
    server.advance(hour);
    expect((await ask(server, newText(), headers)).status).toBe(200);
    expect((await ask(server, broken(), headers)).status).toBe(400);
  });
});

test('G05: the first refusal in each window is an event', async () => {
  const server = await startServer(env);
  const lines = () => server.logLines().filter(({ event }) => event === 'rate.limited');
  const headers = newAddress();
  for (const written of [1, 2]) {
    await ask(server, broken(10 * 1024), headers);
    expect(lines()).toHaveLength(written - 1);
    for (let count = 0; count < 3; count += 1) await ask(server, broken(), headers);
    expect(lines()).toHaveLength(written);
    server.advance(hour);
  }
  expect(lines()[0]).toMatchObject({ reason: 'DOCUMENTS', ip: headers['x-forwarded-for'], outcome: 'failure' });
});

test('RATE_LIMIT=off switches the limit on documents off', async () => {
  const server = await startServer({ RATE_LIMIT: 'off' });
  for (let count = 0; count < 15; count += 1) {
    const answer = await server.gql(broken(90 * 1024), { headers: accept });
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([400, null]);
  }
});

test('G05: documents of a client that does not wait for the answer count too', async () => {
  const server = await startServer(env);
  const body = JSON.stringify({ query: broken(1_000) });
  for (let count = 0; count < 10; count += 1) {
    const socket = openSocket(server.url);
    socket.write(head(['Host: x', json, `Content-Length: ${body.length}`]) + body, () => socket.destroy());
    await once(socket, 'close');
  }
  await until(async () => (await ask(server, newText(), {})).status === 429);
});
