import { once } from 'node:events';
import { describe, expect } from 'vitest';
import { head, json, openSocket } from '../support/raw-http.ts';
import { type GraphQLOptions, startServer, testWithServer } from '../support/server.ts';
import { accept, ask, broken, exhaust, newAddress, newText, refused, shown, tenPoints } from '../support/ten-points.ts';
import { until } from '../support/time.ts';

const hour = 3_600_000;

const test = testWithServer(tenPoints);

describe('the limit on requests', () => {
  test.for([
    ['an invalid document of nine KiB and one byte counts ten points', [broken(9 * 1024 + 1)]],
    ['an invalid document of ten KiB counts ten points', [broken(10 * 1024)]],
    ['a valid and unknown document of ten KiB counts ten points', [newText(10 * 1024)]],
    ['a document of one byte counts one point', Array.from({ length: 10 }, () => broken())],
    ['the first KiB counts together with the first root field', [newText(1024), newText(9 * 1024)]],
  ] as const)('G05: %s', async ([_what, documents], { server }) => {
    const headers = newAddress();
    for (const text of documents) expect((await ask(server, text, headers)).status).not.toBe(429);
    const answer = await ask(server, broken(), headers);
    expect(shown(answer)).toEqual(refused);
    const retryAfter = Number(answer.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(3_590);
    expect(retryAfter).toBeLessThanOrEqual(3_600);
    expect(answer.errors?.[0]?.extensions).toMatchObject({ retryable: true, retryAfter });
    expect(answer.headers.get('ratelimit-policy')).toBe('"general";q=10;w=3600');
    expect(answer.headers.get('ratelimit')).toMatch(/^"general";r=0;/);
  });

  test('a known document costs its fields, whatever its length', async ({ server }) => {
    const text = newText(8 * 1024);
    await ask(server, text, newAddress());
    const headers = newAddress();
    for (let count = 0; count < 10; count += 1) expect((await ask(server, text, headers)).status).toBe(200);
    expect(shown(await ask(server, text, headers))).toEqual(refused);
  });

  const pages = `{ ${Array.from({ length: 13 }, (_, i) => `p${i}: users(first: $n) { edges { cursor node { id } } }`)} }`;
  test.for<[string, string, GraphQLOptions]>([
    ['does not parse', '{ hello', {}],
    ['is not valid', '{ helo }', {}],
    ['is too deep', `{ ${'me { '.repeat(16)} id ${'} '.repeat(16)} }`, {}],
    ['has too many tokens', `{ ${'id '.repeat(2_000)} }`, {}],
    ['costs too much with its variables', `query ($n: Int) ${pages}`, { variables: { n: 100 } }],
    ['lacks the operation that is asked for', 'query A { hello }', { operationName: 'B' }],
    ['needs a credential', '{ me { id } }', {}],
    ['comes with a token that is not valid', '{ me { id } }', { token: 'x.y.z' }],
    ['has a variable of another type', 'query ($id: ID!) { user(id: $id) { id } }', { variables: { id: [] } }],
  ])('G05: a document %s is counted', async ([_what, query, options], { server }) => {
    const headers = newAddress();
    const each = Math.ceil(query.length / 1024);
    for (let consumed = 0; consumed + each <= 10; consumed += each) {
      expect((await ask(server, query, headers, options)).status).not.toBe(429);
    }
    for (let left = 10 % each; left > 0; left -= 1) await ask(server, broken(), headers);
    expect(shown(await ask(server, query, headers, options))).toEqual(refused);
    expect(shown(await ask(server, '{ hello }', headers))).toEqual(refused);
  });

  const jsonType = { 'content-type': 'application/json' };
  test.for<[string, number, string, RequestInit]>([
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
  ])('G05: %s is counted', async ([_what, status, search, init], { server }) => {
    const address = newAddress();
    const headers = { ...accept, ...init.headers, ...address };
    const send = () => server.fetch(`/graphql${search}`, { ...init, headers });
    for (let count = 0; count < 10; count += 1) expect((await send()).status).toBe(status);
    expect((await ask(server, '{ hello }', address)).status).toBe(429);
    if (status !== 413) expect((await send()).status).toBe(429);
  });

  test('G05: a caller with nothing left is refused before anything is parsed', async ({ server }) => {
    const headers = newAddress();
    await exhaust(server, headers);
    for (const body of ['{'.repeat(90_000), JSON.stringify({ query: `{ hello } ${broken(90_000)}` })]) {
      const answer = await server.fetch('/graphql', { method: 'POST', headers: { ...headers, ...jsonType }, body });
      expect(answer.status).toBe(429);
      expect(await answer.text()).not.toContain('locations');
    }
  });

  test('an IPv6 address is counted with its /64', async ({ server }) => {
    await exhaust(server, { 'x-forwarded-for': '2001:db8:7:7::1' });
    expect(shown(await ask(server, newText(), { 'x-forwarded-for': '2001:db8:7:7:ffff::2' }))).toEqual(refused);
    expect((await ask(server, newText(), { 'x-forwarded-for': '2001:db8:7:8::1' })).status).toBe(200);
  });

  test('the next window begins with all its points', async ({ server }) => {
    const headers = newAddress();
    await exhaust(server, headers);
    expect(shown(await ask(server, newText(), headers))).toEqual(refused);
    server.advance(hour);
    expect((await ask(server, newText(), headers)).status).toBe(200);
    expect((await ask(server, broken(), headers)).status).toBe(400);
  });
});

test('a refusal is recorded once for each window', async () => {
  const server = await startServer(tenPoints);
  const lines = () => server.logLines().filter(({ event }) => event === 'rate.limited');
  const headers = newAddress();
  for (const written of [1, 2]) {
    await ask(server, broken(10 * 1024), headers);
    expect(lines()).toHaveLength(written - 1);
    for (let count = 0; count < 3; count += 1) await ask(server, broken(), headers);
    expect(lines()).toHaveLength(written);
    server.advance(hour);
  }
  expect(lines()[0]).toMatchObject({ reason: 'GENERAL', ip: headers['x-forwarded-for'], outcome: 'failure' });
});

test('RATE_LIMIT=off counts no documents', async () => {
  const server = await startServer({ RATE_LIMIT: 'off' });
  for (let count = 0; count < 15; count += 1) {
    const answer = await server.gql(broken(90 * 1024), { headers: accept });
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([400, null]);
  }
});

test('documents of a sender who does not wait for the answer are counted', async () => {
  const server = await startServer(tenPoints);
  const body = JSON.stringify({ query: broken(1_000) });
  for (let count = 0; count < 10; count += 1) {
    const socket = openSocket(server.url);
    socket.write(head(['Host: x', json, `Content-Length: ${body.length}`]) + body, () => socket.destroy());
    await once(socket, 'close');
  }
  await until(async () => (await ask(server, newText(), {})).status === 429);
});
