import { expect, onTestFinished, test } from 'vitest';
import { blockUnder, runBlock } from '../../packages/guard/test/embedding-blocks.ts';

const modules: Readonly<Record<string, () => Promise<object>>> = {
  '@apollo/server': () => import('@apollo/server'),
  '@apollo/server/standalone': () => import('@apollo/server/standalone'),
  '@fieldgate/guard': () => import('@fieldgate/guard'),
  '@fieldgate/guard/apollo': () => import('@fieldgate/guard/apollo'),
  '@fieldgate/guard/mercurius': () => import('@fieldgate/guard/mercurius'),
  '@graphql-tools/schema': () => import('@graphql-tools/schema'),
  fastify: () => import('fastify'),
  mercurius: () => import('mercurius'),
};
const load = async (specifier: string): Promise<Record<string, unknown>> => ({ ...(await modules[specifier]?.()) });
const run = async (heading: string) =>
  runBlock(blockUnder(heading), load, await runBlock(blockUnder('The first guarded field'), load));

const expectGuarded = async (url: string): Promise<void> => {
  const ask = async (query: string, token?: string) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query }),
    });
    return {
      status: response.status,
      body: await response.json(),
      challenge: response.headers.get('www-authenticate'),
    };
  };
  const user = await ask('{ hello me reports }', 'user-token');
  expect([user.status, user.body.data]).toEqual([200, { hello: 'Hello!', me: '42', reports: null }]);
  expect((await ask('{ reports }', 'admin-token')).body.data).toEqual({ reports: ['2026-01'] });
  for (const { status, body, challenge } of [await ask('{ me }'), await ask('{ hello me }', 'other-token')]) {
    expect([status, challenge, Object.keys(body)]).toEqual([401, expect.stringContaining('Bearer'), ['errors']]);
  }
};

test('the lines for Apollo Server serve the first guarded field', async () => {
  const { server, url } = await run('Apollo Server');
  onTestFinished(() => Object(server).stop());
  await expectGuarded(String(url));
});

test('the lines for Mercurius serve the first guarded field', async () => {
  const { app } = await run('Mercurius');
  onTestFinished(() => Object(app).close());
  await expectGuarded(`http://localhost:${Object(app).server.address().port}/graphql`);
});
