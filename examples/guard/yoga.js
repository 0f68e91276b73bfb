import { createServer } from 'node:http';
import { authTypeDefs, bearer, guardSchema, viewerOf } from '@fieldgate/guard';
import { useFieldgate } from '@fieldgate/guard/yoga';
import { createSchema, createYoga } from 'graphql-yoga';

// Each role has the rights of those before it.
const roles = ['USER', 'ADMIN'];
const typeDefs = /* GraphQL */ `
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
const tokens = new Map(Object.entries({ 'user-token': 'USER', 'admin-token': 'ADMIN' }));
const verify = (token) => {
  const role = tokens.get(token);
  if (role === undefined) return { kind: 'invalid', reason: 'TOKEN_INVALID' };
  return { kind: 'valid', claims: { userId: '42', role, scopes: ['*'], sessionId: null, expiresAt: null } };
};

const schema = guardSchema(createSchema({ typeDefs: [authTypeDefs(roles), typeDefs], resolvers }), { roles });
// Null: nothing can revoke these tokens. With sessions, return whether one is still live.
const authenticate = bearer({ verify, checkSession: null, checkServiceToken: null });
const yoga = createYoga({ schema, plugins: [useFieldgate({ authenticate })] });
createServer(yoga).listen(process.env.PORT ?? 4000);
