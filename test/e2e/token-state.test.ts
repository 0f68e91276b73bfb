import { describe, expect } from 'vitest';
import { failure, sendForm } from '../support/oauth.ts';
import {
  adminEnv,
  type Grant,
  loginAsAdmin,
  refresh,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const test = testWithServer(adminEnv);

const me = (server: TestServer, token: string) => server.gql('{ me { id } }', { token });
const revoke = (server: TestServer, form: Record<string, string> | string, headers: Record<string, string> = {}) =>
  sendForm(server, '/revoke', form, headers);
const introspect = (server: TestServer, admin: Grant, token: string, by = admin.accessToken) =>
  sendForm(server, '/introspect', { token }, { authorization: `Bearer ${by}` });

describe('POST /revoke', () => {
  const kinds: readonly (readonly [string, (grant: Grant) => string])[] = [
    ['a refresh token', (grant) => grant.refreshToken],
    ['an access token', (grant) => grant.accessToken],
  ];

  test.for(kinds)(
    'R21: revoking %s ends its session, and both tokens are rejected from then on',
    async ([_what, tokenOf], { server }) => {
      const grant = await signup(server);
      const answer = await revoke(server, { token: tokenOf(grant) });
      expect([answer.status, answer.body]).toEqual([200, {}]);
      expect((await me(server, grant.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
      expect((await refresh(server, grant.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
    },
  );

  test.for(kinds)('R21: %s is found under a wrong or unknown hint too', async ([_what, tokenOf], { server }) => {
    for (const hint of ['refresh_token', 'access_token', 'nonsense']) {
      const grant = await signup(server);
      expect((await revoke(server, { token: tokenOf(grant), token_type_hint: hint })).status).toBe(200);
      expect((await me(server, grant.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    }
  });

  test.for(['nonsense', 'fgr_nonsense', 'a.b.c', ' '])(
    'R21: revoking the unknown token %j is answered 200',
    async (token, { server }) => {
      expect((await revoke(server, { token })).status).toBe(200);
    },
  );

  test('R21: revoking twice is no error and ends no other session', async ({ server }) => {
    const [ended, other] = [await signup(server), await signup(server)];
    await revoke(server, { token: ended.refreshToken });
    expect((await revoke(server, { token: ended.refreshToken })).status).toBe(200);
    expect((await me(server, other.accessToken)).codes).toEqual([]);
  });

  test('R21: a spent refresh token and an expired access token still end their session', async () => {
    const own = await startServer();
    const [spent, expired] = [await signup(own), await signup(own)];
    const renewed: Grant = (await refresh(own, spent.refreshToken)).data.refresh;
    await sendForm(own, '/revoke', { token: spent.refreshToken });
    expect((await me(own, renewed.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    own.advance(16 * 60_000);
    await sendForm(own, '/revoke', { token: expired.accessToken });
    expect((await refresh(own, expired.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
  });

  test('T01: a token with a wrong signature ends nothing', async ({ server }) => {
    const grant = await signup(server);
    const forged = `${grant.accessToken.slice(0, -4)}AAAA`;
    expect((await revoke(server, { token: forged })).status).toBe(200);
    expect((await me(server, grant.accessToken)).codes).toEqual([]);
  });

  test.for([
    ['no token', 'x=1'],
    ['an empty token', 'token='],
    ['two tokens', 'token=a&token=b'],
  ] as const)('POST /revoke refuses %s as invalid_request', async ([_what, form], { server }) => {
    expect(failure(await revoke(server, form))).toEqual([400, 'invalid_request']);
  });

  test('R23: POST /revoke refuses a token in the URL and ends nothing', async ({ server }) => {
    const grant = await signup(server);
    const answer = await sendForm(server, `/revoke?token=${grant.refreshToken}`, {});
    expect(failure(answer)).toEqual([400, 'invalid_request']);
    expect((await me(server, grant.accessToken)).codes).toEqual([]);
  });

  test('R21: POST /revoke refuses a client that cannot authenticate, and ends nothing', async ({ server }) => {
    const grant = await signup(server);
    const answer = await revoke(
      server,
      { token: grant.refreshToken },
      { authorization: `Basic ${btoa('fieldgate:x')}` },
    );
    expect(failure(answer)).toEqual([401, 'invalid_client']);
    expect((await me(server, grant.accessToken)).codes).toEqual([]);
  });
});

describe('POST /introspect', () => {
  test('R22: introspection of a live access token returns what a resource server needs, and no personal data', async ({
    server,
    admin,
  }) => {
    const grant = await signup(server);
    const answer = await introspect(server, admin, grant.accessToken);
    const claims = JSON.parse(atob(grant.accessToken.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({ active: true, token_type: 'Bearer', ...claims });
    expect(answer.body).toMatchObject({ sub: grant.user.id, sid: grant.session.id, client_id: 'fieldgate' });
    expect(JSON.stringify(answer.body)).not.toContain('@');
  });

  test('R22: revoked, expired, stale, foreign, altered and refresh tokens are exactly {"active":false}', async ({
    admin,
  }) => {
    const own = await startServer(adminEnv);
    const stranger = await startServer();
    const [revoked, expired, stale, disabled] = [
      await signup(own),
      await signup(own),
      await signup(own),
      await signup(own),
    ];
    own.advance(16 * 60_000);
    const { accessToken: by } = await loginAsAdmin(own);
    const live = await signup(own);
    const asAdmin = (query: string, id: string) => own.gql(query, { token: by, variables: { id } });
    const renew = async (grant: Grant): Promise<Grant> => (await refresh(own, grant.refreshToken)).data.refresh;
    const [liveRevoked, liveStale, liveDisabled] = [await renew(revoked), await renew(stale), await renew(disabled)];
    await sendForm(own, '/revoke', { token: revoked.refreshToken });
    await asAdmin('mutation ($id: ID!) { setUserRole(input: { userId: $id, role: MODERATOR }) { id } }', stale.user.id);
    await asAdmin('mutation ($id: ID!) { disableUser(id: $id) { id } }', disabled.user.id);
    const tokens = [
      ...[liveRevoked, liveStale, liveDisabled, expired].map((grant) => grant.accessToken),
      (await signup(stranger)).accessToken,
      `${live.accessToken.slice(0, -4)}AAAA`,
      live.refreshToken,
      `${live.accessToken}, Basic x`,
      'nonsense',
    ];
    for (const token of tokens) {
      const answer = await introspect(own, admin, token, by);
      expect([answer.status, JSON.stringify(answer.body)], token).toEqual([200, '{"active":false}']);
    }
    expect((await introspect(own, admin, live.accessToken, by)).body.active).toBe(true);
  });

  test('R22: an expired token is inactive, even within the leeway for clocks', async ({ admin }) => {
    const own = await startServer({ ...adminEnv, ACCESS_TOKEN_TTL: '10s' });
    const grant = await signup(own);
    own.advance(11_000);
    const { accessToken: by } = await loginAsAdmin(own);
    expect((await introspect(own, admin, grant.accessToken, by)).body).toEqual({ active: false });
    expect((await me(own, grant.accessToken)).codes).toEqual([]);
  });

  test('R22: the caller must authenticate as an administrator', async ({ server, admin }) => {
    const { accessToken: token } = await signup(server);
    const nobody = await sendForm(server, '/introspect', { token });
    expect(failure(nobody)).toEqual([401, 'invalid_client']);
    expect(nobody.headers.get('www-authenticate')).toContain('Bearer realm=');
    const dead = await introspect(server, admin, token, 'nonsense');
    expect(failure(dead)).toEqual([401, 'invalid_token']);
    expect(dead.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(failure(await introspect(server, admin, token, token))).toEqual([403, 'insufficient_scope']);
    const secret = await sendForm(server, '/introspect', { token }, { authorization: `Basic ${btoa('a:b')}` });
    expect(failure(secret)).toEqual([401, 'invalid_client']);
  });

  test('POST /introspect without a token is refused', async ({ server, admin }) => {
    const answer = await sendForm(server, '/introspect', {}, { authorization: `Bearer ${admin.accessToken}` });
    expect(failure(answer)).toEqual([400, 'invalid_request']);
  });
});
