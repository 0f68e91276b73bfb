import { ApolloServer, HeaderMap } from '@apollo/server';
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl';
import responseCachePlugin from '@apollo/server-plugin-response-cache';
import { cacheKeyOf } from '@fieldgate/guard';
import { fieldgateForApollo } from '@fieldgate/guard/apollo';
import { expect, test } from 'vitest';
import { describeGate } from '../../packages/guard/test/gates/cases.ts';
import {
  authenticate,
  createSample,
  httpClient,
  type Start,
  secretValue,
} from '../../packages/guard/test/gates/fixture.ts';

const clientOf = (server: ApolloServer, context?: () => object) =>
  httpClient(async ({ method = 'POST', headers, body }) => {
    const {
      status,
      headers: sent,
      body: answer,
    } = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method,
        headers: new HeaderMap(new Headers(headers)),
        search: '',
        body: JSON.parse(String(body)),
      },
      context: async () => context?.() ?? {},
    });
    const text = answer.kind === 'complete' ? answer.string : '';
    return new Response(text, { status: status ?? 200, headers: [...sent] });
  });

const start: Start = async (schema, options, context) => {
  const server = new ApolloServer({
    schema,
    plugins: [fieldgateForApollo(options)],
    allowBatchedHttpRequests: true,
    includeStacktraceInErrorResponses: false,
  });
  await server.start();
  const client = clientOf(server, context);
  return { ...client, close: () => server.stop() };
};

describeGate('Apollo Server', start, { http: true, mediaType: true, sharesContext: false });

test('G3: a resolver that is set on a running Apollo Server is guarded too', async () => {
  const { schema } = createSample();
  const server = await start(schema, { authenticate });
  const query = '{ hello admin }';
  expect((await server.send({ query, token: 'admin' })).data).toMatchObject({ admin: secretValue });
  Object.assign(Object(schema.getQueryType()?.getFields()['admin']), { resolve: () => 'other' });
  expect((await server.send({ query, token: 'user' })).data).toEqual({ hello: 'hello', admin: null });
  expect((await server.send({ query, token: 'admin' })).data).toEqual({ hello: 'hello', admin: 'other' });
  await server.close?.();
});

test('G9: the response cache of Apollo Server keeps guarded answers for their caller only', async () => {
  const { schema } = createSample();
  let hits = 0;
  const server = new ApolloServer({
    schema,
    includeStacktraceInErrorResponses: false,
    plugins: [
      fieldgateForApollo({ authenticate }),
      ApolloServerPluginCacheControl({ defaultMaxAge: 60 }),
      responseCachePlugin({ sessionId: async ({ contextValue }) => cacheKeyOf(contextValue) }),
      {
        requestDidStart: async () => ({
          willSendResponse: async ({ metrics }) => {
            if (metrics.responseCacheHit) hits += 1;
          },
        }),
      },
    ],
  });
  await server.start();
  const { send } = clientOf(server);
  for (const query of ['{ admin }', '{ x: admin }', '{ thing { secret } }', '{ maybe }']) {
    hits = 0;
    await send({ query, token: 'admin' });
    const again = await send({ query, token: 'admin' });
    expect([hits, again.errors]).toEqual([1, undefined]);
    for (const token of ['user', undefined, 'expired', 'two']) {
      expect((await send({ query, token })).text).not.toMatch(/SECRET_VALUE|:"admin"/);
    }
    expect(hits).toBe(1);
  }
  hits = 0;
  for (const token of [undefined, 'expired', undefined]) await send({ query: '{ hello }', token });
  expect(hits).toBe(2);
  await server.stop();
});
