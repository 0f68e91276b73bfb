import { describe, expect } from 'vitest';
import {
  adminEnv,
  goodPassword,
  newEmail,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const test = testWithServer({ BASIC_AUTH: 'on', ...adminEnv });

const header = (email: string, password = goodPassword) =>
  `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}`;
const ask = (server: TestServer, authorization: string, query = '{ me { email } }') =>
  server.gql(query, { headers: { authorization, accept: 'application/graphql-response+json' } });

describe('HTTP Basic', () => {
  test('P23: a request is signed in by email and password, in UTF-8 and with colons', async ({ server }) => {
    const password = 'fünf: leise Lampen: 🦊 im Hof';
    const { user } = await signup(server, newEmail(), password);
    const answer = await ask(
      server,
      header(user.email, password),
      '{ me { email } viewer { kind role scopes expiresAt } }',
    );
    expect(answer.data).toEqual({
      me: { email: user.email },
      viewer: { kind: 'BASIC', role: 'USER', scopes: ['*'], expiresAt: null },
    });
  });

  test.for([
    ['a wrong password', () => header('root@example.com', 'wrong')],
    ['an unknown email', () => header('nobody@example.com')],
    ['no colon', () => `Basic ${Buffer.from('root@example.com').toString('base64')}`],
    ['NUL', () => header('root@example.com', `${goodPassword}\0`)],
    ['loose base64', () => `${header('root@example.com')}=`],
  ] as const)('P23: %s is 401 with the challenge for Basic', async ([_what, value], { server }) => {
    const answer = await ask(server, value());
    expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_INVALID']]);
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="graphql", charset="UTF-8"');
  });

  test('P23: an administrator cannot manage accounts by Basic', async ({ server }) => {
    const authorization = header(adminEnv.ADMIN_EMAIL);
    for (const mutation of [
      'createApiKey(input: { name: "x", scopes: [] }) { secret }',
      `changePassword(input: { currentPassword: "${goodPassword}", newPassword: "another quiet lamp" }) { expiresIn }`,
      'disableUser(id: "x") { id }',
      'revokeUserSessions(userId: "x") { endedSessions }',
    ]) {
      const answer = await ask(server, authorization, `mutation { ${mutation} }`);
      expect([answer.status, answer.data, answer.codes]).toEqual([403, undefined, ['FORBIDDEN SCOPE']]);
    }
  });

  test('P23: a changed password, role or account takes effect at the next request', async ({ server, admin }) => {
    const { user, accessToken } = await signup(server);
    const byAdmin = (mutation: string) => server.gql(`mutation { ${mutation} { id } }`, { token: admin.accessToken });
    expect((await ask(server, header(user.email))).codes).toEqual([]);
    await byAdmin(`disableUser(id: "${user.id}")`);
    expect((await ask(server, header(user.email))).codes).toEqual(['UNAUTHENTICATED TOKEN_INVALID']);
    await byAdmin(`enableUser(id: "${user.id}")`);
    expect((await ask(server, header(user.email))).codes).toEqual([]);
    await byAdmin(`setUserRole(input: { userId: "${user.id}", role: MODERATOR })`);
    expect((await ask(server, header(user.email), '{ viewer { role } }')).data.viewer.role).toBe('MODERATOR');
    expect(accessToken).toEqual(expect.any(String));
    const again = await server.gql(
      `mutation { login(input: { email: "${user.email}", password: "${goodPassword}" }) { accessToken } }`,
    );
    await server.gql(
      `mutation { changePassword(input: { currentPassword: "${goodPassword}", newPassword: "another quiet lamp there" }) { expiresIn } }`,
      { token: again.data.login.accessToken },
    );
    expect((await ask(server, header(user.email))).codes).toEqual(['UNAUTHENTICATED TOKEN_INVALID']);
    expect((await ask(server, header(user.email, 'another quiet lamp there'))).codes).toEqual([]);
  });

  test('a wrong password does not block a public field', async ({ server }) => {
    expect((await ask(server, header('root@example.com', 'wrong'), '{ hello }')).codes).toEqual([]);
  });

  test('Z14: Basic beside an API key is ambiguous', async ({ server }) => {
    const answer = await server.gql('{ me { id } }', {
      headers: {
        authorization: header('root@example.com'),
        'x-api-key': 'fg_x',
        accept: 'application/graphql-response+json',
      },
    });
    expect([answer.status, answer.codes]).toEqual([400, ['AMBIGUOUS_CREDENTIALS']]);
  });

  test('Basic is not accepted unless BASIC_AUTH switches it on', async () => {
    const own = await startServer();
    const { user } = await signup(own);
    const answer = await ask(own, header(user.email), '{ me { id } }');
    expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_MISSING']]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="graphql", resource_metadata=/);
  });
});
