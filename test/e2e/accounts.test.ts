import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Grant,
  goodPassword,
  login,
  newEmail,
  refresh,
  serverForTest,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const trySignup = (input: Record<string, unknown>) =>
  server.gql('mutation ($input: SignupInput!) { signup(input: $input) { user { id email name } } }', {
    variables: { input },
  });

const changePassword = (token: string, currentPassword: string, newPassword: string, at = server) =>
  at.gql(
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { accessToken refreshToken session { id } } }',
    { token, variables: { input: { currentPassword, newPassword } } },
  );

const fieldErrors = (answer: { errors: TestErrors }) =>
  answer.errors?.map(({ extensions }) => [extensions['code'], extensions['field'], extensions['reason']]);
type TestErrors = readonly { readonly extensions: Record<string, unknown> }[] | undefined;

describe('signup', () => {
  it('creates the account, signs it in and lets it read its own email in the same answer', async () => {
    const answer = await trySignup({ email: 'Ada@Example.com', password: goodPassword, name: ' Ada ' });
    expect(answer.data.signup.user).toMatchObject({ email: 'ada@example.com', name: 'Ada' });
  });

  it('P16: every spelling of an email is one account', async () => {
    await trySignup({ email: 'J\u00f6rg@Example.com', password: goodPassword });
    for (const email of [
      'j\u00f6rg@example.com',
      ' J\u00d6RG@EXAMPLE.COM ',
      'jo\u0308rg@example.com',
      'j\u00f6rg@example.com.',
    ]) {
      expect((await trySignup({ email, password: goodPassword })).codes).toEqual(['EMAIL_TAKEN']);
      expect((await login(server, email)).codes).toEqual([]);
    }
  });

  it('F25: of 100 simultaneous signups with one email in five spellings one account comes', async () => {
    const spellings = [
      'race@example.com',
      'RACE@example.com',
      ' race@example.com',
      'race@EXAMPLE.com.',
      'Race@Example.Com',
    ];
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => trySignup({ email: spellings[i % 5], password: goodPassword })),
    );
    expect(answers.filter((answer) => answer.data?.signup)).toHaveLength(1);
    expect(new Set(answers.flatMap((answer) => answer.codes))).toEqual(new Set(['EMAIL_TAKEN']));
  });

  it.each([
    'a@x,b@evil.example',
    '"a@evil.example x"@corp.example',
    'A <a@x.example>',
    'a@x.example\r\nBcc: b@x.example',
    'a@b',
    '@x.de',
    'a',
    '',
  ])('P21: %j is no email', async (email) => {
    expect(fieldErrors(await trySignup({ email, password: goodPassword }))).toEqual([
      ['BAD_USER_INPUT', 'email', 'EMAIL_INVALID'],
    ]);
  });

  it.each(['role', 'isAdmin', 'emailVerified', 'id', 'tenantId'])('Z09: %s is no input of signup', async (field) => {
    const answer = await trySignup({ email: newEmail(), password: goodPassword, [field]: 'ADMIN' });
    expect([answer.status, answer.data]).toEqual([400, undefined]);
    expect(answer.errors).toHaveLength(1);
  });
});

describe('passwords', () => {
  const accepted = [
    ['P01: 15 characters', 'abc def ghi jkm'],
    ['P02: 64 characters', 'many plain words in a long row, which nobody would ever guess ok'],
    ['P03: only lower case', 'lamphornriverbone'],
    ['P03: spaces inside', 'x y z q w e r t u i o'],
    ['P04: 15 emoji', '🦊🐙🍋🚀🎈🧩🪁🎻🧵🪐🦔🌵🪴🧊🥝'],
  ] as const;
  it.each(accepted)('%s are accepted', async (_what, password) => {
    expect((await trySignup({ email: newEmail(), password })).codes).toEqual([]);
  });

  const refused = [
    ['P01: 14 characters', 'abc def ghi jk'],
    ['P04: 14 emoji', '🦊🐙🍋🚀🎈🧩🪁🎻🧵🪐🦔🌵🪴🧊'],
    ['P02: more than 1024 bytes', 'x1'.repeat(600)],
    ['P07: a common password', 'passwordpassword'],
    ['P08: the name of the product', 'fieldgate-fieldgate'],
  ] as const;
  it.each(refused)('%s are refused with a reason', async (_what, password) => {
    const answer = await trySignup({ email: newEmail(), password });
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'password',
      reason: expect.any(String),
    });
    expect(JSON.stringify(answer.errors)).not.toContain(password);
  });

  it('P05: one password in composed and decomposed letters is one password', async () => {
    const email = newEmail();
    await signup(server, email, 'caf\u00e9 au lait caf\u00e9');
    expect((await login(server, email, 'cafe\u0301 au lait cafe\u0301')).codes).toEqual([]);
  });

  it('P06: nothing of a password is cut, folded or trimmed', async () => {
    const email = newEmail();
    const long = `${goodPassword} and then some more words until the seventy-second byte is long past`;
    await signup(server, email, long);
    for (const other of [`${long}x`, long.slice(0, 72), long.toUpperCase(), `${long} `, `${long}\u0000`]) {
      expect((await login(server, email, other)).codes).toEqual(['INVALID_CREDENTIALS']);
    }
  });
});

describe('login', () => {
  it('P12: an unknown email, a wrong password and a disabled account have one answer', async () => {
    const { user } = await signup(server);
    const [unknown, wrong] = [
      await login(server, newEmail()),
      await login(server, user.email, 'not this password at all'),
    ];
    expect(unknown.codes).toEqual(['INVALID_CREDENTIALS']);
    expect([wrong.status, wrong.errors]).toEqual([unknown.status, unknown.errors]);
  });

  it('is no reason for a client to refresh: the answer is 200, without WWW-Authenticate', async () => {
    const answer = await login(server, newEmail());
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([200, null]);
  });
});

describe('changePassword', () => {
  it('R15: ends the other sessions, renews this one and keeps its access token', async () => {
    const email = newEmail();
    const [here, there]: [Grant, Grant] = [await signup(server, email), (await login(server, email)).data.login];
    const { accessToken, refreshToken, session } = (
      await changePassword(here.accessToken, goodPassword, `${goodPassword} anew`)
    ).data.changePassword;
    expect(session.id).toBe(here.session.id);
    expect((await server.gql('{ me { id } }', { token: there.accessToken })).codes).toEqual([
      'UNAUTHENTICATED TOKEN_REVOKED',
    ]);
    expect((await server.gql('{ me { id } }', { token: accessToken })).codes).toEqual([]);
    expect((await refresh(server, there.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
    expect((await refresh(server, here.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
    expect((await refresh(server, refreshToken)).codes).toEqual([]);
    expect((await login(server, email, goodPassword)).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await login(server, email, `${goodPassword} anew`)).codes).toEqual([]);
  });

  it('P09: needs the current password', async () => {
    const { accessToken } = await signup(server);
    expect((await changePassword(accessToken, 'not the password at all', `${goodPassword} anew`)).codes).toEqual([
      'INVALID_CREDENTIALS',
    ]);
  });

  it('P07: refuses what signup refuses, and names the field', async () => {
    const { accessToken } = await signup(server);
    const answer = await changePassword(accessToken, goodPassword, 'too short');
    expect(fieldErrors(answer)?.[0]?.slice(0, 2)).toEqual(['BAD_USER_INPUT', 'newPassword']);
  });
});

describe('reading accounts', () => {
  it('viewer says who asks, and nobody is welcome too', async () => {
    const { accessToken, user } = await signup(server);
    const query = '{ viewer { kind role scopes expiresAt user { id email } } }';
    const mine = (await server.gql(query, { token: accessToken })).data.viewer;
    expect(mine).toMatchObject({ kind: 'BEARER', role: 'USER', user: { id: user.id, email: user.email } });
    expect(mine.scopes).toEqual(['*', 'interactive']);
    expect(Date.parse(mine.expiresAt)).toBeGreaterThan(Date.now());
    expect((await server.gql(query)).data.viewer).toEqual({
      kind: 'ANONYMOUS',
      role: null,
      scopes: [],
      expiresAt: null,
      user: null,
    });
  });

  it('a signed-in user sees who another is and not the email', async () => {
    const [reader, other] = [await signup(server), await signup(server)];
    const answer = await server.gql('query ($id: ID!) { user(id: $id) { id name email } }', {
      token: reader.accessToken,
      variables: { id: other.user.id },
    });
    expect(answer.status).toBe(200);
    expect(answer.data.user).toEqual({ id: other.user.id, name: null, email: null });
    expect(answer.errors).toMatchObject([
      { path: ['user', 'email'], extensions: { code: 'FORBIDDEN', reason: 'POLICY', coordinate: 'User.email' } },
    ]);
  });

  it('users is for moderators', async () => {
    const { accessToken } = await signup(server);
    const answer = await server.gql('{ users { edges { node { id } } } }', { token: accessToken });
    expect([answer.status, answer.codes]).toEqual([403, ['FORBIDDEN ROLE']]);
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      required: { role: 'MODERATOR' },
      coordinate: 'Query.users',
    });
  });
});

describe('the hash queue', () => {
  it('F19: refuses what it cannot hold with 503 and Retry-After, and me goes on', async () => {
    const own = await serverForTest();
    const grant = await signup(own);
    const before = await attemptsWritten(own);
    const flood = Promise.all(Array.from({ length: 400 }, (_, n) => login(own, `nobody${n}@example.com`)));
    expect((await own.gql('{ me { id } }', { token: grant.accessToken })).codes).toEqual([]);
    const answers = await flood;
    const refused = answers.filter((answer) => answer.codes[0] === 'SERVICE_UNAVAILABLE');
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map((answer) => answer.headers.get('retry-after')))).toEqual(new Set(['1']));
    expect(new Set(answers.flatMap((answer) => answer.codes))).toEqual(
      new Set(['SERVICE_UNAVAILABLE', 'INVALID_CREDENTIALS']),
    );
    // What is shed costs nothing: a try is written down when it is made and when it is over, and no other is.
    expect((await attemptsWritten(own)) - before).toBe(2 * (answers.length - refused.length));
  });

  const attemptsWritten = async (own: TestServer): Promise<number> => {
    const text = await (await own.fetch('/metrics')).text();
    return Number(/duration_seconds_count\{store="login_attempts",verb="change"\} (\d+)/.exec(text)?.[1]);
  };
});
