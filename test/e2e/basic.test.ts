import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  server = await startServer({ BASIC_AUTH: 'on', ...adminEnv });
});
afterAll(() => server.stop());

const header = (email: string, password = goodPassword) =>
  `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}`;
const ask = (authorization: string, query = '{ me { email } }', at = server) =>
  at.gql(query, { headers: { authorization, accept: 'application/graphql-response+json' } });

describe('HTTP Basic', () => {
  it('P23: signs a request in with email and password, in UTF-8 and with colons', async () => {
    const password = 'fünf: leise Lampen: 🦊 im Hof';
    const { user } = await signup(server, newEmail(), password);
    const answer = await ask(header(user.email, password), '{ me { email } viewer { kind role scopes expiresAt } }');
    expect(answer.data).toEqual({
      me: { email: user.email },
      viewer: { kind: 'BASIC', role: 'USER', scopes: ['*'], expiresAt: null },
    });
  });

  it.each([
    ['a wrong password', () => header('root@example.com', 'wrong')],
    ['an unknown email', () => header('nobody@example.com')],
    ['no colon', () => `Basic ${Buffer.from('root@example.com').toString('base64')}`],
    ['NUL', () => header('root@example.com', `${goodPassword}\0`)],
    ['loose base64', () => `${header('root@example.com')}=`],
  ])('P23: %s is 401 with the challenge of Basic, alike', async (_what, value) => {
    const answer = await ask(value());
    expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_INVALID']]);
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="graphql", charset="UTF-8"');
  });

  it('P23: manages no account, though an administrator asks', async () => {
    const authorization = header(adminEnv.ADMIN_EMAIL);
    for (const mutation of [
      'createApiKey(input: { name: "x", scopes: [] }) { secret }',
      `changePassword(input: { currentPassword: "${goodPassword}", newPassword: "another quiet lamp" }) { expiresIn }`,
      'disableUser(id: "x") { id }',
      'revokeUserSessions(userId: "x") { endedSessions }',
    ]) {
      const answer = await ask(authorization, `mutation { ${mutation} }`);
      expect([answer.status, answer.data, answer.codes]).toEqual([403, undefined, ['FORBIDDEN SCOPE']]);
    }
  });

  it('P23: ends with the password, the role and the account at the next request', async () => {
    const { user, accessToken } = await signup(server);
    const admin = await loginAsAdmin(server);
    const byAdmin = (mutation: string) => server.gql(`mutation { ${mutation} { id } }`, { token: admin.accessToken });
    expect((await ask(header(user.email))).codes).toEqual([]);
    await byAdmin(`disableUser(id: "${user.id}")`);
    expect((await ask(header(user.email))).codes).toEqual(['UNAUTHENTICATED TOKEN_INVALID']);
    await byAdmin(`enableUser(id: "${user.id}")`);
    expect((await ask(header(user.email))).codes).toEqual([]);
    await byAdmin(`setUserRole(input: { userId: "${user.id}", role: MODERATOR })`);
    expect((await ask(header(user.email), '{ viewer { role } }')).data.viewer.role).toBe('MODERATOR');
    expect(accessToken).toEqual(expect.any(String));
    const again = await server.gql(
      `mutation { login(input: { email: "${user.email}", password: "${goodPassword}" }) { accessToken } }`,
    );
    await server.gql(
      `mutation { changePassword(input: { currentPassword: "${goodPassword}", newPassword: "another quiet lamp there" }) { expiresIn } }`,
      { token: again.data.login.accessToken },
    );
    expect((await ask(header(user.email))).codes).toEqual(['UNAUTHENTICATED TOKEN_INVALID']);
    expect((await ask(header(user.email, 'another quiet lamp there'))).codes).toEqual([]);
  });

  it('is asked for only where it matters: public fields answer beside a wrong password', async () => {
    expect((await ask(header('root@example.com', 'wrong'), '{ hello }')).codes).toEqual([]);
  });

  it('Z14: beside an API key is ambiguous', async () => {
    const answer = await server.gql('{ me { id } }', {
      headers: {
        authorization: header('root@example.com'),
        'x-api-key': 'fg_x',
        accept: 'application/graphql-response+json',
      },
    });
    expect([answer.status, answer.codes]).toEqual([400, ['AMBIGUOUS_CREDENTIALS']]);
  });

  it('is off unless it is switched on: then it is no credential', async () => {
    const own = await serverForTest();
    const { user } = await signup(own);
    const answer = await ask(header(user.email), '{ me { id } }', own);
    expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_MISSING']]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="graphql", resource_metadata=/);
  });
});
