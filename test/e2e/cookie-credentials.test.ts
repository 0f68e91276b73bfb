import { describe, expect } from 'vitest';
import {
  createJar,
  inputFor,
  loginByCookie,
  ownOrigin,
  refreshByCookie,
  signedUp,
  signupByCookie,
  tokenOf,
} from '../support/cookie-jar.ts';
import { sendForm } from '../support/oauth.ts';
import { goodPassword, newEmail, signup, startServer, testWithServer } from '../support/server.ts';

const logout = 'mutation { logout { endedSessions } }';
const me = '{ me { email } }';

const test = testWithServer();

describe('invalid and duplicate cookies', () => {
  test('T22: an invalid cookie never blocks a public operation and never counts as anonymous', async ({ server }) => {
    const jar = createJar(server);
    jar.kept.set('fieldgate-access', 'x.y.z');
    expect((await jar.gql('{ hello }')).data.hello).toEqual(expect.any(String));
    expect((await jar.gql('{ viewer { kind } }')).codes).toEqual(['UNAUTHENTICATED TOKEN_INVALID']);
    const { email } = await signedUp(server);
    expect((await jar.gql(loginByCookie, { variables: inputFor(email) })).data.login.user.email).toBe(email);
    expect((await jar.gql(me)).data.me).toEqual({ email });
  });

  test('Z14: a second credential beside the cookie is ambiguous, and so is a second cookie of the same name', async ({
    server,
  }) => {
    const { jar, email } = await signedUp(server);
    const { accessToken } = await signup(server);
    const cookie = jar.header();
    const ambiguous = [
      { authorization: `Bearer ${accessToken}` },
      { authorization: 'Bearer x' },
      { 'x-api-key': 'fg_x' },
      { cookie: `${cookie}; fieldgate-access=${accessToken}` },
      { cookie: `fieldgate-access=${tokenOf(jar, 'access')}; ${cookie}` },
    ];
    for (const headers of ambiguous) expect((await jar.gql(me, { headers })).codes).toEqual(['AMBIGUOUS_CREDENTIALS']);
    const doubled = { cookie: `${cookie}; fieldgate-refresh=x` };
    for (const query of [refreshByCookie, logout]) {
      expect((await jar.gql(query, { headers: doubled })).codes).toEqual(['AMBIGUOUS_CREDENTIALS']);
    }
    expect((await jar.gql(me, { headers: { authorization: `Bearer ${tokenOf(jar, 'access')}` } })).data.me).toEqual({
      email,
    });
    expect((await jar.gql(me, { headers: { authorization: '' } })).data.me).toEqual({ email });
  });

  test('T12: an access token in the refresh cookie is rejected, and the other way round', async ({ server }) => {
    const { jar } = await signedUp(server);
    const swapped = {
      cookie: `fieldgate-access=${tokenOf(jar, 'refresh')}; fieldgate-refresh=${tokenOf(jar, 'access')}`,
    };
    expect((await jar.gql(me, { headers: swapped })).codes).toEqual(['UNAUTHENTICATED TOKEN_INVALID']);
    expect((await jar.copy().gql(refreshByCookie, { headers: swapped })).codes).toEqual(['REFRESH_TOKEN_INVALID']);
    expect((await jar.gql(me)).codes).toEqual([]);
  });

  test('the OAuth endpoints neither read nor set cookies', async ({ server }) => {
    const { jar, email } = await signedUp(server);
    const headers = { cookie: jar.header(), origin: ownOrigin };
    const refreshed = await sendForm(server, '/token', { grant_type: 'refresh_token' }, headers);
    const introspected = await sendForm(server, '/introspect', { token: tokenOf(jar, 'access') }, headers);
    const revoked = await sendForm(server, '/revoke', {}, headers);
    expect([refreshed.status, introspected.status, revoked.status]).toEqual([400, 401, 400]);
    const password = { grant_type: 'password', username: email, password: goodPassword };
    const granted = await sendForm(server, '/token', password, headers);
    expect([granted.status, granted.headers.getSetCookie(), granted.headers.get('vary')]).toEqual([
      200,
      [],
      'Origin, Accept, Authorization',
    ]);
    expect((await jar.gql(me)).data.me).toEqual({ email });
  });
});

describe('an issuer over HTTPS', () => {
  test('only cookies with the __Host- prefix are set and read, whatever the request headers claim', async () => {
    const secure = await startServer({ ISSUER: 'https://api.example.com' });
    const jar = createJar(secure);
    const headers = { origin: 'https://api.example.com', 'x-forwarded-proto': 'http', host: 'localhost:4000' };
    const email = newEmail();
    const answer = await jar.gql(signupByCookie, { variables: inputFor(email), headers });
    for (const line of answer.headers.getSetCookie())
      expect(line).toMatch(/^__Host-fieldgate-.*; Secure; SameSite=Lax$/);
    expect((await jar.gql(me, { headers })).data.me).toEqual({ email });
    const plain = `fieldgate-access=${tokenOf(jar, 'access')}`;
    expect((await jar.gql(me, { headers: { ...headers, cookie: plain } })).codes).toEqual([
      'UNAUTHENTICATED TOKEN_MISSING',
    ]);
    const tossed = `${jar.header()}; fieldgate-access=x`;
    expect((await jar.gql(me, { headers: { ...headers, cookie: tossed } })).data.me).toEqual({ email });
  });
});

describe('SESSION_COOKIES=off', () => {
  test('SESSION_COOKIES=off refuses delivery by cookie before anything runs, and reads no cookie', async ({
    server,
  }) => {
    const { jar: elsewhere } = await signedUp(server);
    const off = await startServer({ SESSION_COOKIES: 'off' });
    const email = newEmail();
    const { answer, jar } = await signedUp(off, email);
    expect([answer.codes, answer.errors?.[0]?.extensions['field']]).toEqual([
      ['BAD_USER_INPUT COOKIES_OFF'],
      'delivery',
    ]);
    expect((await signup(off, email)).user.email).toBe(email);
    expect((await jar.gql(loginByCookie, { variables: inputFor(email) })).codes).toEqual([
      'BAD_USER_INPUT COOKIES_OFF',
    ]);
    expect((await jar.gql(refreshByCookie)).codes).toEqual(['BAD_USER_INPUT COOKIES_OFF']);
    const viewer = await off.gql('{ viewer { kind } }', { headers: { cookie: elsewhere.header() } });
    expect([viewer.data.viewer.kind, viewer.headers.get('vary')]).toEqual([
      'ANONYMOUS',
      'Origin, Accept, Authorization',
    ]);
    const ended = await off.gql(logout, { headers: { cookie: elsewhere.header() } });
    expect([ended.data.logout.endedSessions, ended.headers.getSetCookie()]).toEqual([0, []]);
  });
});
