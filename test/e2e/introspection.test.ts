import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, isObjectType } from 'graphql';
import { describe, expect } from 'vitest';
import {
  adminEnv,
  type GraphQLOptions,
  productionEnv,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const accept = { accept: 'application/graphql-response+json' };

const test = testWithServer({ ...adminEnv, ...productionEnv, INTROSPECTION: 'role' })
  .extend('user', { scope: 'file' }, ({ server }) => signup(server))
  .extend('loggedOut', { scope: 'file' }, async ({ server }) => {
    const user = await signup(server);
    await server.gql('mutation { logout { endedSessions } }', { token: user.accessToken });
    return user;
  });

const schemaFor = async (server: TestServer, options: GraphQLOptions): Promise<GraphQLSchema> =>
  buildClientSchema((await server.gql(getIntrospectionQuery(), options)).data);

const fieldsOf = (schema: GraphQLSchema, name: string): readonly string[] => {
  const type = schema.getType(name);
  return isObjectType(type) ? Object.keys(type.getFields()) : [];
};

describe('INTROSPECTION=role', () => {
  test('T35: an anonymous caller sees what is public or optional', async ({ server }) => {
    const schema = await schemaFor(server, {});
    expect(fieldsOf(schema, 'Query')).toEqual(expect.arrayContaining(['hello', 'viewer']));
    expect(fieldsOf(schema, 'Query')).not.toContain('me');
    expect(fieldsOf(schema, 'Mutation')).toEqual(expect.arrayContaining(['login', 'signup', 'refresh', 'logout']));
    expect(fieldsOf(schema, 'Mutation')).not.toContain('setUserRole');
    expect(fieldsOf(schema, 'User')).toEqual([
      ...['id', 'name', 'email', 'role', 'createdAt', 'hasPassword', 'identities'],
    ]);
  });

  test('T35: a user sees no field of moderators and administrators, nor the types that only those reach', async ({
    server,
    user,
  }) => {
    const schema = await schemaFor(server, { token: user.accessToken });
    expect(fieldsOf(schema, 'Query')).toEqual(expect.arrayContaining(['me', 'sessions', 'user']));
    expect(fieldsOf(schema, 'Query')).not.toContain('users');
    expect(fieldsOf(schema, 'User')).not.toContain('disabledAt');
    for (const name of ['UserConnection', 'ServiceClient', 'SetUserRoleInput', 'CreateServiceClientInput']) {
      expect(schema.getType(name), name).toBeUndefined();
    }
  });

  test('T35: an administrator sees the whole schema', async ({ server, admin }) => {
    const schema = await schemaFor(server, { token: admin.accessToken });
    expect(fieldsOf(schema, 'Query')).toEqual(expect.arrayContaining(['users', 'serviceClients']));
    expect(fieldsOf(schema, 'User')).toContain('disabledAt');
    expect(schema.getType('SetUserRoleInput')).toBeDefined();
  });

  test('T35: an API key sees what the role of its owner allows, whatever its scopes', async ({ server, user }) => {
    const create = 'mutation { createApiKey(input: { name: "x", scopes: ["account:read"] }) { secret } }';
    const { secret } = (await server.gql(create, { token: user.accessToken })).data.createApiKey;
    expect(fieldsOf(await schemaFor(server, { headers: { 'x-api-key': secret } }), 'Query')).toContain('apiKeys');
  });

  test('T22: a revoked credential is rejected as by any optional field', async ({ server, loggedOut }) => {
    const query = '{ __schema { queryType { name } } }';
    const answer = await server.gql(query, { token: loggedOut.accessToken, headers: accept });
    expect([answer.status, answer.codes, answer.data]).toEqual([401, ['UNAUTHENTICATED TOKEN_REVOKED'], undefined]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
  });

  const hidden = '{ __type(name: "ServiceClient") { name } }';
  test.for([
    ['__type', hidden],
    ['an alias', '{ x: __type(name: "ServiceClient") { name } }'],
    ['a fragment', 'query { ...F } fragment F on Query { __type(name: "ServiceClient") { name } }'],
    ['an inline fragment', '{ ... { ... on Query { __type(name: "ServiceClient") { name } } } }'],
    ['another operation', 'query A { hello } query B { __type(name: "ServiceClient") { name } }'],
    ['a variable', 'query ($n: String = "ServiceClient") { __type(name: $n) { name } }'],
  ] as const)('T35: a hidden type is not found by %s', async ([_how, query], { server, user, admin }) => {
    const options = query.startsWith('query A') ? { operationName: 'B' } : {};
    for (const caller of [{ token: user.accessToken }, {}]) {
      const answer = await server.gql(query, { ...options, ...caller });
      expect(Object.values(answer.data)).toEqual([null]);
    }
    const seen = await server.gql(query, { ...options, token: admin.accessToken });
    expect(Object.values(seen.data)).toEqual([{ name: 'ServiceClient' }]);
  });

  test('T25: the schema shown to one caller is not reused for the next', async ({ server, user, admin }) => {
    for (const [{ accessToken: token }, name] of [
      [admin, 'ServiceClient'],
      [user, null],
      [admin, 'ServiceClient'],
    ] as const) {
      expect((await server.gql(hidden, { token })).data.__type?.name ?? null).toBe(name);
    }
  });

  test('Z05: introspection beside data is refused, and nothing runs', async ({ server, user }) => {
    const mixed = '{ __schema { queryType { name } } me { id } }';
    const answer = await server.gql(mixed, { token: user.accessToken, headers: accept });
    expect([answer.status, answer.data]).toEqual([400, undefined]);
    const typename = await server.gql('{ __typename me { id } }', { token: user.accessToken });
    expect(typename.data.__typename).toBe('Query');
  });
});

const misspellings: readonly (readonly [string, string, Record<string, unknown>])[] = [
  ['a field', '{ helo }', {}],
  ['a type', 'query ($x: SetUserRoleInpt) { hello }', {}],
  ['an argument', '{ user(idd: 1) { id } }', {}],
  ['an enum', 'mutation { logout(input: { scope: OTHER }) { endedSessions } }', {}],
  [
    'an enum in a variable',
    'mutation ($s: LogoutScope!) { logout(input: { scope: $s }) { endedSessions } }',
    { s: 'OTHER' },
  ],
  [
    'an input field in a variable',
    'mutation ($i: LogoutInput) { logout(input: $i) { endedSessions } }',
    { i: { scop: 1 } },
  ],
];

describe.each([
  ['INTROSPECTION=role', testWithServer({ ...productionEnv, INTROSPECTION: 'role' })],
  ['production', testWithServer(productionEnv)],
])('suggestions with %s', (_mode, testMode) => {
  testMode.for(misspellings)(
    'G09: a misspelling of %s gets no suggestion',
    async ([_what, query, variables], { server }) => {
      const answer = await server.gql(query, { variables });
      expect(answer.errors).toBeDefined();
      expect(JSON.stringify(answer.errors)).not.toContain('Did you mean');
    },
  );
});

test.for<readonly [string, Record<string, string>, 'full' | 'off']>([
  ['development', {}, 'full'],
  ['production', productionEnv, 'off'],
  ['production with INTROSPECTION=full', { ...productionEnv, INTROSPECTION: 'full' }, 'full'],
  ['development with INTROSPECTION=off', { INTROSPECTION: 'off' }, 'off'],
])('G09: in %s introspection is as configured', async ([_environment, env, shown]) => {
  const server = await startServer(env);
  const answer = await server.gql('{ __schema { queryType { name } } }', { headers: accept });
  const guess = await server.gql('{ helo }');
  expect(answer.status).toBe(shown === 'full' ? 200 : 400);
  expect(JSON.stringify(guess.errors).includes('Did you mean')).toBe(shown === 'full');
});
