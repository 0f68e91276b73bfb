import { describe, expect } from 'vitest';
import {
  createJar,
  inputFor,
  loginByCookie,
  ownOrigin,
  refreshByCookie,
  setCookies,
  signedUp,
  tokenOf,
} from '../support/cookie-jar.ts';
import { adminEnv, goodPassword, signup, testWithServer } from '../support/server.ts';

const logout = 'mutation { logout { endedSessions } }';
const me = '{ me { email } }';

const test = testWithServer(adminEnv);

describe('a session in cookies', () => {
  test('R23: signup and login put the tokens into two cookies that no script can read, and nowhere else', async ({
    server,
  }) => {
    const { jar, email, answer } = await signedUp(server);
    const again = await createJar(server).gql(loginByCookie, { variables: inputFor(email) });
    for (const { data, headers, errors } of [answer, again]) {
      expect(errors).toBeUndefined();
      expect(data.signup ?? data.login).toMatchObject({
        accessToken: null,
        refreshToken: null,
        tokenType: 'Bearer',
        expiresIn: 900,
        user: { email },
        session: { current: true },
      });
      expect(setCookies(headers)).toEqual(
        ['fieldgate-access', 'fieldgate-refresh'].map((name) => ({
          name,
          value: expect.any(String),
          maxAge: 30 * 86_400,
          path: '/',
          httpOnly: true,
          sameSite: 'lax',
        })),
      );
      expect(headers.get('cache-control')).toBe('no-store');
      const elsewhere = JSON.stringify([data, [...headers].filter(([name]) => name !== 'set-cookie')]);
      for (const { value = '' } of setCookies(headers)) expect(elsewhere).not.toContain(value);
    }
    expect(
      (await jar.gql('{ viewer { kind role scopes } sessions { edges { node { current } } } me { email } }')).data,
    ).toMatchObject({
      viewer: { kind: 'COOKIE', role: 'USER', scopes: ['*', 'interactive'] },
      me: { email },
    });
  });

  test('R01: refresh without input renews the session in the cookies', async ({ server }) => {
    const { jar, email } = await signedUp(server);
    const before = jar.copy();
    server.advance(16 * 60_000);
    expect((await jar.gql(me)).codes).toEqual(['UNAUTHENTICATED TOKEN_EXPIRED']);
    const answer = await jar.gql(refreshByCookie);
    expect(answer.data.refresh).toMatchObject({ accessToken: null, refreshToken: null, user: { email } });
    expect(tokenOf(jar, 'refresh')).not.toBe(tokenOf(before, 'refresh'));
    expect((await jar.gql(me)).data.me).toEqual({ email });
  });

  test('R04: parallel refreshes and a retry after a lost answer all get the same successor', async ({ server }) => {
    const { jar, email } = await signedUp(server);
    const tabs = [jar.copy(), jar.copy(), jar.copy()];
    await Promise.all(tabs.map((tab) => tab.gql(refreshByCookie)));
    const lost = jar.copy();
    await lost.gql(refreshByCookie);
    expect(new Set([...tabs, lost].map((tab) => tokenOf(tab, 'refresh'))).size).toBe(1);
    for (const tab of [...tabs, lost]) expect((await tab.gql(me)).data.me).toEqual({ email });
    expect((await lost.gql(refreshByCookie)).codes).toEqual([]);
  });

  test('R02: a refresh cookie spent long ago ends the session; its cookies stay until a sign-in or a logout', async ({
    server,
  }) => {
    const { jar } = await signedUp(server);
    const thief = jar.copy();
    await jar.gql(refreshByCookie);
    server.advance(60_000);
    expect((await thief.gql(refreshByCookie)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
    expect((await jar.gql(me)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    const refused = await jar.gql(refreshByCookie);
    expect([refused.codes, refused.headers.getSetCookie()]).toEqual([['REFRESH_TOKEN_INVALID'], []]);
    expect((await jar.gql('{ viewer { kind } }')).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await jar.gql('{ hello }')).codes).toEqual([]);
    expect((await jar.gql(logout)).data.logout.endedSessions).toBe(0);
    expect((await jar.gql('{ viewer { kind } }')).data.viewer.kind).toBe('ANONYMOUS');
  });

  test('R12: logout without input ends the session and clears the cookies, even with an expired access token', async ({
    server,
  }) => {
    for (const minutes of [0, 20]) {
      const { jar } = await signedUp(server);
      const copy = jar.copy();
      server.advance(minutes * 60_000);
      const answer = await jar.gql(logout);
      expect([answer.data.logout.endedSessions, answer.headers.getSetCookie()]).toEqual([
        1,
        ['access', 'refresh'].map((kind) => `fieldgate-${kind}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`),
      ]);
      expect(jar.kept.size).toBe(0);
      expect((await copy.gql(refreshByCookie)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
      expect((await jar.gql(logout)).data.logout.endedSessions).toBe(0);
    }
  });

  test('R12: either cookie is enough for logout, and logging out the other sessions keeps both', async ({ server }) => {
    for (const kind of ['access', 'refresh']) {
      const { jar } = await signedUp(server);
      jar.kept.delete(`fieldgate-${kind}`);
      expect((await jar.gql(logout)).data.logout.endedSessions).toBe(1);
    }
    const { jar, email } = await signedUp(server);
    await createJar(server).gql(loginByCookie, { variables: inputFor(email) });
    const others = await jar.gql('mutation { logout(input: { scope: OTHERS }) { endedSessions } }');
    expect(others.data.logout.endedSessions).toBe(1);
    expect((await jar.gql(me)).data.me).toEqual({ email });
    const all = await jar.gql('mutation { logout(input: { scope: ALL }) { endedSessions } }');
    expect([all.data.logout.endedSessions, jar.kept.size]).toEqual([1, 0]);
  });

  test('logout of a named session leaves the session in the cookies alone', async ({ server }) => {
    const { jar, email } = await signedUp(server);
    const named = await signup(server);
    const answer = await jar.gql('mutation ($input: LogoutInput) { logout(input: $input) { endedSessions } }', {
      variables: { input: { refreshToken: named.refreshToken } },
    });
    expect([answer.data.logout.endedSessions, answer.headers.getSetCookie()]).toEqual([1, []]);
    const bearer = await signup(server);
    expect((await jar.gql(logout, { token: bearer.accessToken })).data.logout.endedSessions).toBe(1);
    expect((await jar.gql(me)).data.me).toEqual({ email });
  });

  test('R18: a new role makes the access cookie TOKEN_STALE, and refresh brings the role without a new login', async ({
    server,
    admin,
  }) => {
    const { jar, answer } = await signedUp(server);
    await server.gql('mutation ($id: ID!) { setUserRole(input: { userId: $id, role: MODERATOR }) { id } }', {
      token: admin.accessToken,
      variables: { id: answer.data.signup.user.id },
    });
    expect((await jar.gql('{ viewer { role } }')).codes).toEqual(['UNAUTHENTICATED TOKEN_STALE']);
    expect((await jar.gql(refreshByCookie)).data.refresh.user.role).toBe('MODERATOR');
    expect((await jar.gql('{ viewer { role } users(first: 1) { edges { cursor } } }')).codes).toEqual([]);
  });

  test('R15: changePassword returns the new tokens the way the caller came, by cookie or in the body', async ({
    server,
  }) => {
    const { jar, email } = await signedUp(server);
    const other = createJar(server);
    await other.gql(loginByCookie, { variables: inputFor(email) });
    const change = (from: string, to: string) =>
      `mutation { changePassword(input: { currentPassword: "${from}", newPassword: "${to}" }) { accessToken refreshToken } }`;
    const second = 'eleven herons beside the weir';
    const before = jar.copy();
    const answer = await jar.gql(change(goodPassword, second));
    expect(answer.data.changePassword).toEqual({ accessToken: null, refreshToken: null });
    expect(tokenOf(jar, 'refresh')).not.toBe(tokenOf(before, 'refresh'));
    expect([(await jar.gql(refreshByCookie)).codes, (await other.gql(me)).codes]).toEqual([
      [],
      ['UNAUTHENTICATED TOKEN_REVOKED'],
    ]);

    const bearer = await signup(server);
    const inBody = await server.gql(change(goodPassword, second), { token: bearer.accessToken });
    expect(inBody.data.changePassword.refreshToken).toMatch(/^fgr_/);
    expect(inBody.headers.getSetCookie()).toEqual([]);
  });

  test('refresh moves a session from the body into cookies, and never out of them', async ({ server }) => {
    const jar = createJar(server);
    const { refreshToken, user } = await signup(server);
    const moved = await jar.gql(
      'mutation ($input: RefreshInput) { refresh(input: $input) { accessToken refreshToken } }',
      {
        variables: { input: { refreshToken, delivery: 'COOKIE' } },
      },
    );
    expect(moved.data.refresh).toEqual({ accessToken: null, refreshToken: null });
    expect((await jar.gql(me)).data.me).toEqual({ email: user.email });
    const back = await jar.gql('mutation { refresh(input: { delivery: BODY }) { refreshToken } }');
    expect([back.status, back.data]).toEqual([400, undefined]);
  });

  test('cookies are set for every media type of the answer, and delivery BODY sets none', async ({ server }) => {
    const { email } = await signedUp(server);
    const body = JSON.stringify({ query: loginByCookie, variables: inputFor(email) });
    const headers = { 'content-type': 'application/json', origin: ownOrigin };
    for (const accept of ['application/json', 'application/graphql-response+json', 'text/event-stream']) {
      const response = await server.fetch('/graphql', { method: 'POST', body, headers: { ...headers, accept } });
      expect(
        setCookies(response.headers).map(({ name }) => name),
        accept,
      ).toEqual(['fieldgate-access', 'fieldgate-refresh']);
      expect(await response.text()).toContain(email);
    }
    const plain = await server.gql(loginByCookie, { variables: { input: { email, password: goodPassword } } });
    expect([plain.data.login.refreshToken, plain.headers.getSetCookie()]).toEqual([expect.any(String), []]);
  });
});
