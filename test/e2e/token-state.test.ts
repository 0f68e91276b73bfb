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

let server: TestServer;
let admin: Grant;
beforeAll(async () => {
  server = await startServer(adminEnv);
  admin = await loginAsAdmin(server);
});
afterAll(() => server.stop());

const me = (token: string, at = server) => at.gql('{ me { id } }', { token });
const revoke = (form: Record<string, string> | string, headers: Record<string, string> = {}) =>
  sendForm(server, '/revoke', form, headers);
const introspect = (token: string, by = admin.accessToken, at = server) =>
  sendForm(at, '/introspect', { token }, { authorization: `Bearer ${by}` });

describe('POST /revoke', () => {
  const kinds: readonly (readonly [string, (grant: Grant) => string])[] = [
    ['a refresh token', (grant) => grant.refreshToken],
    ['an access token', (grant) => grant.accessToken],
  ];

  it.each(kinds)('R21: %s ends its session: both tokens are refused from the answer on', async (_what, tokenOf) => {
    const grant = await signup(server);
    const answer = await revoke({ token: tokenOf(grant) });
    expect([answer.status, answer.body]).toEqual([200, {}]);
    expect((await me(grant.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await refresh(server, grant.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
  });

  it.each(kinds)('R21: %s is found under a wrong or unknown hint too', async (_what, tokenOf) => {
    for (const hint of ['refresh_token', 'access_token', 'nonsense']) {
      const grant = await signup(server);
      expect((await revoke({ token: tokenOf(grant), token_type_hint: hint })).status).toBe(200);
      expect((await me(grant.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    }
  });

  it.each(['nonsense', 'fgr_nonsense', 'a.b.c', ' '])('R21: %j, never given out, is answered 200', async (token) => {
    expect((await revoke({ token })).status).toBe(200);
  });

  it('is no error twice, and ends nobody else', async () => {
    const [ended, other] = [await signup(server), await signup(server)];
    await revoke({ token: ended.refreshToken });
    expect((await revoke({ token: ended.refreshToken })).status).toBe(200);
    expect((await me(other.accessToken)).codes).toEqual([]);
  });

  it('takes a spent refresh token and an expired access token: whoever signs out late signs out', async () => {
    const own = await serverForTest();
    const [spent, expired] = [await signup(own), await signup(own)];
    const renewed: Grant = (await refresh(own, spent.refreshToken)).data.refresh;
    await sendForm(own, '/revoke', { token: spent.refreshToken });
    expect((await me(renewed.accessToken, own)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    own.advance(16 * 60_000);
    await sendForm(own, '/revoke', { token: expired.accessToken });
    expect((await refresh(own, expired.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
  });

  it('a token whose signature is not ours ends nothing', async () => {
    const grant = await signup(server);
    const forged = `${grant.accessToken.slice(0, -4)}AAAA`;
    expect((await revoke({ token: forged })).status).toBe(200);
    expect((await me(grant.accessToken)).codes).toEqual([]);
  });

  it.each([
    ['no token', 'x=1'],
    ['an empty token', 'token='],
    ['two tokens', 'token=a&token=b'],
  ])('refuses %s as invalid_request', async (_what, form) => {
    expect(failure(await revoke(form))).toEqual([400, 'invalid_request']);
  });

  it('refuses a token in the URL, and ends nothing', async () => {
    const grant = await signup(server);
    const answer = await sendForm(server, `/revoke?token=${grant.refreshToken}`, {});
    expect(failure(answer)).toEqual([400, 'invalid_request']);
    expect((await me(grant.accessToken)).codes).toEqual([]);
  });

  it('R21: refuses a client that cannot prove itself, and ends nothing', async () => {
    const grant = await signup(server);
    const answer = await revoke({ token: grant.refreshToken }, { authorization: `Basic ${btoa('fieldgate:x')}` });
    expect(failure(answer)).toEqual([401, 'invalid_client']);
    expect((await me(grant.accessToken)).codes).toEqual([]);
  });
});

describe('POST /introspect', () => {
  it('R22: tells of a live access token what a resource server needs, and nothing of the person', async () => {
    const grant = await signup(server);
    const answer = await introspect(grant.accessToken);
    const claims = JSON.parse(atob(grant.accessToken.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({ active: true, token_type: 'Bearer', ...claims });
    expect(answer.body).toMatchObject({ sub: grant.user.id, sid: grant.session.id, client_id: 'fieldgate' });
    expect(JSON.stringify(answer.body)).not.toContain('@');
  });

  it('R22: revoked, expired, stale, foreign, altered, refresh and nonsense all give exactly {"active":false}', async () => {
    const own = await serverForTest(adminEnv);
    const stranger = await serverForTest();
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
      const answer = await introspect(token, by, own);
      expect([answer.status, JSON.stringify(answer.body)], token).toEqual([200, '{"active":false}']);
    }
    expect((await introspect(live.accessToken, by, own)).body.active).toBe(true);
  });

  it('R22: a token is not active after its end, not even for the leeway that clocks are given', async () => {
    const own = await serverForTest({ ...adminEnv, ACCESS_TOKEN_TTL: '10s' });
    const grant = await signup(own);
    own.advance(11_000);
    const { accessToken: by } = await loginAsAdmin(own);
    expect((await introspect(grant.accessToken, by, own)).body).toEqual({ active: false });
    expect((await me(grant.accessToken, own)).codes).toEqual([]);
  });

  it('R22: the caller must say who it is, and be an administrator', async () => {
    const { accessToken: token } = await signup(server);
    const nobody = await sendForm(server, '/introspect', { token });
    expect(failure(nobody)).toEqual([401, 'invalid_client']);
    expect(nobody.headers.get('www-authenticate')).toContain('Bearer realm=');
    const dead = await introspect(token, 'nonsense');
    expect(failure(dead)).toEqual([401, 'invalid_token']);
    expect(dead.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(failure(await introspect(token, token))).toEqual([403, 'insufficient_scope']);
    const secret = await sendForm(server, '/introspect', { token }, { authorization: `Basic ${btoa('a:b')}` });
    expect(failure(secret)).toEqual([401, 'invalid_client']);
  });

  it('a request without a token is refused', async () => {
    const answer = await sendForm(server, '/introspect', {}, { authorization: `Bearer ${admin.accessToken}` });
    expect(failure(answer)).toEqual([400, 'invalid_request']);
  });
});
