import { authTypeDefs, execute, guardSchema, viewerOf } from '@fieldgate/guard';
import { jwks } from '@fieldgate/guard/jwks';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { sendForm } from '../support/oauth.ts';
import { freePort } from '../support/process.ts';
import { adminEnv, loginAsAdmin, signup, startServer } from '../support/server.ts';

const roles = ['USER', 'MODERATOR', 'ADMIN'];
const typeDefs =
  'type Query { me: ID @auth  reports: Int @auth(role: ADMIN)  orders: Int @auth(scopes: [["orders:read"]]) }';
const resolvers = {
  Query: {
    me: (_parent: unknown, _args: unknown, context: unknown) => {
      const viewer = viewerOf(context);
      return viewer.kind === 'anonymous' ? null : viewer.id;
    },
    reports: () => 1,
    orders: () => 2,
  },
};

/** Another API whose callers sign in at Fieldgate. */
const resourceServer = (issuer: string, audience: string) => {
  const schema = guardSchema(makeExecutableSchema({ typeDefs: [authTypeDefs(roles), typeDefs], resolvers }), { roles });
  const authenticate = jwks({ issuer, audience });
  return async (query: string, token: string) => {
    const source = { header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : null) };
    return JSON.parse(JSON.stringify(await execute({ schema, document: parse(query), source, authenticate })));
  };
};

test('T31 another API verifies our access tokens by the published keys alone, of people and of services', async () => {
  const port = String(await freePort());
  const issuer = `http://localhost:${port}`;
  const server = await startServer({ PORT: port, ISSUER: issuer, ...adminEnv });
  const [ada, admin] = [await signup(server), await loginAsAdmin(server)];
  const audience = JSON.parse(atob(ada.accessToken.split('.')[1] ?? '')).aud;
  const ask = resourceServer(issuer, Array.isArray(audience) ? audience[0] : audience);
  expect(await ask('{ me }', ada.accessToken)).toEqual({ data: { me: ada.user.id } });
  expect(await ask('{ reports }', ada.accessToken)).toMatchObject({ errors: [{ extensions: { reason: 'ROLE' } }] });
  expect(await ask('{ reports }', admin.accessToken)).toEqual({ data: { reports: 1 } });
  expect(await ask('{ me }', ada.refreshToken)).toMatchObject({
    errors: [{ extensions: { reason: 'TOKEN_INVALID' } }],
  });
  const created = await server.gql(
    'mutation { createServiceClient(input: { name: "till", scopes: ["orders:read"] }) { secret client { id } } }',
    { token: admin.accessToken },
  );
  const { secret, client } = created.data.createServiceClient;
  const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: secret };
  const { body } = await sendForm(server, '/token', form);
  expect(await ask('{ orders }', body.access_token)).toEqual({ data: { orders: 2 } });
  expect(await ask('{ me }', body.access_token)).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
});
