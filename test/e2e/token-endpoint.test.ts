import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, post, sendForm } from '../support/oauth.ts';
import { nodesOf } from '../support/pages.ts';
import {
  adminEnv,
  goodPassword,
  loginAsAdmin,
  newEmail,
  serverForTest,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ CORS_ORIGINS: 'https://app.example.com' });
});
afterAll(() => server.stop());

const token = (form: Record<string, string> | string, headers: Record<string, string> = {}) =>
  sendForm(server, '/token', form, headers);
const tokenByJson = (body: unknown) =>
  post(server, '/token', JSON.stringify(body), { 'content-type': 'application/json' });
const me = async (accessToken: string) => (await server.gql('{ me { id email } }', { token: accessToken })).data?.me;

const passwordForm = (email: string, password = goodPassword) => ({
  grant_type: 'password',
  username: email,
  password,
});

describe('POST /token', () => {
  it('signs in with JSON { username, password }', async () => {
    const { user } = await signup(server);
    const answer = await tokenByJson({ username: user.email, password: goodPassword });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      token: expect.any(String),
      access_token: answer.body.token,
      refresh_token: expect.stringMatching(/^fgr_/),
      token_type: 'Bearer',
      expires_in: 900,
      scope: '* interactive',
    });
    expect(await me(answer.body.token)).toEqual({ id: user.id, email: user.email });
  });

  it('signs in by the password grant, an email in any spelling', async () => {
    const { user } = await signup(server);
    const answer = await token(passwordForm(user.email.toUpperCase()));
    expect((await me(answer.body.access_token)).id).toBe(user.id);
  });

  it('refreshes, in the same session, with the rules GraphQL has: R02 a token used again after its window ends the session', async () => {
    const own = await serverForTest();
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

  it('a sign-in carries the address and the user agent it came from', async () => {
    const { user } = await signup(server);
    const answer = await token(passwordForm(user.email), { 'user-agent': 'a till' });
    const { data } = await server.gql('{ sessions { edges { node { userAgent ip current } } } }', {
      token: answer.body.access_token,
    });
    expect(nodesOf(data.sessions)[0]).toEqual({ userAgent: 'a till', ip: '127.0.0.1', current: true });
  });

  it('R23: every answer, good or bad, is not to be stored', async () => {
    const { user } = await signup(server);
    for (const answer of [await token(passwordForm(user.email)), await token(passwordForm(user.email, 'wrong'))]) {
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('pragma')).toBe('no-cache');
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    }
  });

  it('is read by pages of allowed origins and by no others', async () => {
    const allowedOrigin = async (origin: string) =>
      (await token({ grant_type: 'x' }, { origin })).headers.get('access-control-allow-origin');
    expect(await allowedOrigin('https://app.example.com')).toBe('https://app.example.com');
    expect(await allowedOrigin('https://evil.example.com')).toBeNull();
    expect(await allowedOrigin('null')).toBeNull();
  });

  it('spaces, plus signs, umlauts and emoji arrive as they were typed', async () => {
    const password = 'ein+Gruß aus%20Köln & 🦉=owl';
    const email = newEmail();
    await signup(server, email, password);
    expect((await token(passwordForm(email, password))).status).toBe(200);
    expect((await tokenByJson({ username: email, password })).status).toBe(200);
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
  it.each(bad)('%s', async (_what, form, error) => {
    expect(failure(await token(form))).toEqual([400, error]);
  });

  it('bytes that are not UTF-8', async () => {
    const body = new Uint8Array([...new TextEncoder().encode('grant_type=password&username=a&password='), 0xff]);
    const answer = await post(server, '/token', body, { 'content-type': 'application/x-www-form-urlencoded' });
    expect(failure(answer)).toEqual([400, 'invalid_request']);
  });

  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded-not'])(
    'a form sent as %s',
    async (type) => {
      const { user } = await signup(server);
      const form = String(new URLSearchParams(passwordForm(user.email)));
      expect(failure(await post(server, '/token', form, { 'content-type': type }))).toEqual([400, 'invalid_request']);
    },
  );

  it.each([
    ['a list', []],
    ['null', null],
    ['a number for a password', { username: 'a', password: 1 }],
    ['another grant', { grant_type: 'refresh_token', refresh_token: 'fgr_x', username: 'a', password: 'b' }],
    ['no password', { username: 'a' }],
  ])('JSON that is %s', async (_what, body) => {
    expect(failure(await tokenByJson(body))).toEqual([400, 'invalid_request']);
  });

  it('JSON that is none, and quotes nothing of it', async () => {
    const answer = await post(server, '/token', `{"password":"${goodPassword}`, { 'content-type': 'application/json' });
    expect(failure(answer)).toEqual([400, 'invalid_request']);
    expect(JSON.stringify(answer.body)).not.toContain(goodPassword);
  });

  it.each(['password=x', 'client_secret=x', 'refresh_token=x', 'grant_type=password', 'token=x'])(
    'O15, R23: ?%s in the URL',
    async (query) => {
      const { user } = await signup(server);
      const answer = await sendForm(server, `/token?${query}`, passwordForm(user.email));
      expect(failure(answer)).toEqual([400, 'invalid_request']);
    },
  );

  it('and ignores parameters it does not know', async () => {
    const { user } = await signup(server);
    expect((await token({ ...passwordForm(user.email), device: 'till', constructor: 'x' })).status).toBe(200);
    expect((await tokenByJson({ username: user.email, password: goodPassword, device: 'till' })).status).toBe(200);
  });

  it('an unknown email, a wrong password and a disabled account alike', async () => {
    const own = await serverForTest(adminEnv);
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

  it.each([
    ['T12: an access token as a refresh token', (grant: { accessToken: string }) => grant.accessToken],
    ['a refresh token that is cut off', (grant: { refreshToken: string }) => grant.refreshToken.slice(0, -1)],
  ])('%s', async (_what, tokenOf) => {
    const grant = await signup(server);
    const answer = await token({ grant_type: 'refresh_token', refresh_token: tokenOf(grant) });
    expect(failure(answer)).toEqual([400, 'invalid_grant']);
  });

  it('R11: more scope than there is, and the token still works', async () => {
    const { user, refreshToken } = await signup(server);
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    expect(failure(await token({ ...form, scope: 'admin' }))).toEqual([400, 'invalid_scope']);
    expect(failure(await token({ ...passwordForm(user.email), scope: 'admin' }))).toEqual([400, 'invalid_scope']);
    expect((await token(form)).status).toBe(200);
  });

  it.each([
    ['a client that is none', { client_id: 'somebody' }, {}],
    ['a secret in the form', { client_id: 'fieldgate', client_secret: 'x' }, {}],
    ['a secret in the header', {}, { authorization: `Basic ${btoa('fieldgate:x')}` }],
  ])('%s: 401, with a challenge, and the token still works', async (_what, form, headers: Record<string, string>) => {
    const { refreshToken } = await signup(server);
    const refresh = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const answer = await token({ ...refresh, ...form }, headers);
    expect(failure(answer)).toEqual([401, 'invalid_client']);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    expect((await token({ ...refresh, client_id: 'fieldgate' })).status).toBe(200);
  });

  it.each(['GET', 'PUT', 'DELETE'])('the method %s', async (method) => {
    const response = await server.fetch('/token', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });

  it('a body above 100 KiB', async () => {
    const form = `grant_type=password&username=a&password=${'x'.repeat(110_000)}`;
    const response = await server.fetch('/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    expect(response.status).toBe(413);
  });

  it('with an expired or foreign token in the header nothing is different', async () => {
    const { user } = await signup(server);
    expect((await token(passwordForm(user.email), { authorization: 'Bearer nonsense' })).status).toBe(200);
  });
});

it('L03: nothing that was sent to the endpoints or came from them is in the log', async () => {
  const own = await serverForTest();
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
