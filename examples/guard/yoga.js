import { createServer } from 'node:http';
import { authTypeDefs, bearer, guardSchema, viewerOf } from '@fieldgate/guard';
import { useFieldgate } from '@fieldgate/guard/yoga';
import { createSchema, createYoga } from 'graphql-yoga';

const typeDefs = /* GraphQL */ `
  enum Role { USER ADMIN }
  type Query {
    hello: String! @public
    me: ID @auth
    reports: [String!] @auth(role: ADMIN)
  }
`;
const resolvers = {
  Query: {
    hello: () => 'Hello!',
    me: (_parent, _args, context) => viewerOf(context).id,
    reports: () => ['2026-01', '2026-02'],
  },
};

// Verify your own tokens here, with jose or jsonwebtoken. These two are for trying it out.
const roles = new Map(Object.entries({ 'user-token': 'USER', 'admin-token': 'ADMIN' }));
const verify = (token) => {
  const role = roles.get(token);
  if (role === undefined) return { kind: 'invalid', reason: 'TOKEN_INVALID' };
  return { kind: 'valid', claims: { userId: '42', role, scopes: ['*'], sessionId: null, expiresAt: null } };
};

const schema = guardSchema(createSchema({ typeDefs: [authTypeDefs, typeDefs], resolvers }));
const yoga = createYoga({ schema, plugins: [useFieldgate({ authenticate: bearer({ verify }) })] });
createServer(yoga).listen(process.env.PORT ?? 4000);
