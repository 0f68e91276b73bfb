import { apiKeyId } from '@fieldgate/guard';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKeyText } from '../../src/crypto/api-key.ts';
import { nodesOf } from '../support/pages.ts';
import {
  adminEnv,
  type Grant,
  type GraphQLAnswer,
  loginAsAdmin,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

let server: TestServer;
let admin: Grant;
beforeAll(async () => {
  server = await startServer(adminEnv);
  admin = await loginAsAdmin(server);
});
afterAll(() => server.stop());

const minute = 60_000;
const day = 86_400_000;
const keyFields = 'id prefix name scopes createdAt expiresAt lastUsedAt revokedAt';

type Created = { readonly apiKey: { readonly id: string; readonly expiresAt: string }; readonly secret: string };
type Input = Record<string, unknown>;

const tryCreate = (token: string, input: Input = {}): Promise<GraphQLAnswer> =>
  server.gql(
    `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { ${keyFields} } secret } }`,
    { token, variables: { input: { name: 'nightly report', scopes: ['account:read'], ...input } } },
  );
const create = async (token: string, input: Input = {}): Promise<Created> => {
  const answer = await tryCreate(token, input);
  if (!answer.data?.createApiKey) throw new Error(JSON.stringify(answer.errors));
  return answer.data.createApiKey;
};
const ask = (key: string, query = '{ me { id email } }', headers: Record<string, string> = {}) =>
  server.gql(query, { headers: { 'x-api-key': key, ...headers } });
const revoke = (token: string, id: string) =>
  server.gql('mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { id revokedAt } } }', { token, variables: { id } });
const list = async (token: string) =>
  nodesOf((await server.gql(`{ apiKeys { edges { node { ${keyFields} } } } }`, { token })).data.apiKeys);

describe('an API key', () => {
  it('acts for its owner within its scopes, and says so', async () => {
    const { accessToken, user } = await signup(server);
    const { apiKey, secret } = await create(accessToken);
    expect((await ask(secret)).data.me).toEqual({ id: user.id, email: user.email });
    const viewer = (await ask(secret, '{ viewer { kind role scopes expiresAt user { id } } }')).data.viewer;
    expect(viewer).toEqual({
      ...{ kind: 'API_KEY', role: 'USER', scopes: ['account:read'] },
      ...{ expiresAt: apiKey.expiresAt, user: { id: user.id } },
    });
  });

  it('K03: is shown once; lists have its prefix and never the secret, and the database only its digest', async () => {
    const { accessToken } = await signup(server);
    const { apiKey, secret } = await create(accessToken, { scopes: ['*:read'] });
    const [listed] = await list(accessToken);
    expect(listed).toMatchObject({ id: apiKey.id, name: 'nightly report', scopes: ['*:read'], revokedAt: null });
    expect(secret.startsWith(`${listed.prefix}_`)).toBe(true);
    expect(JSON.stringify(listed)).not.toContain(secret.slice(36, 79));
    expect(JSON.stringify(server.logLines())).not.toContain(secret.slice(36, 79));
  });

  it.each([
    ['account:read', '{ sessions { edges { node { id } } } }', ['FORBIDDEN SCOPE']],
    ['account:read', '{ apiKeys { edges { node { id } } } }', ['FORBIDDEN SCOPE']],
    ['sessions:*', '{ sessions { edges { node { id } } } }', []],
    ['*:read', '{ sessions { edges { node { id } } } apiKeys { edges { node { id } } } me { email } }', []],
    ['*', '{ sessions { edges { node { id } } } apiKeys { edges { node { id } } } me { email } }', []],
    ['sessions:read', '{ sessions { edges { node { id } } } viewer { user { id email } } }', ['FORBIDDEN POLICY']],
  ])('granted %s and asked %s is told %j', async (scope, query, codes) => {
    const { accessToken } = await signup(server);
    const { secret } = await create(accessToken, { scopes: [scope] });
    expect((await ask(secret, query)).codes).toEqual(codes);
  });

  it('Z16: with scope read cannot mutate though its owner is an administrator, and one of a user reads no users', async () => {
    const victim = await signup(server);
    const { secret } = await create(admin.accessToken, { scopes: ['users:read'] });
    expect((await ask(secret, '{ users(first: 1) { edges { node { email } } } }')).codes).toEqual([]);
    const answer = await ask(secret, `mutation { disableUser(id: "${victim.user.id}") { id } }`);
    expect([answer.status, answer.data, answer.codes]).toEqual([403, undefined, ['FORBIDDEN SCOPE']]);
    expect((await server.gql('{ me { id } }', { token: victim.accessToken })).codes).toEqual([]);
    const all = await create(victim.accessToken, { scopes: ['*'] });
    expect((await ask(all.secret, '{ users { edges { cursor } } }')).codes).toEqual(['FORBIDDEN ROLE']);
  });

  it("K04: follows its owner's role and state at the next request", async () => {
    const { accessToken, user } = await signup(server);
    const { secret } = await create(accessToken, { scopes: ['*'] });
    const byAdmin = (mutation: string) => server.gql(`mutation { ${mutation} { id } }`, { token: admin.accessToken });
    const users = '{ users(first: 1) { edges { cursor } } }';
    await byAdmin(`setUserRole(input: { userId: "${user.id}", role: MODERATOR })`);
    expect((await ask(secret, users)).codes).toEqual([]);
    await byAdmin(`setUserRole(input: { userId: "${user.id}", role: USER })`);
    expect((await ask(secret, users)).codes).toEqual(['FORBIDDEN ROLE']);
    await byAdmin(`disableUser(id: "${user.id}")`);
    expect((await ask(secret)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    await byAdmin(`enableUser(id: "${user.id}")`);
    expect((await ask(secret)).codes).toEqual([]);
  });

  it('is one of 50 at most; a revoked one makes room', async () => {
    const { accessToken } = await signup(server);
    const keys = await Promise.all(Array.from({ length: 50 }, () => create(accessToken)));
    const refused = await tryCreate(accessToken);
    expect([refused.status, refused.codes]).toEqual([200, ['TOO_MANY_API_KEYS']]);
    await revoke(accessToken, keys[0]?.apiKey.id ?? '');
    expect((await tryCreate(accessToken)).codes).toEqual([]);
  });

  it('K04: is refused once it is revoked; its row stays, and revoking again is no error', async () => {
    const { accessToken } = await signup(server);
    const { apiKey, secret } = await create(accessToken);
    const first = (await revoke(accessToken, apiKey.id)).data.revokeApiKey.apiKey;
    const answer = await ask(secret);
    expect(answer.codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await revoke(accessToken, apiKey.id)).data.revokeApiKey.apiKey).toEqual(first);
    expect((await list(accessToken))[0].revokedAt).toBe(first.revokedAt);
  });

  it.each([
    [{}, 90],
    [{ expiresInDays: 1 }, 1],
    [{ expiresInDays: 365 }, 365],
  ])('K04: with %j lives for %i days and not a moment longer', async (input, days) => {
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

  it('K08: is written down as used at most once a minute, with key and owner', async () => {
    const { accessToken, user } = await signup(server);
    const { apiKey, secret } = await create(accessToken);
    expect((await list(accessToken))[0].lastUsedAt).toBeNull();
    await Promise.all(Array.from({ length: 20 }, () => ask(secret)));
    const lastUsed = async () => (await list(accessToken))[0].lastUsedAt;
    const first = await lastUsed();
    expect(first).toEqual(expect.any(String));
    server.advance(minute - 10_000);
    await ask(secret);
    expect(await lastUsed()).toBe(first);
    server.advance(20_000);
    await ask(secret);
    expect(await lastUsed()).not.toBe(first);
    const uses = server.logLines().filter((line) => line['event'] === 'api_key.used' && line['userId'] === user.id);
    expect(uses).toHaveLength(2);
    expect(uses[0]).toMatchObject({ actor: { kind: 'api_key', id: apiKey.id }, ip: expect.any(String) });
  });

  it('K07: with a wrong secret is refused as one that is not there', async () => {
    const { accessToken } = await signup(server);
    const [one, other] = [await create(accessToken), await create(accessToken)];
    await revoke(accessToken, one.apiKey.id);
    const spliced = one.secret.slice(0, 36) + other.secret.slice(36);
    const forged = createApiKeyText(apiKeyId(other.apiKey.id)).text;
    for (const key of [forged, spliced, 'fg_x', `${one.secret}x`, 'x'.repeat(5000)]) {
      const answer = await ask(key);
      expect(answer.codes).toEqual(['UNAUTHENTICATED TOKEN_INVALID']);
    }
  });

  it('T22: is no reason to refuse what is public, and beside it a bad one is not anonymous', async () => {
    expect((await ask('fg_dead', '{ hello }')).codes).toEqual([]);
    expect((await ask('fg_dead', '{ hello viewer { kind } }')).codes).toEqual(['UNAUTHENTICATED TOKEN_INVALID']);
  });

  it('Z14: beside an access token, even of the same account, and twice, is ambiguous', async () => {
    const { accessToken } = await signup(server);
    const { secret } = await create(accessToken);
    const accept = { accept: 'application/graphql-response+json' };
    const both = await ask(secret, '{ me { id } }', { authorization: `Bearer ${accessToken}`, ...accept });
    expect([both.status, both.codes]).toEqual([400, ['AMBIGUOUS_CREDENTIALS']]);
    const twice = await ask(`${secret}, ${secret}`, '{ me { id } }', accept);
    expect([twice.status, twice.codes]).toEqual([400, ['AMBIGUOUS_CREDENTIALS']]);
  });
});

describe('a key cannot', () => {
  it.each([
    'createApiKey(input: { name: "x", scopes: [] }) { secret }',
    'revokeApiKey(id: "x") { apiKey { id } }',
    'revokeSession(id: "x") { id }',
    'changePassword(input: { currentPassword: "x", newPassword: "y" }) { expiresIn }',
    'setUserRole(input: { userId: "x", role: ADMIN }) { id }',
    'disableUser(id: "x") { id }',
    'enableUser(id: "x") { id }',
    'revokeUserSessions(userId: "x") { endedSessions }',
  ])('K05: %s, whatever it was granted, and nothing beside it runs', async (mutation) => {
    const { secret } = await create(admin.accessToken, { scopes: ['*'] });
    const answer = await ask(secret, `mutation { ${mutation} }`, { accept: 'application/graphql-response+json' });
    expect([answer.status, answer.data, answer.codes]).toEqual([403, undefined, ['FORBIDDEN SCOPE']]);
    expect(answer.errors?.[0]?.extensions['required']).toEqual({ scopes: [['interactive']] });
    expect(answer.errors?.[0]?.message).toContain('session');
  });

  it('K05: end the session of its owner by logout', async () => {
    const { accessToken } = await signup(server);
    const { secret } = await create(accessToken, { scopes: ['*'] });
    for (const scope of ['CURRENT', 'OTHERS', 'ALL']) {
      const answer = await ask(secret, `mutation { logout(input: { scope: ${scope} }) { endedSessions } }`);
      expect(answer.data.logout.endedSessions).toBe(0);
    }
    expect((await server.gql('{ me { id } }', { token: accessToken })).codes).toEqual([]);
  });
});

describe('createApiKey', () => {
  it.each(['userId', 'owner', 'permissions', 'rateLimit', 'expiresAt', 'role', 'id', 'secret'])(
    'K01, K02: %s is no input of it',
    async (field) => {
      const answer = await tryCreate(admin.accessToken, { [field]: 'x' });
      expect([answer.status, answer.data]).toEqual([400, undefined]);
    },
  );

  it('K01: without a credential is refused', async () => {
    const answer = await server.gql('mutation { createApiKey(input: { name: "x", scopes: [] }) { secret } }', {
      headers: { accept: 'application/graphql-response+json' },
    });
    expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_MISSING']]);
  });

  it.each([
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
  ])('K02: with %j is refused for its %s', async (input, field, reason) => {
    const { accessToken } = await signup(server);
    const answer = await tryCreate(accessToken, input);
    expect(answer.errors?.map(({ extensions }) => extensions)).toMatchObject([
      { code: 'BAD_USER_INPUT', field, reason },
    ]);
    expect(await list(accessToken)).toEqual([]);
  });

  it('says what there is to grant where a scope was refused', async () => {
    const { accessToken } = await signup(server);
    const [error] = (await tryCreate(accessToken, { scopes: ['account:raed'] })).errors ?? [];
    expect(error?.extensions['required']).toEqual({
      scopes: ['account:read', 'api-keys:read', 'events:read', 'identities:read', 'profiles:read', 'sessions:read'],
    });
    expect(JSON.stringify(error)).not.toContain('raed');
  });
});

describe('revokeApiKey', () => {
  it("Z08: answers alike for another account's key and for none", async () => {
    const [owner, other] = [await signup(server), await signup(server)];
    const { apiKey, secret } = await create(owner.accessToken);
    for (const id of [apiKey.id, crypto.randomUUID(), 'x']) {
      expect((await revoke(other.accessToken, id)).codes).toEqual(['NOT_FOUND']);
    }
    expect((await ask(secret)).codes).toEqual([]);
    expect(await list(other.accessToken)).toEqual([]);
  });
});

describe('a credential in a URL', () => {
  it.each(['api_key', 'apiKey', 'X-API-Key', 'access_token', 'ACCESS_TOKEN', 'refresh_token', 'authorization'])(
    'K06: as ?%s= is refused with the reason, by POST and GET, and is in no log',
    async (name) => {
      const { secret } = await create(admin.accessToken);
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

  it('K06: under any name, and in the path, is known by its form and masked in the log', async () => {
    const { secret } = await create(admin.accessToken);
    for (const path of [`/graphql?k=${secret}`, `/graphql/${secret}`, `/${secret.replaceAll('_', '%5f')}`]) {
      expect([path, (await server.fetch(path)).status]).toEqual([path, 400]);
    }
    const log = JSON.stringify(server.logLines());
    expect(log).not.toContain(secret.slice(36, 79));
    expect(log).toContain('fg_[masked]');
  });
});
