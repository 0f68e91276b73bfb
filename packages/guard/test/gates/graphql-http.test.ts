import { createServer } from 'node:http';
import { fieldgateForGraphqlHttp } from '@fieldgate/guard/graphql-http';
import { createHandler as createFetchHandler } from 'graphql-http/lib/use/fetch';
import { createHandler } from 'graphql-http/lib/use/http';
import { describeGate } from './cases.ts';
import { httpClient, type Start } from './fixture.ts';

const overFetch: Start = (schema, options, context) => {
  const handler = createFetchHandler({
    schema,
    ...(context && { context: () => ({ ...context() }) }),
    ...fieldgateForGraphqlHttp(options),
  });
  const { send } = httpClient((init) => handler(new Request('http://localhost/graphql', init)));
  return { send };
};

const overNode: Start = async (schema, options, context) => {
  const server = createServer(
    createHandler({
      schema,
      ...(context && { context: () => context() as Record<string, unknown> }),
      ...fieldgateForGraphqlHttp(options),
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { send } = httpClient((init) => fetch(`http://127.0.0.1:${port}/graphql`, init));
  return { send, close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()) };
};

describeGate('graphql-http over fetch', overFetch, { http: true, mediaType: true, sharesContext: false });
describeGate('graphql-http over node:http', overNode, { http: true, mediaType: true, sharesContext: true });
