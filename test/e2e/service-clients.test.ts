import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, sendForm } from '../support/oauth.ts';
import {
  adminEnv,
  type Grant,
  loginAsAdmin,
  refresh,
  serverForTest,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

type Service = { readonly id: string; readonly secret: string };
const day = 86_400_000;

let server: TestServer;
let admin: Grant;
beforeAll(async () => {
  server = await startServer(adminEnv);
  admin = await loginAsAdmin(server);
});
afterAll(() => server.stop());

const clientFields = 'id name scopes createdAt disabledAt previousSecretExpiresAt';
const createClient = (input: object, token = admin.accessToken, at = server) =>
  at.gql(
    `mutation ($input: CreateServiceClientInput!) { createServiceClient(input: $input) { secret client { ${clientFields} } } }`,
    {
      ...{ token, variables: { input } },
    },
  );
const newService = async (
  scopes: readonly string[] = ['orders:read', 'orders:write'],
  at = server,
  by = admin,
): Promise<Service> => {
  const { client, secret } = (await createClient({ name: 'till', scopes }, by.accessToken, at)).data
    .createServiceClient;
  return { id: client.id, secret };
};
const change = (field: string, id: string, selection: string, token = admin.accessToken, at = server) =>
  at.gql(`mutation ($id: ID!) { ${field}(id: $id) { ${selection} } }`, { token, variables: { id } });
const rotate = async (id: string): Promise<string> =>
  (await change('rotateServiceClientSecret', id, 'secret')).data.rotateServiceClientSecret.secret;
const disable = (id: string) => change('disableServiceClient', id, clientFields);

/** RFC 6749 §2.3.1: both are encoded as in a form. Strict clients encode `-` and `_` too. */
const encoded = (text: string) => encodeURIComponent(text).replace(/[-_.]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
const basic = ({ id, secret }: Service) => ({ authorization: `Basic ${btoa(`${encoded(id)}:${encoded(secret)}`)}` });
const posted = ({ id, secret }: Service) => ({ client_id: id, client_secret: secret });

const credentials = { grant_type: 'client_credentials' };
const tokenFor = (service: Service, more: Record<string, string> = {}, at = server) =>
  sendForm(at, '/token', { ...credentials, ...more }, basic(service));
const viewer = (token: string, at = server) =>
  at.gql('{ viewer { kind scopes role user { id } expiresAt } }', { token });
const introspect = (token: string, headers: Record<string, string>, more: Record<string, string> = {}) =>
  sendForm(server, '/introspect', { token, ...more }, headers);

describe('client_credentials', () => {
  it('gives an access token for the service itself, and no refresh token', async () => {
    const service = await newService();
    const answer = await tokenFor(service);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      ...{ token: answer.body.access_token, access_token: expect.any(String), token_type: 'Bearer' },
      ...{ expires_in: 900, scope: 'orders:read orders:write' },
    });
    expect((await viewer(answer.body.access_token)).data.viewer).toEqual({
      ...{ kind: 'SERVICE', scopes: ['orders:read', 'orders:write'], role: null, user: null },
      expiresAt: expect.any(String),
    });
  });

  it('takes the secret by client_secret_basic and by client_secret_post', async () => {
    const service = await newService();
    expect((await sendForm(server, '/token', credentials, basic(service))).status).toBe(200);
    expect((await sendForm(server, '/token', { ...credentials, ...posted(service) })).status).toBe(200);
    expect((await sendForm(server, '/token', { ...credentials, client_id: service.id }, basic(service))).status).toBe(
      200,
    );
  });

  it('gives the scopes that are asked for, and R11: no others', async () => {
    const service = await newService();
    expect((await tokenFor(service, { scope: 'orders:read' })).body.scope).toBe('orders:read');
    expect((await tokenFor(service, { scope: 'orders:read orders:read' })).body.scope).toBe('orders:read');
    for (const scope of [
      'orders:delete',
      'orders:read admin',
      'orders:*',
      '*',
      'orders:read  orders:write',
      'ORDERS:READ',
    ]) {
      expect(failure(await tokenFor(service, { scope })), scope).toEqual([400, 'invalid_scope']);
    }
  });

  it('gives a service without scopes a token that may do nothing', async () => {
    const answer = await tokenFor(await newService([]));
    expect(answer.body).not.toHaveProperty('scope');
    expect((await viewer(answer.body.access_token)).data.viewer.scopes).toEqual([]);
  });

  it('refuses an unknown client, a wrong secret, no secret and a client that is off alike: 401 with a challenge', async () => {
    const [service, off] = [await newService(), await newService()];
    await disable(off.id);
    const answers = [
      await tokenFor({ ...service, secret: `${service.secret.slice(0, -1)}x` }),
      await tokenFor({ ...service, id: crypto.randomUUID() }),
      await tokenFor({ ...service, id: 'fieldgate' }),
      await tokenFor({ ...service, secret: '' }),
      await tokenFor(off),
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

  it('O15: refuses a client that names itself in two ways', async () => {
    const [service, other] = [await newService(), await newService()];
    const twice = [
      await sendForm(server, '/token', { ...credentials, ...posted(service) }, basic(service)),
      await sendForm(server, '/token', { ...credentials, client_id: other.id }, basic(service)),
    ];
    expect(twice.map(failure)).toEqual(Array(2).fill([400, 'invalid_request']));
  });

  it('O15: a service has this grant and no other', async () => {
    const [service, { user, refreshToken }] = [await newService(), await signup(server)];
    const password = { grant_type: 'password', username: user.email, password: 'a quiet lamp over nine stairs' };
    expect(failure(await sendForm(server, '/token', password, basic(service)))).toEqual([400, 'unauthorized_client']);
    const stolen = { grant_type: 'refresh_token', refresh_token: refreshToken };
    expect(failure(await sendForm(server, '/token', stolen, basic(service)))).toEqual([400, 'invalid_grant']);
    // R10: and the token still works in the right hands.
    expect((await refresh(server, refreshToken)).codes).toEqual([]);
  });
});

describe('the token of a service', () => {
  it('is no person even with the scopes that a person would need', async () => {
    const { body } = await tokenFor(await newService(['account:read', 'sessions:read']));
    for (const field of ['me { id }', 'sessions { id }']) {
      expect((await server.gql(`{ ${field} }`, { token: body.access_token })).codes).toEqual(['FORBIDDEN ACCOUNT']);
    }
  });

  it('is no person: what asks for one is refused, sessions are not touched', async () => {
    const { body } = await tokenFor(await newService());
    const ask = async (query: string) => (await server.gql(query, { token: body.access_token })).codes;
    expect(await ask('{ me { id } }')).toEqual(['FORBIDDEN SCOPE']);
    expect(await ask('{ sessions { id } }')).toEqual(['FORBIDDEN SCOPE']);
    expect(await ask('{ users { edges { cursor } } }')).toEqual(['FORBIDDEN ROLE']);
    expect(await ask('mutation { revokeSession(id: "x") { id } }')).toEqual(['FORBIDDEN SCOPE']);
    expect((await server.gql('mutation { logout { endedSessions } }', { token: body.access_token })).data).toEqual({
      logout: { endedSessions: 0 },
    });
    expect((await viewer(body.access_token)).codes).toEqual([]);
  });

  it('is refused at the next request once its client is off', async () => {
    const service = await newService();
    const { body } = await tokenFor(service);
    expect((await viewer(body.access_token)).codes).toEqual([]);
    expect((await disable(service.id)).data.disableServiceClient.disabledAt).toEqual(expect.any(String));
    const refused = await viewer(body.access_token);
    expect([refused.status, refused.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_REVOKED']]);
  });

  it('ends by itself', async () => {
    const own = await serverForTest(adminEnv);
    const service = await newService(['orders:read'], own, await loginAsAdmin(own));
    const { body } = await tokenFor(service, {}, own);
    own.advance(16 * 60_000);
    expect((await viewer(body.access_token, own)).codes).toEqual(['UNAUTHENTICATED TOKEN_EXPIRED']);
  });

  it('R21: is revoked by its service, alone among the tokens of it', async () => {
    const service = await newService();
    const [ended, other] = [(await tokenFor(service)).body.access_token, (await tokenFor(service)).body.access_token];
    expect((await sendForm(server, '/revoke', { token: ended }, basic(service))).status).toBe(200);
    expect((await sendForm(server, '/revoke', { token: ended, ...posted(service) })).status).toBe(200);
    expect((await viewer(ended)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await viewer(other)).codes).toEqual([]);
  });

  it('R21: is not revoked by nobody, nor by another service', async () => {
    const [service, other] = [await newService(), await newService()];
    const token = (await tokenFor(service)).body.access_token;
    expect(failure(await sendForm(server, '/revoke', { token }))).toEqual([401, 'invalid_client']);
    expect(failure(await sendForm(server, '/revoke', { token }, basic(other)))).toEqual([400, 'invalid_request']);
    expect((await viewer(token)).codes).toEqual([]);
  });

  it('R21: and a service revokes nothing of a person', async () => {
    const [service, grant] = [await newService(), await signup(server)];
    for (const token of [grant.accessToken, grant.refreshToken]) {
      expect(failure(await sendForm(server, '/revoke', { token }, basic(service)))).toEqual([400, 'invalid_request']);
    }
    expect((await sendForm(server, '/revoke', { token: 'nonsense' }, basic(service))).status).toBe(200);
    expect((await server.gql('{ me { id } }', { token: grant.accessToken })).codes).toEqual([]);
  });
});

describe('introspection by a service', () => {
  it('R22: tells it of the tokens of people and of services', async () => {
    const [service, asker, grant] = [await newService(), await newService([]), await signup(server)];
    const token = (await tokenFor(service)).body.access_token;
    expect((await introspect(grant.accessToken, basic(asker))).body).toMatchObject({
      active: true,
      sub: grant.user.id,
    });
    expect((await introspect(token, {}, posted(asker))).body).toEqual({
      ...{ active: true, sub: service.id, client_id: service.id, scope: 'orders:read orders:write' },
      ...{ token_type: 'Bearer', iss: 'http://localhost:4000', aud: 'http://localhost:4000' },
      ...{ exp: expect.any(Number), iat: expect.any(Number), jti: expect.any(String) },
    });
  });

  it('R22: a revoked token, and one whose client is off, are exactly {"active":false}', async () => {
    const [service, off, asker] = [await newService(), await newService(), await newService()];
    const [revoked, dead] = [(await tokenFor(service)).body.access_token, (await tokenFor(off)).body.access_token];
    await sendForm(server, '/revoke', { token: revoked }, basic(service));
    await disable(off.id);
    for (const token of [revoked, dead]) {
      expect(JSON.stringify((await introspect(token, basic(asker))).body)).toBe('{"active":false}');
    }
  });

  it('R22: the caller must prove who it is, in one way', async () => {
    const [service, grant] = [await newService(), await signup(server)];
    const ask = (headers: Record<string, string>, more = {}) => introspect(grant.accessToken, headers, more);
    expect(failure(await ask(basic({ ...service, secret: 'x' })))).toEqual([401, 'invalid_client']);
    expect(failure(await ask({}, { client_id: service.id }))).toEqual([401, 'invalid_client']);
    const byToken = { authorization: `Bearer ${admin.accessToken}` };
    expect(failure(await ask(byToken, posted(service)))).toEqual([400, 'invalid_request']);
    const own = (await tokenFor(service)).body.access_token;
    expect(failure(await ask({ authorization: `Bearer ${own}` }))).toEqual([403, 'insufficient_scope']);
  });
});

describe('the secret of a service', () => {
  it('has a rotation in which both work for a day, the old one no longer', async () => {
    const own = await serverForTest(adminEnv);
    const by = await loginAsAdmin(own);
    const old = await newService([], own, by);
    const rotated = await change(
      'rotateServiceClientSecret',
      old.id,
      `secret client { ${clientFields} }`,
      by.accessToken,
      own,
    );
    const { secret, client } = rotated.data.rotateServiceClientSecret;
    expect(Date.parse(client.previousSecretExpiresAt) - Date.parse(client.createdAt)).toBeGreaterThanOrEqual(day);
    const outcome = async (service: Service) => (await tokenFor(service, {}, own)).status;
    const fresh = { id: old.id, secret };
    expect([await outcome(old), await outcome(fresh)]).toEqual([200, 200]);
    own.advance(day + 1_000);
    expect([await outcome(old), await outcome(fresh)]).toEqual([401, 200]);
  });

  it('in use stays valid when a rotation is repeated after a lost answer', async () => {
    const inUse = await newService();
    const [lost, repeated] = [await rotate(inUse.id), await rotate(inUse.id)];
    expect((await tokenFor(inUse)).status).toBe(200);
    expect((await tokenFor({ ...inUse, secret: lost })).status).toBe(401);
    expect((await tokenFor({ ...inUse, secret: repeated })).status).toBe(200);
    const next = await rotate(inUse.id);
    expect((await tokenFor(inUse)).status).toBe(401);
    expect((await tokenFor({ ...inUse, secret: repeated })).status).toBe(200);
    expect((await tokenFor({ ...inUse, secret: next })).status).toBe(200);
  });

  it('that leaked is dead at once with endPrevious', async () => {
    const leaked = await newService();
    const rotate = 'mutation ($id: ID!) { rotateServiceClientSecret(id: $id, endPrevious: true) { secret } }';
    const { data } = await server.gql(rotate, { token: admin.accessToken, variables: { id: leaked.id } });
    expect((await tokenFor(leaked)).status).toBe(401);
    expect((await tokenFor({ ...leaked, secret: data.rotateServiceClientSecret.secret })).status).toBe(200);
  });

  it('has 256 bits, and R09, L03: is neither in the database nor in the log', async () => {
    const { id, secret } = await newService();
    expect(secret).toMatch(/^fgc_[\w-]{43}$/);
    await tokenFor({ id, secret });
    const files = readdirSync(server.dataDir).filter((name) => name.includes('sqlite'));
    const dump = files.map((name) => readFileSync(`${server.dataDir}/${name}`, 'latin1')).join('');
    expect(dump).toContain(id);
    for (const written of [dump, JSON.stringify(server.logLines())]) expect(written).not.toContain(secret.slice(4));
  });
});

describe('the administration of services', () => {
  it('lists them without their secrets', async () => {
    const service = await newService(['b:c', 'a:b', 'b:c']);
    const { data } = await server.gql(`{ serviceClients { ${clientFields} } }`, { token: admin.accessToken });
    expect(data.serviceClients.find(({ id }: Service) => id === service.id)).toEqual({
      ...{ id: service.id, name: 'till', scopes: ['a:b', 'b:c'], createdAt: expect.any(String) },
      ...{ disabledAt: null, previousSecretExpiresAt: null },
    });
  });

  it('an administrator’s key lists them with the scope service-clients:read alone', async () => {
    const withKey = async (scopes: readonly string[]) => {
      const made = await server.gql(
        'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
        { token: admin.accessToken, variables: { input: { name: 'list', scopes } } },
      );
      const headers = { 'x-api-key': made.data.createApiKey.secret };
      return (await server.gql('{ serviceClients { id } }', { headers })).codes;
    };
    expect(await withKey([])).toEqual(['FORBIDDEN SCOPE']);
    expect(await withKey(['account:read', 'users:read'])).toEqual(['FORBIDDEN SCOPE']);
    expect(await withKey(['service-clients:read'])).toEqual([]);
  });

  it('is for administrators: nobody else makes, sees or changes one', async () => {
    const [service, { accessToken }] = [await newService(), await signup(server)];
    const own = (await tokenFor(service)).body.access_token;
    for (const token of [accessToken, own]) {
      expect((await createClient({ name: 'x' }, token)).codes).toEqual(['FORBIDDEN ROLE']);
      expect((await server.gql('{ serviceClients { id } }', { token })).codes).toEqual(['FORBIDDEN ROLE']);
      expect((await change('rotateServiceClientSecret', service.id, 'secret', token)).codes).toEqual([
        'FORBIDDEN ROLE',
      ]);
      expect((await change('disableServiceClient', service.id, 'id', token)).codes).toEqual(['FORBIDDEN ROLE']);
    }
    expect((await tokenFor(service)).status).toBe(200);
  });

  it.each([
    ['an empty name', { name: ' ' }],
    ['a name that is too long', { name: 'x'.repeat(101) }],
    ['a control character', { name: 'a\u0000b' }],
    ['a wildcard', { name: 'x', scopes: ['orders:*'] }],
    ['everything', { name: 'x', scopes: ['*'] }],
    ['a single word', { name: 'x', scopes: ['interactive'] }],
    ['two scopes in one', { name: 'x', scopes: ['a:b c:d'] }],
    ['an empty scope', { name: 'x', scopes: [''] }],
    ['too many scopes', { name: 'x', scopes: Array.from({ length: 51 }, (_, i) => `a:${i}`) }],
  ])('refuses %s', async (_what, input) => {
    const answer = await createClient(input);
    expect(answer.codes[0]).toMatch(/^BAD_USER_INPUT (?:NAME|SCOPE)_INVALID$/);
  });

  it('knows no client that is none, and rotates none that is off', async () => {
    const off = await newService();
    await disable(off.id);
    for (const id of [crypto.randomUUID(), 'x', off.id]) {
      expect((await change('rotateServiceClientSecret', id, 'secret')).codes).toEqual(['NOT_FOUND']);
    }
    expect((await disable(crypto.randomUUID())).codes).toEqual(['NOT_FOUND']);
    expect((await disable(off.id)).codes).toEqual([]);
  });
});
