import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { failure, sendForm } from '../support/oauth.ts';
import { nodesOf } from '../support/pages.ts';
import {
  adminEnv,
  loginAsAdmin,
  refresh,
  type SignedIn,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

type Service = { readonly id: string; readonly secret: string };
const day = 86_400_000;

const test = testWithServer(adminEnv);

const clientFields = 'id name scopes createdAt disabledAt previousSecretExpiresAt';
const createClient = (server: TestServer, { accessToken: token }: SignedIn, input: object) =>
  server.gql(
    `mutation ($input: CreateServiceClientInput!) { createServiceClient(input: $input) { secret client { ${clientFields} } } }`,
    { token, variables: { input } },
  );
const newService = async (
  server: TestServer,
  by: SignedIn,
  scopes: readonly string[] = ['orders:read', 'orders:write'],
): Promise<Service> => {
  const { client, secret } = (await createClient(server, by, { name: 'till', scopes })).data.createServiceClient;
  return { id: client.id, secret };
};
const change = (server: TestServer, { accessToken: token }: SignedIn, field: string, id: string, selection: string) =>
  server.gql(`mutation ($id: ID!) { ${field}(id: $id) { ${selection} } }`, { token, variables: { id } });
const rotate = async (server: TestServer, by: SignedIn, id: string): Promise<string> =>
  (await change(server, by, 'rotateServiceClientSecret', id, 'secret')).data.rotateServiceClientSecret.secret;
const disable = (server: TestServer, by: SignedIn, id: string) =>
  change(server, by, 'disableServiceClient', id, clientFields);

/** RFC 6749 §2.3.1: both are encoded as in a form. Strict clients encode `-` and `_` too. */
const encoded = (text: string) => encodeURIComponent(text).replace(/[-_.]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
const basic = ({ id, secret }: Service) => ({ authorization: `Basic ${btoa(`${encoded(id)}:${encoded(secret)}`)}` });
const posted = ({ id, secret }: Service) => ({ client_id: id, client_secret: secret });

const credentials = { grant_type: 'client_credentials' };
const tokenFor = (server: TestServer, service: Service, more: Record<string, string> = {}) =>
  sendForm(server, '/token', { ...credentials, ...more }, basic(service));
const viewer = (server: TestServer, token: string) =>
  server.gql('{ viewer { kind scopes role user { id } expiresAt } }', { token });
const introspect = (
  server: TestServer,
  token: string,
  headers: Record<string, string>,
  more: Record<string, string> = {},
) => sendForm(server, '/introspect', { token, ...more }, headers);

describe('client_credentials', () => {
  test('client_credentials gives a service an access token and no refresh token', async ({ server, admin }) => {
    const service = await newService(server, admin);
    const answer = await tokenFor(server, service);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      ...{ token: answer.body.access_token, access_token: expect.any(String), token_type: 'Bearer' },
      ...{ expires_in: 900, scope: 'orders:read orders:write' },
    });
    expect((await viewer(server, answer.body.access_token)).data.viewer).toEqual({
      ...{ kind: 'SERVICE', scopes: ['orders:read', 'orders:write'], role: null, user: null },
      expiresAt: expect.any(String),
    });
  });

  test('the secret is accepted by client_secret_basic and client_secret_post', async ({ server, admin }) => {
    const service = await newService(server, admin);
    expect((await sendForm(server, '/token', credentials, basic(service))).status).toBe(200);
    expect((await sendForm(server, '/token', { ...credentials, ...posted(service) })).status).toBe(200);
    expect((await sendForm(server, '/token', { ...credentials, client_id: service.id }, basic(service))).status).toBe(
      200,
    );
  });

  test('R11: the token has the scopes that were asked for, and no others can be had', async ({ server, admin }) => {
    const service = await newService(server, admin);
    expect((await tokenFor(server, service, { scope: 'orders:read' })).body.scope).toBe('orders:read');
    expect((await tokenFor(server, service, { scope: 'orders:read orders:read' })).body.scope).toBe('orders:read');
    for (const scope of [
      'orders:delete',
      'orders:read admin',
      'orders:*',
      '*',
      'orders:read  orders:write',
      'ORDERS:READ',
    ]) {
      expect(failure(await tokenFor(server, service, { scope })), scope).toEqual([400, 'invalid_scope']);
    }
  });

  test('a service without scopes gets a token that may do nothing', async ({ server, admin }) => {
    const answer = await tokenFor(server, await newService(server, admin, []));
    expect(answer.body).not.toHaveProperty('scope');
    expect((await viewer(server, answer.body.access_token)).data.viewer.scopes).toEqual([]);
  });

  test('P12: an unknown client, a wrong secret, no secret and a disabled client get the same 401 with a challenge', async ({
    server,
    admin,
  }) => {
    const [service, off] = [await newService(server, admin), await newService(server, admin)];
    await disable(server, admin, off.id);
    const answers = [
      await tokenFor(server, { ...service, secret: `${service.secret.slice(0, -1)}x` }),
      await tokenFor(server, { ...service, id: crypto.randomUUID() }),
      await tokenFor(server, { ...service, id: 'fieldgate' }),
      await tokenFor(server, { ...service, secret: '' }),
      await tokenFor(server, off),
      await sendForm(server, '/token', { ...credentials, client_id: service.id }),
      await sendForm(server, '/token', credentials),
      await sendForm(server, '/token', credentials, { authorization: 'Basic !' }),
      await sendForm(server, '/token', credentials, { authorization: `Basic ${btoa('no colon')}` }),
      await sendForm(server, '/token', credentials, { authorization: `${basic(service).authorization}!` }),
    ];
    for (const answer of answers) {
      expect(failure(answer)).toEqual([401, 'invalid_client']);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    }
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  test('O15: a client that authenticates in two ways is refused', async ({ server, admin }) => {
    const [service, other] = [await newService(server, admin), await newService(server, admin)];
    const twice = [
      await sendForm(server, '/token', { ...credentials, ...posted(service) }, basic(service)),
      await sendForm(server, '/token', { ...credentials, client_id: other.id }, basic(service)),
    ];
    expect(twice.map(failure)).toEqual(Array(2).fill([400, 'invalid_request']));
  });

  test('O15: a service can use no other grant', async ({ server, admin }) => {
    const [service, { user, refreshToken }] = [await newService(server, admin), await signup(server)];
    const password = { grant_type: 'password', username: user.email, password: 'a quiet lamp over nine stairs' };
    expect(failure(await sendForm(server, '/token', password, basic(service)))).toEqual([400, 'unauthorized_client']);
    const stolen = { grant_type: 'refresh_token', refresh_token: refreshToken };
    expect(failure(await sendForm(server, '/token', stolen, basic(service)))).toEqual([400, 'invalid_grant']);
    // R10: and the token still works in the right hands.
    expect((await refresh(server, refreshToken)).codes).toEqual([]);
  });
});

describe('tokens of services', () => {
  test('a service is refused fields of accounts even with their scopes', async ({ server, admin }) => {
    const { body } = await tokenFor(server, await newService(server, admin, ['account:read', 'sessions:read']));
    for (const field of ['me { id }', 'sessions { edges { node { id } } }']) {
      expect((await server.gql(`{ ${field} }`, { token: body.access_token })).codes).toEqual(['FORBIDDEN ACCOUNT']);
    }
  });

  test('a service is refused what needs an account, and its logout ends no session', async ({ server, admin }) => {
    const { body } = await tokenFor(server, await newService(server, admin));
    const ask = async (query: string) => (await server.gql(query, { token: body.access_token })).codes;
    expect(await ask('{ me { id } }')).toEqual(['FORBIDDEN SCOPE']);
    expect(await ask('{ sessions { edges { node { id } } } }')).toEqual(['FORBIDDEN SCOPE']);
    expect(await ask('{ users { edges { cursor } } }')).toEqual(['FORBIDDEN ROLE']);
    expect(await ask('mutation { revokeSession(id: "x") { id } }')).toEqual(['FORBIDDEN SCOPE']);
    expect((await server.gql('mutation { logout { endedSessions } }', { token: body.access_token })).data).toEqual({
      logout: { endedSessions: 0 },
    });
    expect((await viewer(server, body.access_token)).codes).toEqual([]);
  });

  test('a token is rejected at the next request after its client is disabled', async ({ server, admin }) => {
    const service = await newService(server, admin);
    const { body } = await tokenFor(server, service);
    expect((await viewer(server, body.access_token)).codes).toEqual([]);
    expect((await disable(server, admin, service.id)).data.disableServiceClient.disabledAt).toEqual(expect.any(String));
    const refused = await viewer(server, body.access_token);
    expect([refused.status, refused.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_REVOKED']]);
  });

  test('a token of a service expires', async () => {
    const own = await startServer(adminEnv);
    const service = await newService(own, await loginAsAdmin(own), ['orders:read']);
    const { body } = await tokenFor(own, service);
    own.advance(16 * 60_000);
    expect((await viewer(own, body.access_token)).codes).toEqual(['UNAUTHENTICATED TOKEN_EXPIRED']);
  });

  test('R21: a service revokes one of its tokens and no other', async ({ server, admin }) => {
    const service = await newService(server, admin);
    const [ended, other] = [
      (await tokenFor(server, service)).body.access_token,
      (await tokenFor(server, service)).body.access_token,
    ];
    expect((await sendForm(server, '/revoke', { token: ended }, basic(service))).status).toBe(200);
    expect((await sendForm(server, '/revoke', { token: ended, ...posted(service) })).status).toBe(200);
    expect((await viewer(server, ended)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await viewer(server, other)).codes).toEqual([]);
  });

  test('R21: a token is not revoked without its client or by another service', async ({ server, admin }) => {
    const [service, other] = [await newService(server, admin), await newService(server, admin)];
    const token = (await tokenFor(server, service)).body.access_token;
    expect(failure(await sendForm(server, '/revoke', { token }))).toEqual([401, 'invalid_client']);
    expect(failure(await sendForm(server, '/revoke', { token }, basic(other)))).toEqual([400, 'invalid_request']);
    expect((await viewer(server, token)).codes).toEqual([]);
  });

  test('R21: a service cannot revoke a token of an account', async ({ server, admin }) => {
    const [service, grant] = [await newService(server, admin), await signup(server)];
    for (const token of [grant.accessToken, grant.refreshToken]) {
      expect(failure(await sendForm(server, '/revoke', { token }, basic(service)))).toEqual([400, 'invalid_request']);
    }
    expect((await sendForm(server, '/revoke', { token: 'nonsense' }, basic(service))).status).toBe(200);
    expect((await server.gql('{ me { id } }', { token: grant.accessToken })).codes).toEqual([]);
  });
});

describe('introspection by a service', () => {
  test('R22: a service can introspect tokens of accounts and of services', async ({ server, admin }) => {
    const [service, asker, grant] = [
      await newService(server, admin),
      await newService(server, admin, []),
      await signup(server),
    ];
    const token = (await tokenFor(server, service)).body.access_token;
    expect((await introspect(server, grant.accessToken, basic(asker))).body).toMatchObject({
      active: true,
      sub: grant.user.id,
    });
    expect((await introspect(server, token, {}, posted(asker))).body).toEqual({
      ...{ active: true, sub: service.id, client_id: service.id, scope: 'orders:read orders:write' },
      ...{ token_type: 'Bearer', iss: 'http://localhost:4000', aud: 'http://localhost:4000' },
      ...{ exp: expect.any(Number), iat: expect.any(Number), jti: expect.any(String) },
    });
  });

  test('R22: a revoked token and a token of a disabled client are exactly {"active":false}', async ({
    server,
    admin,
  }) => {
    const [service, off, asker] = [
      await newService(server, admin),
      await newService(server, admin),
      await newService(server, admin),
    ];
    const [revoked, dead] = [
      (await tokenFor(server, service)).body.access_token,
      (await tokenFor(server, off)).body.access_token,
    ];
    await sendForm(server, '/revoke', { token: revoked }, basic(service));
    await disable(server, admin, off.id);
    for (const token of [revoked, dead]) {
      expect(JSON.stringify((await introspect(server, token, basic(asker))).body)).toBe('{"active":false}');
    }
  });

  test('R22: the caller must authenticate, in one way', async ({ server, admin }) => {
    const [service, grant] = [await newService(server, admin), await signup(server)];
    const ask = (headers: Record<string, string>, more = {}) => introspect(server, grant.accessToken, headers, more);
    expect(failure(await ask(basic({ ...service, secret: 'x' })))).toEqual([401, 'invalid_client']);
    expect(failure(await ask({}, { client_id: service.id }))).toEqual([401, 'invalid_client']);
    const byToken = { authorization: `Bearer ${admin.accessToken}` };
    expect(failure(await ask(byToken, posted(service)))).toEqual([400, 'invalid_request']);
    const own = (await tokenFor(server, service)).body.access_token;
    expect(failure(await ask({ authorization: `Bearer ${own}` }))).toEqual([403, 'insufficient_scope']);
  });
});

describe('secrets of services', () => {
  test('after a rotation both secrets work for a day, then the new one alone', async () => {
    const own = await startServer(adminEnv);
    const by = await loginAsAdmin(own);
    const old = await newService(own, by, []);
    const rotated = await change(own, by, 'rotateServiceClientSecret', old.id, `secret client { ${clientFields} }`);
    const { secret, client } = rotated.data.rotateServiceClientSecret;
    expect(Date.parse(client.previousSecretExpiresAt) - Date.parse(client.createdAt)).toBeGreaterThanOrEqual(day);
    const outcome = async (service: Service) => (await tokenFor(own, service)).status;
    const fresh = { id: old.id, secret };
    expect([await outcome(old), await outcome(fresh)]).toEqual([200, 200]);
    own.advance(day + 1_000);
    expect([await outcome(old), await outcome(fresh)]).toEqual([401, 200]);
  });

  test('a secret in use stays valid when a rotation is repeated after a lost answer', async ({ server, admin }) => {
    const inUse = await newService(server, admin);
    const [lost, repeated] = [await rotate(server, admin, inUse.id), await rotate(server, admin, inUse.id)];
    expect((await tokenFor(server, inUse)).status).toBe(200);
    expect((await tokenFor(server, { ...inUse, secret: lost })).status).toBe(401);
    expect((await tokenFor(server, { ...inUse, secret: repeated })).status).toBe(200);
    const next = await rotate(server, admin, inUse.id);
    expect((await tokenFor(server, inUse)).status).toBe(401);
    expect((await tokenFor(server, { ...inUse, secret: repeated })).status).toBe(200);
    expect((await tokenFor(server, { ...inUse, secret: next })).status).toBe(200);
  });

  test('a leaked secret is dead at once with endPrevious', async ({ server, admin }) => {
    const leaked = await newService(server, admin);
    const mutation = 'mutation ($id: ID!) { rotateServiceClientSecret(id: $id, endPrevious: true) { secret } }';
    const { data } = await server.gql(mutation, { token: admin.accessToken, variables: { id: leaked.id } });
    expect((await tokenFor(server, leaked)).status).toBe(401);
    expect((await tokenFor(server, { ...leaked, secret: data.rotateServiceClientSecret.secret })).status).toBe(200);
  });

  test('R09, L03: a secret has 256 bits and is neither in the database nor in the log', async ({ server, admin }) => {
    const { id, secret } = await newService(server, admin);
    expect(secret).toMatch(/^fgc_[\w-]{43}$/);
    await tokenFor(server, { id, secret });
    const files = readdirSync(server.dataDir).filter((name) => name.includes('sqlite'));
    const dump = files.map((name) => readFileSync(`${server.dataDir}/${name}`, 'latin1')).join('');
    expect(dump).toContain(id);
    for (const written of [dump, JSON.stringify(server.logLines())]) expect(written).not.toContain(secret.slice(4));
  });
});

describe('the administration of services', () => {
  test('serviceClients lists clients without their secrets', async ({ server, admin }) => {
    const service = await newService(server, admin, ['b:c', 'a:b', 'b:c']);
    const { data } = await server.gql(`{ serviceClients(first: 100) { edges { node { ${clientFields} } } } }`, {
      token: admin.accessToken,
    });
    expect(nodesOf(data.serviceClients).find(({ id }: Service) => id === service.id)).toEqual({
      ...{ id: service.id, name: 'till', scopes: ['a:b', 'b:c'], createdAt: expect.any(String) },
      ...{ disabledAt: null, previousSecretExpiresAt: null },
    });
  });

  test('an API key of an administrator lists clients only with the scope service-clients:read', async ({
    server,
    admin,
  }) => {
    const withKey = async (scopes: readonly string[]) => {
      const made = await server.gql(
        'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
        { token: admin.accessToken, variables: { input: { name: 'list', scopes } } },
      );
      const headers = { 'x-api-key': made.data.createApiKey.secret };
      return (await server.gql('{ serviceClients { edges { node { id } } } }', { headers })).codes;
    };
    expect(await withKey([])).toEqual(['FORBIDDEN SCOPE']);
    expect(await withKey(['account:read', 'users:read'])).toEqual(['FORBIDDEN SCOPE']);
    expect(await withKey(['service-clients:read'])).toEqual([]);
  });

  test('only administrators create, list and change clients', async ({ server, admin }) => {
    const [service, user] = [await newService(server, admin), await signup(server)];
    const own = { accessToken: (await tokenFor(server, service)).body.access_token };
    for (const caller of [user, own]) {
      const refused = [
        await createClient(server, caller, { name: 'x' }),
        await server.gql('{ serviceClients { edges { node { id } } } }', { token: caller.accessToken }),
        await change(server, caller, 'rotateServiceClientSecret', service.id, 'secret'),
        await change(server, caller, 'disableServiceClient', service.id, 'id'),
      ];
      expect(refused.map(({ codes }) => codes)).toEqual(Array(4).fill(['FORBIDDEN ROLE']));
    }
    expect((await tokenFor(server, service)).status).toBe(200);
  });

  test.for([
    ['an empty name', { name: ' ' }],
    ['a name that is too long', { name: 'x'.repeat(101) }],
    ['a control character', { name: 'a\u0000b' }],
    ['a wildcard', { name: 'x', scopes: ['orders:*'] }],
    ['everything', { name: 'x', scopes: ['*'] }],
    ['a single word', { name: 'x', scopes: ['interactive'] }],
    ['two scopes in one', { name: 'x', scopes: ['a:b c:d'] }],
    ['an empty scope', { name: 'x', scopes: [''] }],
    ['too many scopes', { name: 'x', scopes: Array.from({ length: 51 }, (_, i) => `a:${i}`) }],
  ] as const)('createServiceClient refuses %s', async ([_what, input], { server, admin }) => {
    const answer = await createClient(server, admin, input);
    expect(answer.codes[0]).toMatch(/^BAD_USER_INPUT (?:NAME|SCOPE)_INVALID$/);
  });

  test('an unknown client is NOT_FOUND, and a disabled one cannot rotate its secret', async ({ server, admin }) => {
    const off = await newService(server, admin);
    await disable(server, admin, off.id);
    for (const id of [crypto.randomUUID(), 'x', off.id]) {
      expect((await change(server, admin, 'rotateServiceClientSecret', id, 'secret')).codes).toEqual(['NOT_FOUND']);
    }
    expect((await disable(server, admin, crypto.randomUUID())).codes).toEqual(['NOT_FOUND']);
    expect((await disable(server, admin, off.id)).codes).toEqual([]);
  });
});
