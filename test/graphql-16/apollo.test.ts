import { ApolloServer, HeaderMap } from '@apollo/server';
import { fieldgateForApollo } from '@fieldgate/guard/apollo';
import { describeGate } from '../../packages/guard/test/gates/cases.ts';
import { httpClient, type Start } from '../../packages/guard/test/gates/fixture.ts';

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
