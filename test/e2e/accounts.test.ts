import { describe, expect } from 'vitest';
import {
  type Grant,
  goodPassword,
  login,
  newEmail,
  refresh,
  signup,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const test = testWithServer();

const trySignup = (server: TestServer, input: Record<string, unknown>) =>
  server.gql('mutation ($input: SignupInput!) { signup(input: $input) { user { id email name } } }', {
    variables: { input },
  });

const changePassword = (server: TestServer, token: string, currentPassword: string, newPassword: string) =>
  server.gql(
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { accessToken refreshToken session { id } } }',
    { token, variables: { input: { currentPassword, newPassword } } },
  );

const fieldErrors = (answer: { errors: TestErrors }) =>
  answer.errors?.map(({ extensions }) => [extensions['code'], extensions['field'], extensions['reason']]);
type TestErrors = readonly { readonly extensions: Record<string, unknown> }[] | undefined;

describe('signup', () => {
  test('signup creates the account, signs it in and returns its email in the same answer', async ({ server }) => {
    const answer = await trySignup(server, { email: 'Ada@Example.com', password: goodPassword, name: ' Ada ' });
    expect(answer.data.signup.user).toMatchObject({ email: 'ada@example.com', name: 'Ada' });
  });

  test('P16: every spelling of an email names one account', async ({ server }) => {
    await trySignup(server, { email: 'J\u00f6rg@Example.com', password: goodPassword });
    for (const email of [
      'j\u00f6rg@example.com',
      ' J\u00d6RG@EXAMPLE.COM ',
      'jo\u0308rg@example.com',
      'j\u00f6rg@example.com.',
    ]) {
      expect((await trySignup(server, { email, password: goodPassword })).codes).toEqual(['EMAIL_TAKEN']);
      expect((await login(server, email)).codes).toEqual([]);
    }
  });

  test('F25: simultaneous signups with one email in five spellings create one account', async ({ server }) => {
    const spellings = [
      'race@example.com',
      'RACE@example.com',
      ' race@example.com',
      'race@EXAMPLE.com.',
      'Race@Example.Com',
    ];
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => trySignup(server, { email: spellings[i % 5], password: goodPassword })),
    );
    expect(answers.filter((answer) => answer.data?.signup)).toHaveLength(1);
    expect(new Set(answers.flatMap((answer) => answer.codes))).toEqual(new Set(['EMAIL_TAKEN']));
  });

  test.for([
    'a@x,b@evil.example',
    '"a@evil.example x"@corp.example',
    'A <a@x.example>',
    'a@x.example\r\nBcc: b@x.example',
    'a@b',
    '@x.de',
    'a',
    '',
  ])('P21: signup refuses %j as an email', async (email, { server }) => {
    expect(fieldErrors(await trySignup(server, { email, password: goodPassword }))).toEqual([
      ['BAD_USER_INPUT', 'email', 'EMAIL_INVALID'],
    ]);
  });

  test.for(['role', 'isAdmin', 'emailVerified', 'id', 'tenantId'])(
    'Z09: signup has no input %s',
    async (field, { server }) => {
      const answer = await trySignup(server, { email: newEmail(), password: goodPassword, [field]: 'ADMIN' });
      expect([answer.status, answer.data]).toEqual([400, undefined]);
      expect(answer.errors).toHaveLength(1);
    },
  );
});

describe('passwords', () => {
  const accepted = [
    ['P01: 15 characters', 'abc def ghi jkm'],
    ['P02: 64 characters', 'many plain words in a long row, which nobody would ever guess ok'],
    ['P03: only lower case', 'lamphornriverbone'],
    ['P03: spaces inside', 'x y z q w e r t u i o'],
    ['P04: 15 emoji', '🦊🐙🍋🚀🎈🧩🪁🎻🧵🪐🦔🌵🪴🧊🥝'],
  ] as const;
  test.for(accepted)('%s: the password is accepted', async ([_what, password], { server }) => {
    expect((await trySignup(server, { email: newEmail(), password })).codes).toEqual([]);
  });

  const refused = [
    ['P01: 14 characters', 'abc def ghi jk'],
    ['P04: 14 emoji', '🦊🐙🍋🚀🎈🧩🪁🎻🧵🪐🦔🌵🪴🧊'],
    ['P02: more than 1024 bytes', 'x1'.repeat(600)],
    ['P07: a common password', 'passwordpassword'],
    ['P08: the name of the product', 'fieldgate-fieldgate'],
  ] as const;
  test.for(refused)('%s: the password is refused with a reason', async ([_what, password], { server }) => {
    const answer = await trySignup(server, { email: newEmail(), password });
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'password',
      reason: expect.any(String),
    });
    expect(JSON.stringify(answer.errors)).not.toContain(password);
  });

  test('P05: composed and decomposed letters make the same password', async ({ server }) => {
    const email = newEmail();
    await signup(server, email, 'caf\u00e9 au lait caf\u00e9');
    expect((await login(server, email, 'cafe\u0301 au lait cafe\u0301')).codes).toEqual([]);
  });

  test('P06: a password is neither cut nor trimmed nor changed in case', async ({ server }) => {
    const email = newEmail();
    const long = `${goodPassword} and then some more words until the seventy-second byte is long past`;
    await signup(server, email, long);
    for (const other of [`${long}x`, long.slice(0, 72), long.toUpperCase(), `${long} `, `${long}\u0000`]) {
      expect((await login(server, email, other)).codes).toEqual(['INVALID_CREDENTIALS']);
    }
  });
});

describe('login', () => {
  test('P12: an unknown email and a wrong password get the same answer', async ({ server }) => {
    const { user } = await signup(server);
    const [unknown, wrong] = [
      await login(server, newEmail()),
      await login(server, user.email, 'not this password at all'),
    ];
    expect(unknown.codes).toEqual(['INVALID_CREDENTIALS']);
    expect([wrong.status, wrong.errors]).toEqual([unknown.status, unknown.errors]);
  });

  test('a failed login is 200 without WWW-Authenticate, so that no client starts a refresh', async ({ server }) => {
    const answer = await login(server, newEmail());
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([200, null]);
  });
});

describe('changePassword', () => {
  test('R15: changePassword ends the other sessions and renews the refresh token of this one', async ({ server }) => {
    const email = newEmail();
    const [here, there]: [Grant, Grant] = [await signup(server, email), (await login(server, email)).data.login];
    const { accessToken, refreshToken, session } = (
      await changePassword(server, here.accessToken, goodPassword, `${goodPassword} anew`)
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

  test('P09: changePassword needs the current password', async ({ server }) => {
    const { accessToken } = await signup(server);
    expect(
      (await changePassword(server, accessToken, 'not the password at all', `${goodPassword} anew`)).codes,
    ).toEqual(['INVALID_CREDENTIALS']);
  });

  test('P07: changePassword refuses what signup refuses and names the field', async ({ server }) => {
    const { accessToken } = await signup(server);
    const answer = await changePassword(server, accessToken, goodPassword, 'too short');
    expect(fieldErrors(answer)?.[0]?.slice(0, 2)).toEqual(['BAD_USER_INPUT', 'newPassword']);
  });
});

describe('reading accounts', () => {
  test('viewer describes the caller, signed in or anonymous', async ({ server }) => {
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

  test('a user sees the name of another user but not the email', async ({ server }) => {
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

  test('users is refused to a caller who is not a moderator', async ({ server }) => {
    const { accessToken } = await signup(server);
    const answer = await server.gql('{ users { edges { node { id } } } }', { token: accessToken });
    expect([answer.status, answer.codes]).toEqual([403, ['FORBIDDEN ROLE']]);
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      required: { role: 'MODERATOR' },
      coordinate: 'Query.users',
    });
  });
});
