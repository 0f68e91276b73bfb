import { describe, expect, test } from 'vitest';
import { runCommand } from '../support/command-line.ts';
import { loginAt, startWithProvider } from '../support/identity-browser.ts';
import { temporaryFolder } from '../support/process.ts';
import {
  adminEnv,
  goodPassword,
  login,
  loginAsAdmin,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

const trySignup = (server: TestServer, email: string, password = goodPassword) =>
  server.gql('mutation ($input: SignupInput!) { signup(input: $input) { user { email } } }', {
    variables: { input: { email, password } },
  });

const ascii = 'user@xn--mnchen-3ya.example';
const spellings = [
  'user@münchen.example',
  'USER@MÜNCHEN.EXAMPLE.',
  ' user@mu\u0308nchen.example ',
  'user@XN--MNCHEN-3YA.example',
  'user@münchen。ｅxample',
];

describe('a domain in Unicode and in ASCII', () => {
  test('is one account in sign-up, login and the lock', async () => {
    const server = await startServer();
    expect((await signup(server, spellings[0])).user.email).toBe(ascii);
    for (const email of [ascii, ...spellings]) {
      expect((await trySignup(server, email)).codes).toEqual(['EMAIL_TAKEN']);
      expect((await login(server, email)).codes).toEqual([]);
    }
    for (const email of spellings) await login(server, email, 'a wrong password');
    for (const email of [ascii, ...spellings]) expect((await login(server, email)).codes).toEqual(['ACCOUNT_LOCKED']);
  });

  test('is one account in ADMIN_EMAIL and on the command line', async () => {
    const env = { DATA_DIR: temporaryFolder() };
    for (const ADMIN_EMAIL of [ascii, ...spellings]) {
      await (await startServer({ ...env, ADMIN_EMAIL, ADMIN_PASSWORD: goodPassword })).stop();
    }
    const { out } = await runCommand(env, 'user', 'list', '--json');
    expect(out.match(/xn--mnchen-3ya/g)).toHaveLength(1);
    for (const email of spellings) expect((await runCommand(env, 'user', 'role', email, 'ADMIN')).code).toBe(0);
  });

  test('is one account at a provider', async () => {
    const { provider, server } = await startWithProvider();
    await signup(server, ascii);
    for (const [i, email] of spellings.entries()) {
      provider.person = { sub: `person ${i}`, email, email_verified: true };
      expect((await loginAt(server, 'acme')).codes).toEqual(['ACCOUNT_LINK_REQUIRED']);
    }
  });

  test('is found in either form', async () => {
    const server = await startServer(adminEnv);
    const { accessToken: token } = await loginAsAdmin(server);
    await signup(server, ascii);
    for (const search of ['user@MÜNCHEN', 'münchen.ex', 'xn--mnchen', 'user@xn--']) {
      const answer = await server.gql(
        'query ($search: String) { users(search: $search) { edges { node { email } } } }',
        {
          ...{ token, variables: { search } },
        },
      );
      expect(answer.data.users.edges).toEqual([{ node: { email: ascii } }]);
    }
  });

  test('a password of the words of the domain is personal', async () => {
    const server = await startServer();
    const answer = await trySignup(server, 'ada@grünstraße.example', 'grünstraße.grünstraße');
    expect(answer.codes).toEqual(['BAD_USER_INPUT PASSWORD_PERSONAL']);
  });
});

test('letters have combining marks', async () => {
  const server = await startServer();
  for (const [email, stored] of [
    ['उपयोगकर्ता@example.com', 'उपयोगकर्ता@example.com'],
    ['தமிழ்@உதாரணம்.பரிட்சை', 'தமிழ்@xn--zkc6cc5bi7f6e.xn--hlcj6aya9esc7a'],
    ['İstanbul@example.com', 'i̇stanbul@example.com'],
    ['ada@نامه\u200cای.example', 'ada@xn--mgba3gch31f060k.example'],
  ] as const) {
    expect((await signup(server, email)).user.email).toBe(stored);
    expect((await login(server, email)).codes).toEqual([]);
    expect((await login(server, stored)).codes).toEqual([]);
  }
  const input = { email: 'hindi@example.com', password: goodPassword, name: 'उपयोगकर्ता தமிழ் İ' };
  const answer = await server.gql('mutation ($input: SignupInput!) { signup(input: $input) { user { name } } }', {
    variables: { input },
  });
  expect(answer.data.signup.user.name).toBe(input.name);
});

test('what nobody sees, and what a URL parser would remove or add, is no part of an email', async () => {
  const server = await startServer();
  for (const email of [
    'a\u200bb@example.com',
    'a\u3164@example.com',
    '\u0301a@example.com',
    'a@mün\u00adchen.example',
    'a@mün\tchen.example',
    'a@münchen.example/x',
    'a@münchen.example:80',
    'a@ münchen.example',
    'u@münchen.example@example.com',
    'a@ü\u200c.example',
    'a@１２７.０.０.１',
    'a@0x7f.1',
    'a@ü..example',
    `a@${'ü'.repeat(70)}.example`,
    `a@example.com${' '.repeat(2000)}x`,
  ]) {
    expect((await trySignup(server, email)).codes, email).toEqual(['BAD_USER_INPUT EMAIL_INVALID']);
  }
});
