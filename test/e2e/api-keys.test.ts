import { apiKeyId } from '@fieldgate/guard';
import { describe, expect } from 'vitest';
import { createApiKeyText } from '../../src/crypto/api-key.ts';
import { nodesOf } from '../support/pages.ts';
import {
  adminEnv,
  type GraphQLAnswer,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const test = testWithServer(adminEnv);

const minute = 60_000;
const day = 86_400_000;
const keyFields = 'id prefix name scopes createdAt expiresAt lastUsedAt revokedAt';

type Created = { readonly apiKey: { readonly id: string; readonly expiresAt: string }; readonly secret: string };
type Input = Record<string, unknown>;

const tryCreate = (server: TestServer, token: string, input: Input = {}): Promise<GraphQLAnswer> =>
  server.gql(
    `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { ${keyFields} } secret } }`,
    { token, variables: { input: { name: 'nightly report', scopes: ['account:read'], ...input } } },
  );
const create = async (server: TestServer, token: string, input: Input = {}): Promise<Created> => {
  const answer = await tryCreate(server, token, input);
  if (!answer.data?.createApiKey) throw new Error(JSON.stringify(answer.errors));
  return answer.data.createApiKey;
};
const ask = (server: TestServer, key: string, query = '{ me { id email } }', headers: Record<string, string> = {}) =>
  server.gql(query, { headers: { 'x-api-key': key, ...headers } });
const revoke = (server: TestServer, token: string, id: string) =>
  server.gql('mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { id revokedAt } } }', { token, variables: { id } });
const list = async (server: TestServer, token: string) =>
  nodesOf((await server.gql(`{ apiKeys { edges { node { ${keyFields} } } } }`, { token })).data.apiKeys);

describe('an API key', () => {
  test('an API key acts for its owner within its scopes', async ({ server }) => {
    const { accessToken, user } = await signup(server);
    const { apiKey, secret } = await create(server, accessToken);
    expect((await ask(server, secret)).data.me).toEqual({ id: user.id, email: user.email });
    const viewer = (await ask(server, secret, '{ viewer { kind role scopes expiresAt user { id } } }')).data.viewer;
    expect(viewer).toEqual({
      ...{ kind: 'API_KEY', role: 'USER', scopes: ['account:read'] },
      ...{ expiresAt: apiKey.expiresAt, user: { id: user.id } },
    });
  });

  test('K03: the secret is shown once; lists show the prefix of the key, and the log holds neither', async ({
    server,
  }) => {
    const { accessToken } = await signup(server);
    const { apiKey, secret } = await create(server, accessToken, { scopes: ['*:read'] });
    const [listed] = await list(server, accessToken);
    expect(listed).toMatchObject({ id: apiKey.id, name: 'nightly report', scopes: ['*:read'], revokedAt: null });
    expect(secret.startsWith(`${listed.prefix}_`)).toBe(true);
    expect(JSON.stringify(listed)).not.toContain(secret.slice(36, 79));
    expect(JSON.stringify(server.logLines())).not.toContain(secret.slice(36, 79));
  });

  test.for([
    ['account:read', '{ sessions { edges { node { id } } } }', ['FORBIDDEN SCOPE']],
    ['account:read', '{ apiKeys { edges { node { id } } } }', ['FORBIDDEN SCOPE']],
    ['sessions:*', '{ sessions { edges { node { id } } } }', []],
    ['*:read', '{ sessions { edges { node { id } } } apiKeys { edges { node { id } } } me { email } }', []],
    ['*', '{ sessions { edges { node { id } } } apiKeys { edges { node { id } } } me { email } }', []],
    ['sessions:read', '{ sessions { edges { node { id } } } viewer { user { id email } } }', ['FORBIDDEN POLICY']],
  ] as const)('a key with the scope %s that asks %s gets %j', async ([scope, query, codes], { server }) => {
    const { accessToken } = await signup(server);
    const { secret } = await create(server, accessToken, { scopes: [scope] });
    expect((await ask(server, secret, query)).codes).toEqual(codes);
  });

  test('Z16: a key with a read scope cannot mutate for an administrator, and a key of a user cannot list users', async ({
    server,
    admin,
  }) => {
    const victim = await signup(server);
    const { secret } = await create(server, admin.accessToken, { scopes: ['users:read'] });
    expect((await ask(server, secret, '{ users(first: 1) { edges { node { email } } } }')).codes).toEqual([]);
    const answer = await ask(server, secret, `mutation { disableUser(id: "${victim.user.id}") { id } }`);
    expect([answer.status, answer.data, answer.codes]).toEqual([403, undefined, ['FORBIDDEN SCOPE']]);
    expect((await server.gql('{ me { id } }', { token: victim.accessToken })).codes).toEqual([]);
    const all = await create(server, victim.accessToken, { scopes: ['*'] });
    expect((await ask(server, all.secret, '{ users { edges { cursor } } }')).codes).toEqual(['FORBIDDEN ROLE']);
  });

  test("K04: a key follows its owner's role and state from the next request on", async ({ server, admin }) => {
    const { accessToken, user } = await signup(server);
    const { secret } = await create(server, accessToken, { scopes: ['*'] });
    const byAdmin = (mutation: string) => server.gql(`mutation { ${mutation} { id } }`, { token: admin.accessToken });
    const users = '{ users(first: 1) { edges { cursor } } }';
    await byAdmin(`setUserRole(input: { userId: "${user.id}", role: MODERATOR })`);
    expect((await ask(server, secret, users)).codes).toEqual([]);
    await byAdmin(`setUserRole(input: { userId: "${user.id}", role: USER })`);
    expect((await ask(server, secret, users)).codes).toEqual(['FORBIDDEN ROLE']);
    await byAdmin(`disableUser(id: "${user.id}")`);
    expect((await ask(server, secret)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    await byAdmin(`enableUser(id: "${user.id}")`);
    expect((await ask(server, secret)).codes).toEqual([]);
  });

  test('an account has at most 50 live keys, and revoking one makes room', async ({ server }) => {
    const { accessToken } = await signup(server);
    const keys = await Promise.all(Array.from({ length: 50 }, () => create(server, accessToken)));
    const refused = await tryCreate(server, accessToken);
    expect([refused.status, refused.codes]).toEqual([200, ['TOO_MANY_API_KEYS']]);
    await revoke(server, accessToken, keys[0]?.apiKey.id ?? '');
    expect((await tryCreate(server, accessToken)).codes).toEqual([]);
  });

  test('K04: a revoked key is refused, stays listed, and can be revoked again without an error', async ({ server }) => {
    const { accessToken } = await signup(server);
    const { apiKey, secret } = await create(server, accessToken);
    const first = (await revoke(server, accessToken, apiKey.id)).data.revokeApiKey.apiKey;
    const answer = await ask(server, secret);
    expect(answer.codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await revoke(server, accessToken, apiKey.id)).data.revokeApiKey.apiKey).toEqual(first);
    expect((await list(server, accessToken))[0].revokedAt).toBe(first.revokedAt);
  });

  test.each([
    [{}, 90],
    [{ expiresInDays: 1 }, 1],
    [{ expiresInDays: 365 }, 365],
  ])('K04: a key made with %j lives for %i days and not a moment longer', async (input, days) => {
    const own = await startServer();
    try {
      const { accessToken } = await signup(own);
      const created = await own.gql(
        'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { expiresAt } } }',
        { token: accessToken, variables: { input: { name: 'x', scopes: [], ...input } } },
      );
      const { secret } = created.data.createApiKey;
      const viewer = () => own.gql('{ viewer { kind } }', { headers: { 'x-api-key': secret } });
      own.advance(days * day - minute);
      expect((await viewer()).data.viewer.kind).toBe('API_KEY');
      own.advance(minute);
      expect((await viewer()).codes).toEqual(['UNAUTHENTICATED TOKEN_EXPIRED']);
    } finally {
      await own.stop();
    }
  });

  test('K08: the use of a key is recorded at most once a minute, with key and owner', async ({ server }) => {
    const { accessToken, user } = await signup(server);
    const { apiKey, secret } = await create(server, accessToken);
    expect((await list(server, accessToken))[0].lastUsedAt).toBeNull();
    await Promise.all(Array.from({ length: 20 }, () => ask(server, secret)));
    const lastUsed = async () => (await list(server, accessToken))[0].lastUsedAt;
    const first = await lastUsed();
    expect(first).toEqual(expect.any(String));
    server.advance(minute - 10_000);
    await ask(server, secret);
    expect(await lastUsed()).toBe(first);
    server.advance(20_000);
    await ask(server, secret);
    expect(await lastUsed()).not.toBe(first);
    const uses = server.logLines().filter((line) => line['event'] === 'api_key.used' && line['userId'] === user.id);
    expect(uses).toHaveLength(2);
    expect(uses[0]).toMatchObject({ actor: { kind: 'api_key', id: apiKey.id }, ip: expect.any(String) });
  });

  test('K07: a wrong secret is refused like a key that does not exist', async ({ server }) => {
    const { accessToken } = await signup(server);
    const [one, other] = [await create(server, accessToken), await create(server, accessToken)];
    await revoke(server, accessToken, one.apiKey.id);
    const spliced = one.secret.slice(0, 36) + other.secret.slice(36);
    const forged = createApiKeyText(apiKeyId(other.apiKey.id)).text;
    for (const key of [forged, spliced, 'fg_x', `${one.secret}x`, 'x'.repeat(5000)]) {
      const answer = await ask(server, key);
      expect(answer.codes).toEqual(['UNAUTHENTICATED TOKEN_INVALID']);
    }
  });

  test('T22: a bad key never blocks a public field and never counts as anonymous', async ({ server }) => {
    expect((await ask(server, 'fg_dead', '{ hello }')).codes).toEqual([]);
    expect((await ask(server, 'fg_dead', '{ hello viewer { kind } }')).codes).toEqual([
      'UNAUTHENTICATED TOKEN_INVALID',
    ]);
  });

  test('Z14: a key beside an access token, or sent twice, is ambiguous', async ({ server }) => {
    const { accessToken } = await signup(server);
    const { secret } = await create(server, accessToken);
    const accept = { accept: 'application/graphql-response+json' };
    const both = await ask(server, secret, '{ me { id } }', { authorization: `Bearer ${accessToken}`, ...accept });
    expect([both.status, both.codes]).toEqual([400, ['AMBIGUOUS_CREDENTIALS']]);
    const twice = await ask(server, `${secret}, ${secret}`, '{ me { id } }', accept);
    expect([twice.status, twice.codes]).toEqual([400, ['AMBIGUOUS_CREDENTIALS']]);
  });
});

describe('what a key can never do', () => {
  test.for([
    'createApiKey(input: { name: "x", scopes: [] }) { secret }',
    'revokeApiKey(id: "x") { apiKey { id } }',
    'revokeSession(id: "x") { id }',
    'changePassword(input: { currentPassword: "x", newPassword: "y" }) { expiresIn }',
    'setUserRole(input: { userId: "x", role: ADMIN }) { id }',
    'disableUser(id: "x") { id }',
    'enableUser(id: "x") { id }',
    'revokeUserSessions(userId: "x") { endedSessions }',
  ])('K05: no key can run %s, whatever its scopes', async (mutation, { server, admin }) => {
    const { secret } = await create(server, admin.accessToken, { scopes: ['*'] });
    const answer = await ask(server, secret, `mutation { ${mutation} }`, {
      accept: 'application/graphql-response+json',
    });
    expect([answer.status, answer.data, answer.codes]).toEqual([403, undefined, ['FORBIDDEN SCOPE']]);
    expect(answer.errors?.[0]?.extensions['required']).toEqual({ scopes: [['interactive']] });
    expect(answer.errors?.[0]?.message).toContain('session');
  });

  test('K05: logout by key ends no session of its owner', async ({ server }) => {
    const { accessToken } = await signup(server);
    const { secret } = await create(server, accessToken, { scopes: ['*'] });
    for (const scope of ['CURRENT', 'OTHERS', 'ALL']) {
      const answer = await ask(server, secret, `mutation { logout(input: { scope: ${scope} }) { endedSessions } }`);
      expect(answer.data.logout.endedSessions).toBe(0);
    }
    expect((await server.gql('{ me { id } }', { token: accessToken })).codes).toEqual([]);
  });
});

describe('createApiKey', () => {
  test.for(['userId', 'owner', 'permissions', 'rateLimit', 'expiresAt', 'role', 'id', 'secret'])(
    'K01, K02: createApiKey has no input %s',
    async (field, { server, admin }) => {
      const answer = await tryCreate(server, admin.accessToken, { [field]: 'x' });
      expect([answer.status, answer.data]).toEqual([400, undefined]);
    },
  );

  test('K01: createApiKey without a credential is refused', async ({ server }) => {
    const answer = await server.gql('mutation { createApiKey(input: { name: "x", scopes: [] }) { secret } }', {
      headers: { accept: 'application/graphql-response+json' },
    });
    expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_MISSING']]);
  });

  test.for([
    [{ expiresInDays: 0 }, 'expiresInDays', 'OUT_OF_RANGE'],
    [{ expiresInDays: 366 }, 'expiresInDays', 'OUT_OF_RANGE'],
    [{ expiresInDays: -1 }, 'expiresInDays', 'OUT_OF_RANGE'],
    [{ name: ' ' }, 'name', 'NAME_INVALID'],
    [{ name: 'x'.repeat(101) }, 'name', 'NAME_INVALID'],
    [{ name: 'a\nb' }, 'name', 'NAME_INVALID'],
    [{ scopes: ['account:raed'] }, 'scopes', 'SCOPE_UNKNOWN'],
    [{ scopes: ['interactive'] }, 'scopes', 'SCOPE_UNKNOWN'],
    [{ scopes: ['users:read'] }, 'scopes', 'SCOPE_BEYOND_ROLE'],
    [{ scopes: ['users:*'] }, 'scopes', 'SCOPE_BEYOND_ROLE'],
    [{ scopes: Array.from({ length: 51 }, (_, i) => `a${i}`) }, 'scopes', 'OUT_OF_RANGE'],
  ] as const)('K02: createApiKey with %j is refused for its %s', async ([input, field, reason], { server }) => {
    const { accessToken } = await signup(server);
    const answer = await tryCreate(server, accessToken, input);
    expect(answer.errors?.map(({ extensions }) => extensions)).toMatchObject([
      { code: 'BAD_USER_INPUT', field, reason },
    ]);
    expect(await list(server, accessToken)).toEqual([]);
  });

  test('an error about a scope lists the scopes that can be granted', async ({ server }) => {
    const { accessToken } = await signup(server);
    const [error] = (await tryCreate(server, accessToken, { scopes: ['account:raed'] })).errors ?? [];
    expect(error?.extensions['required']).toEqual({
      scopes: ['account:read', 'api-keys:read', 'events:read', 'identities:read', 'profiles:read', 'sessions:read'],
    });
    expect(JSON.stringify(error)).not.toContain('raed');
  });
});

describe('revokeApiKey', () => {
  test("Z08: revoking another account's key is answered like revoking one that does not exist", async ({ server }) => {
    const [owner, other] = [await signup(server), await signup(server)];
    const { apiKey, secret } = await create(server, owner.accessToken);
    for (const id of [apiKey.id, crypto.randomUUID(), 'x']) {
      expect((await revoke(server, other.accessToken, id)).codes).toEqual(['NOT_FOUND']);
    }
    expect((await ask(server, secret)).codes).toEqual([]);
    expect(await list(server, other.accessToken)).toEqual([]);
  });
});

describe('credentials in URLs', () => {
  test.for(['api_key', 'apiKey', 'X-API-Key', 'access_token', 'ACCESS_TOKEN', 'refresh_token', 'authorization'])(
    'K06: a URL with ?%s= is refused by POST and GET, and the key is not logged',
    async (name, { server, admin }) => {
      const { secret } = await create(server, admin.accessToken);
      const query = `query=%7Bhello%7D&${name}=${secret}`;
      const json = { 'content-type': 'application/json' };
      const answers = [
        await server.fetch(`/graphql?${query}`),
        await server.fetch(`/graphql?${query}`, { method: 'POST', headers: json, body: '{"query":"{ hello }"}' }),
        await server.fetch(`/health?${name}=anything`),
      ];
      for (const answer of answers) {
        expect(answer.status).toBe(400);
        const [error] = JSON.parse(await answer.text()).errors;
        expect(error.extensions).toEqual({ code: 'BAD_REQUEST', reason: 'CREDENTIAL_IN_URL' });
      }
      expect(JSON.stringify(server.logLines())).not.toContain(secret.slice(36, 79));
    },
  );

  test('K06: a key under any name or in the path is recognised by its form and masked in the log', async ({
    server,
    admin,
  }) => {
    const { secret } = await create(server, admin.accessToken);
    for (const path of [`/graphql?k=${secret}`, `/graphql/${secret}`, `/${secret.replaceAll('_', '%5f')}`]) {
      expect([path, (await server.fetch(path)).status]).toEqual([path, 400]);
    }
    const log = JSON.stringify(server.logLines());
    expect(log).not.toContain(secret.slice(36, 79));
    expect(log).toContain('fg_[masked]');
  });
});
