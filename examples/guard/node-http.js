// The guard on bare graphql and node:http, without a GraphQL server library.
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import {
  admit,
  authTypeDefs,
  basic,
  guardSchema,
  refusalHttp,
  runAs,
  toGraphQLError,
  viewerOf,
} from '@fieldgate/guard';
import { buildSchema, execute, parse, validate } from 'graphql';

const roles = ['USER', 'ADMIN'];
const typeDefs = `
  type Query { hello: String! @public  me: ID @auth  reports: [String!] @auth(role: ADMIN) }
`;
const rootValue = {
  hello: 'Hello!',
  me: (_args, context) => viewerOf(context).id,
  reports: ['2026-01', '2026-02'],
};
const schema = guardSchema(buildSchema(authTypeDefs(roles) + typeDefs), { roles });
const authenticate = basic({
  verify: (name, password) => (password === 'open sesame' ? { userId: name, role: 'USER', scopes: ['*'] } : null),
});

const run = async (request) => {
  const { query, variables, operationName } = await json(request);
  const document = parse(query);
  const errors = validate(schema, document);
  if (errors.length > 0) return { status: 400, headers: {}, result: { errors } };

  const source = { header: (name) => request.headers[name] ?? null };
  const context = { request };
  const operation = { schema, document, operationName, variables, rootValue, contextValue: context, source };
  const decision = await admit({ ...operation, authenticate });
  if (decision.kind === 'refuse') {
    return { ...refusalHttp(decision), result: { errors: [toGraphQLError(decision.error)] } };
  }
  const result = await runAs(context, decision.viewer, {}, (contextValue) =>
    execute({ schema, document, rootValue, operationName, variableValues: variables, contextValue }),
  );
  return { status: 200, headers: {}, result };
};

const badRequest = { status: 400, headers: {}, result: { errors: [{ message: 'Send a GraphQL request as JSON.' }] } };

const server = createServer(async (request, response) => {
  const { status, headers, result } = await run(request).catch(() => badRequest);
  response.writeHead(status, { ...headers, 'content-type': 'application/graphql-response+json' });
  response.end(JSON.stringify(result));
});
server.listen(process.env.PORT ?? 4000);
