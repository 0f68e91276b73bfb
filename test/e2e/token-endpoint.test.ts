import { describe, expect } from 'vitest';
import { failure, post, sendForm } from '../support/oauth.ts';
import {
  adminEnv,
  goodPassword,
  loginAsAdmin,
  newEmail,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const test = testWithServer({ CORS_ORIGINS: 'https://app.example.com' });

const token = (server: TestServer, form: Record<string, string> | string, headers: Record<string, string> = {}) =>
  sendForm(server, '/token', form, headers);
const tokenByJson = (server: TestServer, body: unknown) =>
  post(server, '/token', JSON.stringify(body), { 'content-type': 'application/json' });
const me = async (server: TestServer, accessToken: string) =>
  (await server.gql('{ me { id email } }', { token: accessToken })).data?.me;

const passwordForm = (email: string, password = goodPassword) => ({
  grant_type: 'password',
  username: email,
  password,
});

describe('POST /token', () => {
  test('signs in with JSON { username, password }', async ({ server }) => {
    const { user } = await signup(server);
    const answer = await tokenByJson(server, { username: user.email, password: goodPassword });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      token: expect.any(String),
      access_token: answer.body.token,
      refresh_token: expect.stringMatching(/^fgr_/),
      token_type: 'Bearer',
      expires_in: 900,
      scope: '* interactive',
    });
    expect(await me(server, answer.body.token)).toEqual({ id: user.id, email: user.email });
  });

  test('signs in by the password grant, an email in any spelling', async ({ server }) => {
    const { user } = await signup(server);
    const answer = await token(server, passwordForm(user.email.toUpperCase()));
    expect((await me(server, answer.body.access_token)).id).toBe(user.id);
  });

  test('refreshes, in the same session, with the rules GraphQL has: R02 a token used again after its window ends the session', async () => {
    const own = await startServer();
    const first = await signup(own);
    const refresh = (refreshToken: string) =>
      sendForm(own, '/token', { grant_type: 'refresh_token', refresh_token: refreshToken });
    const second = await refresh(first.refreshToken);
    expect(second.body.refresh_token).not.toBe(first.refreshToken);
    expect((await refresh(first.refreshToken)).body.refresh_token).toBe(second.body.refresh_token);
    own.advance(11_000);
    expect(failure(await refresh(first.refreshToken))).toEqual([400, 'invalid_grant']);
    expect(failure(await refresh(second.body.refresh_token))).toEqual([400, 'invalid_grant']);
    expect((await own.gql('{ me { id } }', { token: second.body.access_token })).codes).toEqual([
      'UNAUTHENTICATED TOKEN_REVOKED',
    ]);
  });

  test('a sign-in carries the address and the user agent it came from', async ({ server }) => {
    const { user } = await signup(server);
    const answer = await token(server, passwordForm(user.email), { 'user-agent': 'a till' });
    const { data } = await server.gql('{ sessions { userAgent ip current } }', { token: answer.body.access_token });
    expect(data.sessions[0]).toEqual({ userAgent: 'a till', ip: '127.0.0.1', current: true });
  });

  test('R23: every answer, good or bad, is not to be stored', async ({ server }) => {
    const { user } = await signup(server);
    for (const answer of [
      await token(server, passwordForm(user.email)),
      await token(server, passwordForm(user.email, 'wrong')),
    ]) {
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('pragma')).toBe('no-cache');
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    }
  });

  test('is read by pages of allowed origins and by no others', async ({ server }) => {
    const allowedOrigin = async (origin: string) =>
      (await token(server, { grant_type: 'x' }, { origin })).headers.get('access-control-allow-origin');
    expect(await allowedOrigin('https://app.example.com')).toBe('https://app.example.com');
    expect(await allowedOrigin('https://evil.example.com')).toBeNull();
    expect(await allowedOrigin('null')).toBeNull();
  });

  test('spaces, plus signs, umlauts and emoji arrive as they were typed', async ({ server }) => {
    const password = 'ein+Gruß aus%20Köln & 🦉=owl';
    const email = newEmail();
    await signup(server, email, password);
    expect((await token(server, passwordForm(email, password))).status).toBe(200);
    expect((await tokenByJson(server, { username: email, password })).status).toBe(200);
  });
});

describe('POST /token refuses', () => {
  const bad: readonly (readonly [string, string, string])[] = [
    ['no grant_type', 'username=a&password=b', 'invalid_request'],
    ['an empty grant_type', 'grant_type=&username=a&password=b', 'invalid_request'],
    ['a grant that is none', 'grant_type=authorization_code&code=x', 'unsupported_grant_type'],
    ['the name of something in every object', 'grant_type=constructor', 'unsupported_grant_type'],
    ['a grant in other case', 'grant_type=Password&username=a&password=b', 'unsupported_grant_type'],
    ['no username', 'grant_type=password&password=b', 'invalid_request'],
    ['an empty password', 'grant_type=password&username=a@example.com&password=', 'invalid_request'],
    ['no refresh token', 'grant_type=refresh_token', 'invalid_request'],
    ['a refresh token never given out', 'grant_type=refresh_token&refresh_token=fgr_x', 'invalid_grant'],
    ['O15: a parameter twice', 'grant_type=password&username=a&password=b&username=c', 'invalid_request'],
    ['O15: a parameter twice, once empty', 'grant_type=password&grant_type=&username=a&password=b', 'invalid_request'],
    [
      'O15: a parameter twice, once escaped',
      'grant_type=password&us%65rname=a&username=a&password=b',
      'invalid_request',
    ],
    ['an escape that is not UTF-8', 'grant_type=password&username=a&password=%ff', 'invalid_request'],
    ['half an escape', 'grant_type=password&username=a&password=%', 'invalid_request'],
    ['an empty body', '', 'invalid_request'],
  ];
  test.for(bad)('%s', async ([_what, form, error], { server }) => {
    expect(failure(await token(server, form))).toEqual([400, error]);
  });

  test('bytes that are not UTF-8', async ({ server }) => {
    const body = new Uint8Array([...new TextEncoder().encode('grant_type=password&username=a&password='), 0xff]);
    const answer = await post(server, '/token', body, { 'content-type': 'application/x-www-form-urlencoded' });
    expect(failure(answer)).toEqual([400, 'invalid_request']);
  });

  test.for(['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded-not'])(
    'a form sent as %s',
    async (type, { server }) => {
      const { user } = await signup(server);
      const form = String(new URLSearchParams(passwordForm(user.email)));
      expect(failure(await post(server, '/token', form, { 'content-type': type }))).toEqual([400, 'invalid_request']);
    },
  );

  test.for([
    ['a list', []],
    ['null', null],
    ['a number for a password', { username: 'a', password: 1 }],
    ['another grant', { grant_type: 'refresh_token', refresh_token: 'fgr_x', username: 'a', password: 'b' }],
    ['no password', { username: 'a' }],
  ] as const)('JSON that is %s', async ([_what, body], { server }) => {
    expect(failure(await tokenByJson(server, body))).toEqual([400, 'invalid_request']);
  });

  test('JSON that is none, and quotes nothing of it', async ({ server }) => {
    const answer = await post(server, '/token', `{"password":"${goodPassword}`, { 'content-type': 'application/json' });
    expect(failure(answer)).toEqual([400, 'invalid_request']);
    expect(JSON.stringify(answer.body)).not.toContain(goodPassword);
  });

  test.for(['password=x', 'client_secret=x', 'refresh_token=x', 'grant_type=password', 'token=x'])(
    'O15, R23: ?%s in the URL',
    async (query, { server }) => {
      const { user } = await signup(server);
      const answer = await sendForm(server, `/token?${query}`, passwordForm(user.email));
      expect(failure(answer)).toEqual([400, 'invalid_request']);
    },
  );

  test('and ignores parameters it does not know', async ({ server }) => {
    const { user } = await signup(server);
    expect((await token(server, { ...passwordForm(user.email), device: 'till', constructor: 'x' })).status).toBe(200);
    expect((await tokenByJson(server, { username: user.email, password: goodPassword, device: 'till' })).status).toBe(
      200,
    );
  });

  test('an unknown email, a wrong password and a disabled account alike', async () => {
    const own = await startServer(adminEnv);
    const admin = await loginAsAdmin(own);
    const { user } = await signup(own);
    const disabled = await signup(own);
    await own.gql('mutation ($id: ID!) { disableUser(id: $id) { id } }', {
      token: admin.accessToken,
      variables: { id: disabled.user.id },
    });
    const answers = await Promise.all(
      [
        passwordForm('nobody@example.com'),
        passwordForm(user.email, 'not the password of anybody'),
        passwordForm(disabled.user.email),
      ].map((form) => sendForm(own, '/token', form)),
    );
    expect(answers.map(failure)).toEqual(Array(3).fill([400, 'invalid_grant']));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  test.for([
    ['T12: an access token as a refresh token', (grant: { accessToken: string }) => grant.accessToken],
    ['a refresh token that is cut off', (grant: { refreshToken: string }) => grant.refreshToken.slice(0, -1)],
  ] as const)('%s', async ([_what, tokenOf], { server }) => {
    const grant = await signup(server);
    const answer = await token(server, { grant_type: 'refresh_token', refresh_token: tokenOf(grant) });
    expect(failure(answer)).toEqual([400, 'invalid_grant']);
  });

  test('R11: more scope than there is, and the token still works', async ({ server }) => {
    const { user, refreshToken } = await signup(server);
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    expect(failure(await token(server, { ...form, scope: 'admin' }))).toEqual([400, 'invalid_scope']);
    expect(failure(await token(server, { ...passwordForm(user.email), scope: 'admin' }))).toEqual([
      400,
      'invalid_scope',
    ]);
    expect((await token(server, form)).status).toBe(200);
  });

  test.for([
    ['a client that is none', { client_id: 'somebody' }, {}],
    ['a secret in the form', { client_id: 'fieldgate', client_secret: 'x' }, {}],
    ['a secret in the header', {}, { authorization: `Basic ${btoa('fieldgate:x')}` }],
  ] as const)('%s: 401, with a challenge, and the token still works', async ([_what, form, headers], { server }) => {
    const { refreshToken } = await signup(server);
    const refresh = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const answer = await token(server, { ...refresh, ...form }, headers);
    expect(failure(answer)).toEqual([401, 'invalid_client']);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    expect((await token(server, { ...refresh, client_id: 'fieldgate' })).status).toBe(200);
  });

  test.for(['GET', 'PUT', 'DELETE'])('the method %s', async (method, { server }) => {
    const response = await server.fetch('/token', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });

  test('a body above 100 KiB', async ({ server }) => {
    const form = `grant_type=password&username=a&password=${'x'.repeat(110_000)}`;
    const response = await server.fetch('/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    expect(response.status).toBe(413);
  });

  test('with an expired or foreign token in the header nothing is different', async ({ server }) => {
    const { user } = await signup(server);
    expect((await token(server, passwordForm(user.email), { authorization: 'Bearer nonsense' })).status).toBe(200);
  });
});

test('L03: nothing that was sent to the endpoints or came from them is in the log', async () => {
  const own = await startServer();
  const { user } = await signup(own);
  const { body } = await sendForm(own, '/token', passwordForm(user.email));
  await sendForm(own, '/token?password=seen-in-a-url', {
    grant_type: 'refresh_token',
    refresh_token: body.refresh_token,
  });
  await sendForm(own, '/revoke', { token: body.refresh_token });
  const written = JSON.stringify(own.logLines());
  for (const secret of [goodPassword, 'seen-in-a-url', body.access_token, body.refresh_token]) {
    expect(written).not.toContain(secret);
  }
});
