import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { createClient } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { blockUnder, runBlock } from './embedding-blocks.ts';

const modules: Readonly<Record<string, () => Promise<object>>> = {
  'node:http': () => import('node:http'),
  graphql: () => import('graphql'),
  'graphql-yoga': () => import('graphql-yoga'),
  'graphql-http/lib/use/http': () => import('graphql-http/lib/use/http'),
  'graphql-ws/use/ws': () => import('graphql-ws/use/ws'),
  ws: () => import('ws'),
  '@fieldgate/guard': () => import('@fieldgate/guard'),
  '@fieldgate/guard/graphql-http': () => import('@fieldgate/guard/graphql-http'),
  '@fieldgate/guard/graphql-ws': () => import('@fieldgate/guard/graphql-ws'),
  '@fieldgate/guard/jwks': () => import('@fieldgate/guard/jwks'),
  '@fieldgate/guard/yoga': () => import('@fieldgate/guard/yoga'),
  '@graphql-tools/schema': () => import('@graphql-tools/schema'),
  '@graphql-yoga/plugin-response-cache': () => import('@graphql-yoga/plugin-response-cache'),
};
const load = async (specifier: string): Promise<Record<string, unknown>> => {
  const module = modules[specifier];
  if (module === undefined) throw new Error(`${specifier} is not known to this test.`);
  return { ...(await module()) };
};
const first = () => runBlock(blockUnder('The first guarded field'), load);
const run = async (heading: string) => runBlock(blockUnder(heading), load, await first());

const portOf = (server: unknown): number => Object(server).address().port;

const body = { query: '{ hello me reports }' };
const ask = (token?: string, query = body.query): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  body: JSON.stringify({ query }),
});

const expectGuarded = async (send: (init: RequestInit) => Promise<Response>): Promise<void> => {
  const user = await send(ask('user-token'));
  expect([user.status, (await user.json()).data]).toEqual([200, { hello: 'Hello!', me: '42', reports: null }]);
  const admin = await send(ask('admin-token'));
  expect((await admin.json()).data).toEqual({ hello: 'Hello!', me: '42', reports: ['2026-01'] });
  for (const [token, query] of [
    [undefined, '{ me }'],
    ['other-token', '{ hello me }'],
  ] as const) {
    const refused = await send(ask(token, query));
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')]);
    expect(Object.keys(await refused.json())).toEqual(['errors']);
  }
};

test.each(['Yoga and Envelop', 'graphql-http'])('the lines for %s serve the first guarded field', async (heading) => {
  const { server } = await run(heading);
  onTestFinished(() => Object(server).close());
  await once(Object(server), 'listening').catch(() => undefined);
  await expectGuarded((init) => fetch(`http://localhost:${portOf(server)}/graphql`, init));
});

test('the lines for graphql itself serve the first guarded field', async () => {
  const { answer } = await run('graphql itself');
  const send = answer as (request: Request) => Promise<Response>;
  await expectGuarded((init) => send(new Request('http://localhost/graphql', init)));
  expect((await send(new Request('http://localhost/graphql', ask('user-token', '{ none }')))).status).toBe(400);
});

test('the lines for graphql-ws serve the first guarded field', async () => {
  const { webSockets } = await run('graphql-ws');
  const url = `ws://localhost:${portOf(webSockets)}/graphql`;
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: 'Bearer user-token' },
  });
  onTestFinished(async () => {
    await client.dispose();
    Object(webSockets).close();
  });
  const events = [];
  for await (const event of client.iterate({ query: 'subscription { ticks }' })) events.push(event);
  expect(events).toEqual([{ data: { ticks: 1 } }]);
});

test('the line for the tokens of another server makes an authenticator', async () => {
  const { authenticate } = await runBlock(blockUnder('The first guarded field', 1), load);
  expect((authenticate as (source: object) => unknown)({ header: () => null })).toEqual({ kind: 'absent' });
});

test('the lines for the response cache make a plug-in that keeps answers for their caller', async () => {
  const known = await first();
  const { caching } = await runBlock(blockUnder('Response caches'), load, known);
  const { yoga, server } = await runBlock(
    blockUnder('Yoga and Envelop').replace('plugins: [', 'plugins: [caching, '),
    load,
    { ...known, caching },
  );
  onTestFinished(() => Object(server).close());
  const send = async (token: string) =>
    (await (yoga as { fetch: typeof fetch }).fetch('http://localhost/graphql', ask(token))).json();
  for (let round = 0; round < 2; round += 1) {
    expect((await send('admin-token')).data.reports).toEqual(['2026-01']);
    expect((await send('user-token')).data.reports).toBeNull();
  }
});

test('CommonJS can require it', async () => {
  const script = "const { guardSchema } = require('@fieldgate/guard'); console.log(typeof guardSchema)";
  const cwd = new URL('..', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@fieldgate/source', '-e', script], {
    cwd,
  });
  expect(stdout.trim()).toBe('function');
});
