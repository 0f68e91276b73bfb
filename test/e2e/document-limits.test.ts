import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { head, json, openSocket } from '../support/raw-http.ts';
import type { TestServer } from '../support/server.ts';
import { type GraphQLAnswer, type GraphQLOptions, serverForTest, signup, startServer } from '../support/server.ts';
import { until } from '../support/time.ts';

const accept = { accept: 'application/graphql-response+json' };
const hour = 3_600_000;
const env = { TRUSTED_PROXIES: 'loopback', RATE_LIMIT: '10/1h' };

/** Two ways lead through the server. A query string keeps a request off the straight one. */
const ways = ['/graphql', '/graphql?way=the-other'];

const shown = ({ status, codes }: GraphQLAnswer) => [status, codes];
const refused = [429, ['RATE_LIMITED']];

let texts = 0;
/** Good, and not seen before. */
const newText = () => `{ hello } # ${++texts}`;
/** So many bytes that do not parse. */
const broken = (bytes = 1) => '{'.padEnd(bytes, ' ');

let addresses = 0;
const newAddress = () => ({ 'x-forwarded-for': `198.51.100.${++addresses}` });

const asker =
  (server: TestServer) =>
  (query: string, headers: Record<string, string>, options: GraphQLOptions = {}): Promise<GraphQLAnswer> =>
    server.gql(query, { ...options, headers: { ...accept, ...headers } });

describe('G05: documents that are no good', () => {
  let server: TestServer;
  let ask: ReturnType<typeof asker>;
  beforeAll(async () => {
    server = await startServer(env);
    ask = asker(server);
  });
  afterAll(() => server.stop());

  /** Spends what the address has: 10 points. */
  const spendAll = async (headers: Record<string, string>): Promise<void> => {
    expect((await ask(broken(10 * 1024), headers)).status).toBe(400);
  };

  it.each([
    ['a text of 1 byte more than nine KiB, as ten', [9 * 1024 + 1]],
    ['a text of ten KiB, as ten', [10 * 1024]],
    ['texts of one byte each, as one', Array.from({ length: 10 }, () => 1)],
    ['a text that is larger than what is left, in full', [8 * 1024, 100, 50 * 1024]],
  ])('count %s', async (_what, sizes) => {
    const headers = newAddress();
    for (const bytes of sizes) expect((await ask(broken(bytes), headers)).status).toBe(400);
    const answer = await ask(broken(), headers);
    expect(shown(answer)).toEqual(refused);
    const retryAfter = Number(answer.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(3_590);
    expect(retryAfter).toBeLessThanOrEqual(3_600);
    expect(answer.errors?.[0]?.extensions).toMatchObject({ retryable: true, retryAfter });
    expect(answer.headers.get('ratelimit-policy')).toBe('"documents";q=10;w=3600');
    expect(answer.headers.get('ratelimit')).toMatch(/^"documents";r=0;/);
  });

  it('count no more than they are', async () => {
    const headers = newAddress();
    expect((await ask(broken(9 * 1024), headers)).status).toBe(400);
    expect((await ask(broken(), headers)).status).toBe(400);
    expect(shown(await ask(broken(), headers))).toEqual(refused);
  });

  const pages = `{ ${Array.from({ length: 13 }, (_, i) => `p${i}: users(first: $n) { edges { cursor node { id } } }`)} }`;
  it.each<[string, string, GraphQLOptions]>([
    ['does not parse', '{ hello', {}],
    ['is not valid', '{ helo }', {}],
    ['is too deep', `{ ${'me { '.repeat(16)} id ${'} '.repeat(16)} }`, {}],
    ['has too many tokens', `{ ${'id '.repeat(2_000)} }`, {}],
    ['costs too much with its variables', `query ($n: Int) ${pages}`, { variables: { n: 100 } }],
    ['has not the operation that is asked for', 'query A { hello }', { operationName: 'B' }],
  ])('count where the document %s, on both ways, each time and once', async (_what, query, options) => {
    for (const path of ways) {
      const headers = { ...newAddress(), ...accept, 'content-type': 'application/json' };
      const send = (text: string) =>
        server.fetch(path, { method: 'POST', headers, body: JSON.stringify({ query: text, ...options }) });
      const perLook = Math.ceil(query.length / 1024);
      for (let spent = 0; spent < 10; spent += perLook) expect((await send(query)).status).not.toBe(429);
      expect((await send(query)).status).toBe(429);
    }
  });

  it('count where a mutation comes by GET', async () => {
    const headers = { ...newAddress(), ...accept };
    const send = () => server.fetch('/graphql?query=mutation{logout{endedSessions}}', { headers });
    for (let count = 0; count < 10; count += 1) expect((await send()).status).toBe(405);
    expect((await send()).status).toBe(429);
  });

  it('are answered alike on both ways while they are refused', async () => {
    for (const type of ['application/json', 'application/graphql-response+json', '*/*']) {
      const answers = [];
      for (const path of ways) {
        const address = newAddress();
        const headers = { ...address, accept: type, 'content-type': 'application/json', 'x-request-id': 'same' };
        await spendAll(address);
        const answer = await server.fetch(path, {
          method: 'POST',
          headers,
          body: JSON.stringify({ query: newText() }),
        });
        const kept = [...answer.headers].filter(([name]) => !['date', 'ratelimit', 'retry-after'].includes(name));
        const told = [answer.headers.has('ratelimit'), answer.headers.has('retry-after')];
        answers.push([answer.status, kept, told, (await answer.text()).replace(/"retryAfter":\d+/, '')]);
      }
      expect(answers[1]).toEqual(answers[0]);
      expect(JSON.stringify(answers[0])).toContain('RATE_LIMITED');
    }
  });

  it('shut out what is not known, good or not, and nothing that is, on whichever way it became known', async () => {
    const headers = newAddress();
    const asGet = (text: string) =>
      server.fetch(`/graphql?query=${encodeURIComponent(text)}`, { headers: { ...accept, ...headers } });
    const [straight, byGet, unknown] = [newText(), newText(), newText()];
    await ask(straight, newAddress());
    expect((await server.fetch(`/graphql?query=${encodeURIComponent(byGet)}`)).status).toBe(200);
    await spendAll(headers);
    expect(shown(await ask(unknown, headers))).toEqual(refused);
    expect((await asGet(unknown)).status).toBe(429);
    expect(shown(await ask('{ helo }', headers))).toEqual(refused);
    for (const text of [straight, byGet]) {
      expect((await ask(text, headers)).data).toEqual({ hello: 'Hello from Fieldgate.' });
      expect((await asGet(text)).status).toBe(200);
    }
    // What is refused has not been looked at: it is as unknown as it was.
    expect(shown(await ask(unknown, headers))).toEqual(refused);
  });

  it('are refused before they are parsed: what is wrong with them is not found', async () => {
    const headers = newAddress();
    await spendAll(headers);
    for (let count = 0; count < 3; count += 1) {
      const [error] = (await ask(`{ hello } ${broken(90_000)}`, headers)).errors ?? [];
      expect(error?.extensions['code']).toBe('RATE_LIMITED');
      expect(error).not.toHaveProperty('locations');
    }
  });

  it('are the business of their address alone, an IPv6 one with its /64', async () => {
    await spendAll({ 'x-forwarded-for': '2001:db8:7:7::1' });
    expect(shown(await ask(newText(), { 'x-forwarded-for': '2001:db8:7:7:ffff::2' }))).toEqual(refused);
    expect((await ask(newText(), { 'x-forwarded-for': '2001:db8:7:8::1' })).status).toBe(200);
    expect((await ask(newText(), newAddress())).status).toBe(200);
  });

  it('spend nobody’s budget, and a spent budget is no reason to refuse to look at them', async () => {
    const headers = newAddress();
    const { accessToken: token } = await signup(server);
    await ask('{ me { id } }', newAddress(), { token });
    await ask('{ hello }', newAddress());
    await spendAll(headers);
    // Nine are left of the account's ten, and ten of the address's.
    for (let count = 0; count < 9; count += 1)
      expect((await ask('{ me { id } }', headers, { token })).status).toBe(200);
    expect(shown(await ask('{ me { id } }', headers, { token }))).toEqual(refused);
    for (let count = 0; count < 10; count += 1) expect((await ask('{ hello }', headers)).status).toBe(200);
    expect(shown(await ask('{ hello }', headers))).toEqual(refused);
    const other = newAddress();
    for (let count = 0; count < 10; count += 1) await ask('{ hello }', other);
    expect((await ask('{ helo }', other)).status).toBe(400);
  });

  it('are refused until the window is over', async () => {
    const headers = newAddress();
    await spendAll(headers);
    expect(shown(await ask(newText(), headers))).toEqual(refused);
    server.advance(hour);
    expect((await ask(newText(), headers)).status).toBe(200);
    expect((await ask(broken(), headers)).status).toBe(400);
  });
});

it('documents that are no good are written down when they are first refused, once for each window', async () => {
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
  expect(lines()[0]).toMatchObject({ reason: 'DOCUMENTS', ip: headers['x-forwarded-for'], outcome: 'failure' });
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
