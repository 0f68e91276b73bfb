import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  adminEnv,
  type GraphQLOptions,
  loginAsAdmin,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

const accept = { accept: 'application/graphql-response+json' };
const production = {
  NODE_ENV: 'production',
  JWT_ALGORITHM: 'HS256',
  JWT_SECRET: 'tests only: 32 bytes and more, never used',
};

let byRole: TestServer;
let off: TestServer;
let tokens: { user: string; admin: string; dead: string };
let apiKey: string;
beforeAll(async () => {
  byRole = await startServer({ ...adminEnv, ...production, INTROSPECTION: 'role' });
  off = await startServer(production);
  const [user, admin, dead] = [await signup(byRole), await loginAsAdmin(byRole), await signup(byRole)];
  tokens = { user: user.accessToken, admin: admin.accessToken, dead: dead.accessToken };
  await byRole.gql('mutation { logout { endedSessions } }', { token: tokens.dead });
  const made = 'mutation { createApiKey(input: { name: "x", scopes: ["account:read"] }) { secret } }';
  apiKey = (await byRole.gql(made, { token: tokens.user })).data.createApiKey.secret;
});
afterAll(() => Promise.all([byRole.stop(), off.stop()]));

const schemaFor = async (options: GraphQLOptions): Promise<GraphQLSchema> =>
  buildClientSchema((await byRole.gql(getIntrospectionQuery(), options)).data);

const fieldsOf = (schema: GraphQLSchema, name: string): readonly string[] => {
  const type = schema.getType(name);
  return isObjectType(type) ? Object.keys(type.getFields()) : [];
};

describe('T35: INTROSPECTION=role shows what the role of the caller can ever read', () => {
  it('to nobody in particular: what is public or optional', async () => {
    const schema = await schemaFor({});
    expect(fieldsOf(schema, 'Query')).toEqual(expect.arrayContaining(['hello', 'viewer']));
    expect(fieldsOf(schema, 'Query')).not.toContain('me');
    expect(fieldsOf(schema, 'Mutation')).toEqual(expect.arrayContaining(['login', 'signup', 'refresh', 'logout']));
    expect(fieldsOf(schema, 'Mutation')).not.toContain('setUserRole');
    expect(fieldsOf(schema, 'User')).toEqual([
      ...['id', 'name', 'email', 'role', 'createdAt', 'hasPassword', 'identities'],
    ]);
  });

  it('to a user: nothing of what moderators and administrators have, nor the types only they come to', async () => {
    const schema = await schemaFor({ token: tokens.user });
    expect(fieldsOf(schema, 'Query')).toEqual(expect.arrayContaining(['me', 'sessions', 'user']));
    expect(fieldsOf(schema, 'Query')).not.toContain('users');
    expect(fieldsOf(schema, 'User')).not.toContain('disabledAt');
    for (const name of ['UserConnection', 'ServiceClient', 'SetUserRoleInput', 'CreateServiceClientInput']) {
      expect(schema.getType(name), name).toBeUndefined();
    }
  });

  it('to an administrator: all there is', async () => {
    const schema = await schemaFor({ token: tokens.admin });
    expect(fieldsOf(schema, 'Query')).toEqual(expect.arrayContaining(['users', 'serviceClients']));
    expect(fieldsOf(schema, 'User')).toContain('disabledAt');
    expect(schema.getType('SetUserRoleInput')).toBeDefined();
  });

  it('to an API key: by the role of its owner, whatever its scopes', async () => {
    expect(fieldsOf(await schemaFor({ headers: { 'x-api-key': apiKey } }), 'Query')).toContain('apiKeys');
  });

  it('a dead credential is refused as by any optional field', async () => {
    const answer = await byRole.gql('{ __schema { queryType { name } } }', { token: tokens.dead, headers: accept });
    expect([answer.status, answer.codes, answer.data]).toEqual([401, ['UNAUTHENTICATED TOKEN_REVOKED'], undefined]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
  });

  const hidden = '{ __type(name: "ServiceClient") { name } }';
  it.each([
    ['__type', hidden],
    ['an alias', '{ x: __type(name: "ServiceClient") { name } }'],
    ['a fragment', 'query { ...F } fragment F on Query { __type(name: "ServiceClient") { name } }'],
    ['an inline fragment', '{ ... { ... on Query { __type(name: "ServiceClient") { name } } } }'],
    ['another operation', 'query A { hello } query B { __type(name: "ServiceClient") { name } }'],
    ['a variable', 'query ($n: String = "ServiceClient") { __type(name: $n) { name } }'],
  ])('a hidden type is not found by %s', async (_how, query) => {
    const options = query.startsWith('query A') ? { operationName: 'B' } : {};
    for (const token of [tokens.user, undefined]) {
      const answer = await byRole.gql(query, { ...options, ...(token ? { token } : {}) });
      expect(Object.values(answer.data)).toEqual([null]);
    }
    const seen = await byRole.gql(query, { ...options, token: tokens.admin });
    expect(Object.values(seen.data)).toEqual([{ name: 'ServiceClient' }]);
  });

  it('T25: who asked before does not matter', async () => {
    for (const [token, name] of [
      [tokens.admin, 'ServiceClient'],
      [tokens.user, null],
      [tokens.admin, 'ServiceClient'],
    ] as const) {
      expect((await byRole.gql(hidden, { token })).data.__type?.name ?? null).toBe(name);
    }
  });

  it('Z05: beside data it is refused, and nothing runs', async () => {
    const mixed = await byRole.gql('{ __schema { queryType { name } } me { id } }', {
      token: tokens.user,
      headers: accept,
    });
    expect([mixed.status, mixed.data]).toEqual([400, undefined]);
    expect((await byRole.gql('{ __typename me { id } }', { token: tokens.user })).data.__typename).toBe('Query');
  });
});

describe('G09: where the schema is not shown in full, nothing is suggested', () => {
  it.each([
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
  ])('%s', async (_what, query, variables) => {
    for (const server of [byRole, off]) {
      const answer = await server.gql(query, { variables });
      expect(answer.errors).toBeDefined();
      expect(JSON.stringify(answer.errors)).not.toContain('Did you mean');
    }
  });
});

it.each([
  ['development', {}, 'full'],
  ['production', production, 'off'],
  ['production with INTROSPECTION=full', { ...production, INTROSPECTION: 'full' }, 'full'],
  ['development with INTROSPECTION=off', { INTROSPECTION: 'off' }, 'off'],
])('G09: in %s introspection is %3$s', async (_environment, env, shown) => {
  const server = await startServer(env);
  const answer = await server.gql('{ __schema { queryType { name } } }', { headers: accept });
  const guess = await server.gql('{ helo }');
  await server.stop();
  expect(answer.status).toBe(shown === 'full' ? 200 : 400);
  expect(JSON.stringify(guess.errors).includes('Did you mean')).toBe(shown === 'full');
});
