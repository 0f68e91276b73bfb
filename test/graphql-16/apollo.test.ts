import { ApolloServer, HeaderMap } from '@apollo/server';
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

const start: Start = async (schema, options, context) => {
  const server = new ApolloServer({
    schema,
    plugins: [fieldgateForApollo(options)],
    allowBatchedHttpRequests: true,
    includeStacktraceInErrorResponses: false,
  });
  await server.start();
  const client = httpClient(async ({ method = 'POST', headers, body }) => {
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
