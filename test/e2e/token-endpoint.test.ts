import { describe, expect } from 'vitest';
import { failure, post, sendForm } from '../support/oauth.ts';
import { nodesOf } from '../support/pages.ts';
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
  test('POST /token signs in with JSON { username, password }', async ({ server }) => {
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

  test('P16: the password grant accepts an email in any spelling', async ({ server }) => {
    const { user } = await signup(server);
    const answer = await token(server, passwordForm(user.email.toUpperCase()));
    expect((await me(server, answer.body.access_token)).id).toBe(user.id);
  });

  test('R02: the refresh grant rotates like GraphQL, and a token used again after its window ends the session', async () => {
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

  test('a session from POST /token records address and user agent', async ({ server }) => {
    const { user } = await signup(server);
    const answer = await token(server, passwordForm(user.email), { 'user-agent': 'a till' });
    const { data } = await server.gql('{ sessions { edges { node { userAgent ip current } } } }', {
      token: answer.body.access_token,
    });
    expect(nodesOf(data.sessions)[0]).toEqual({ userAgent: 'a till', ip: '127.0.0.1', current: true });
  });

  test('R23: no answer may be stored, whether good or bad', async ({ server }) => {
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

  test('G04: the answer is readable by pages of listed origins alone', async ({ server }) => {
    const allowedOrigin = async (origin: string) =>
      (await token(server, { grant_type: 'x' }, { origin })).headers.get('access-control-allow-origin');
    expect(await allowedOrigin('https://app.example.com')).toBe('https://app.example.com');
    expect(await allowedOrigin('https://evil.example.com')).toBeNull();
    expect(await allowedOrigin('null')).toBeNull();
  });

  test('spaces, plus signs, umlauts and emoji arrive unchanged', async ({ server }) => {
    const password = 'ein+Gruß aus%20Köln & 🦉=owl';
    const email = newEmail();
    await signup(server, email, password);
    expect((await token(server, passwordForm(email, password))).status).toBe(200);
    expect((await tokenByJson(server, { username: email, password })).status).toBe(200);
  });
});

describe('refusals of POST /token', () => {
  const bad: readonly (readonly [string, string, string])[] = [
    ['no grant_type', 'username=a&password=b', 'invalid_request'],
    ['an empty grant_type', 'grant_type=&username=a&password=b', 'invalid_request'],
    ['an unknown grant', 'grant_type=authorization_code&code=x', 'unsupported_grant_type'],
    ['a grant named constructor', 'grant_type=constructor', 'unsupported_grant_type'],
    ['a grant in other case', 'grant_type=Password&username=a&password=b', 'unsupported_grant_type'],
    ['no username', 'grant_type=password&password=b', 'invalid_request'],
    ['an empty password', 'grant_type=password&username=a@example.com&password=', 'invalid_request'],
    ['no refresh token', 'grant_type=refresh_token', 'invalid_request'],
    ['an unknown refresh token', 'grant_type=refresh_token&refresh_token=fgr_x', 'invalid_grant'],
    ['a parameter sent twice (O15)', 'grant_type=password&username=a&password=b&username=c', 'invalid_request'],
    [
      'a parameter sent twice, once empty (O15)',
      'grant_type=password&grant_type=&username=a&password=b',
      'invalid_request',
    ],
    [
      'a parameter sent twice, once escaped (O15)',
      'grant_type=password&us%65rname=a&username=a&password=b',
      'invalid_request',
    ],
    ['an escape that is not UTF-8', 'grant_type=password&username=a&password=%ff', 'invalid_request'],
    ['half an escape', 'grant_type=password&username=a&password=%', 'invalid_request'],
    ['an empty body', '', 'invalid_request'],
  ];
  test.for(bad)('POST /token refuses %s', async ([_what, form, error], { server }) => {
    expect(failure(await token(server, form))).toEqual([400, error]);
  });

  test('POST /token refuses bytes that are not UTF-8', async ({ server }) => {
    const body = new Uint8Array([...new TextEncoder().encode('grant_type=password&username=a&password='), 0xff]);
    const answer = await post(server, '/token', body, { 'content-type': 'application/x-www-form-urlencoded' });
    expect(failure(answer)).toEqual([400, 'invalid_request']);
  });

  test.for(['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded-not'])(
    'POST /token refuses a form sent as %s',
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
  ] as const)('POST /token refuses JSON that is %s', async ([_what, body], { server }) => {
    expect(failure(await tokenByJson(server, body))).toEqual([400, 'invalid_request']);
  });

  test('POST /token refuses broken JSON and quotes nothing of it', async ({ server }) => {
    const answer = await post(server, '/token', `{"password":"${goodPassword}`, { 'content-type': 'application/json' });
    expect(failure(answer)).toEqual([400, 'invalid_request']);
    expect(JSON.stringify(answer.body)).not.toContain(goodPassword);
  });

  test.for(['password=x', 'client_secret=x', 'refresh_token=x', 'grant_type=password', 'token=x'])(
    'O15, R23: POST /token refuses ?%s in the URL',
    async (query, { server }) => {
      const { user } = await signup(server);
      const answer = await sendForm(server, `/token?${query}`, passwordForm(user.email));
      expect(failure(answer)).toEqual([400, 'invalid_request']);
    },
  );

  test('POST /token ignores unknown parameters', async ({ server }) => {
    const { user } = await signup(server);
    expect((await token(server, { ...passwordForm(user.email), device: 'till', constructor: 'x' })).status).toBe(200);
    expect((await tokenByJson(server, { username: user.email, password: goodPassword, device: 'till' })).status).toBe(
      200,
    );
  });

  test('P12: an unknown email, a wrong password and a disabled account get the same answer', async () => {
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
    ['an access token as a refresh token (T12)', (grant: { accessToken: string }) => grant.accessToken],
    ['a refresh token that is cut off', (grant: { refreshToken: string }) => grant.refreshToken.slice(0, -1)],
  ] as const)('POST /token refuses %s', async ([_what, tokenOf], { server }) => {
    const grant = await signup(server);
    const answer = await token(server, { grant_type: 'refresh_token', refresh_token: tokenOf(grant) });
    expect(failure(answer)).toEqual([400, 'invalid_grant']);
  });

  test('R11: POST /token refuses a wider scope, and the refresh token still works', async ({ server }) => {
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
    ['an unknown client', { client_id: 'somebody' }, {}],
    ['a secret in the form', { client_id: 'fieldgate', client_secret: 'x' }, {}],
    ['a secret in the header', {}, { authorization: `Basic ${btoa('fieldgate:x')}` }],
  ] as const)(
    'POST /token answers %s with 401 and a challenge, and the refresh token still works',
    async ([_what, form, headers], { server }) => {
      const { refreshToken } = await signup(server);
      const refresh = { grant_type: 'refresh_token', refresh_token: refreshToken };
      const answer = await token(server, { ...refresh, ...form }, headers);
      expect(failure(answer)).toEqual([401, 'invalid_client']);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
      expect((await token(server, { ...refresh, client_id: 'fieldgate' })).status).toBe(200);
    },
  );

  test.for(['GET', 'PUT', 'DELETE'])('POST /token refuses the method %s', async (method, { server }) => {
    const response = await server.fetch('/token', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });

  test('G07: POST /token refuses a body above 100 KiB', async ({ server }) => {
    const form = `grant_type=password&username=a&password=${'x'.repeat(110_000)}`;
    const response = await server.fetch('/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    expect(response.status).toBe(413);
  });

  test('POST /token ignores an invalid access token in the header', async ({ server }) => {
    const { user } = await signup(server);
    expect((await token(server, passwordForm(user.email), { authorization: 'Bearer nonsense' })).status).toBe(200);
  });
});

test('L03: no secret that was sent to the OAuth endpoints or came from them is in the log', async () => {
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
