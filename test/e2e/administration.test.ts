import { readdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { temporaryFolder } from '../support/process.ts';
import {
  adminEnv,
  type Grant,
  login,
  loginAsAdmin,
  refresh,
  type SignedIn,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const test = testWithServer(adminEnv);

type UserPage = {
  edges: { node: { email: string } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string };
};

const me = (server: TestServer, token: string) => server.gql('{ me { id role } }', { token });
const setRole = (server: TestServer, { accessToken: token }: SignedIn, userId: string, role: string) =>
  server.gql('mutation ($input: SetUserRoleInput!) { setUserRole(input: $input) { id role } }', {
    token,
    variables: { input: { userId, role } },
  });
const byId = (server: TestServer, { accessToken: token }: SignedIn, field: string, id: string) =>
  server.gql(`mutation ($id: ID!) { ${field}(id: $id) { id disabledAt } }`, { token, variables: { id } });

describe('the first administrator', () => {
  test('an unacceptable ADMIN_PASSWORD stops the start and leaves no file open', async () => {
    const folder = temporaryFolder();
    const env = { ADMIN_EMAIL: 'root@example.com', ADMIN_PASSWORD: 'short' };
    await expect(startServer(env, { dataDir: folder })).rejects.toThrow('ADMIN_PASSWORD');
    // SQLite deletes its log when the last connection is closed.
    expect(readdirSync(folder)).toContain('fieldgate.sqlite');
    expect(readdirSync(folder)).not.toContain('fieldgate.sqlite-wal');
  });

  test('ADMIN_EMAIL and ADMIN_PASSWORD create the first administrator', ({ admin }) => {
    expect(admin.user).toMatchObject({ email: adminEnv.ADMIN_EMAIL, role: 'ADMIN' });
  });

  test('P22: no administrator exists unless the configuration names one', async () => {
    const own = await startServer();
    for (const password of ['', 'password', 'admin', 'fieldgate']) {
      expect((await login(own, 'admin@example.com', password)).codes).toEqual(['INVALID_CREDENTIALS']);
    }
  });
});

describe('setUserRole', () => {
  test('R18: a new role makes older access tokens stale, and the next refresh carries it', async ({
    server,
    admin,
  }) => {
    const grant = await signup(server);
    expect((await setRole(server, admin, grant.user.id, 'MODERATOR')).data.setUserRole.role).toBe('MODERATOR');
    const stale = await me(server, grant.accessToken);
    expect([stale.status, stale.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_STALE']]);
    const renewed: Grant = (await refresh(server, grant.refreshToken)).data.refresh;
    expect((await me(server, renewed.accessToken)).data.me.role).toBe('MODERATOR');
    expect(
      (await server.gql('{ users(first: 1) { edges { node { email } } } }', { token: renewed.accessToken })).codes,
    ).toEqual([]);
    await setRole(server, admin, grant.user.id, 'USER');
    expect((await me(server, renewed.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_STALE']);
  });

  test('setUserRole is refused to a moderator and changes nothing', async ({ server, admin }) => {
    const grant = await signup(server);
    await setRole(server, admin, grant.user.id, 'MODERATOR');
    const moderator: Grant = (await refresh(server, grant.refreshToken)).data.refresh;
    const answer = await setRole(server, moderator, grant.user.id, 'ADMIN');
    expect([answer.status, answer.data, answer.codes]).toEqual([403, undefined, ['FORBIDDEN ROLE']]);
    expect((await me(server, moderator.accessToken)).data.me.role).toBe('MODERATOR');
  });

  test.for(['setUserRole', 'disableUser'])(
    '%s does not let administrators change their own account',
    async (field, { server, admin }) => {
      const answer =
        field === 'disableUser'
          ? await byId(server, admin, field, admin.user.id)
          : await setRole(server, admin, admin.user.id, 'USER');
      expect(answer.codes).toEqual(['BAD_USER_INPUT OWN_ACCOUNT']);
    },
  );

  test('an account that does not exist is NOT_FOUND', async ({ server, admin }) => {
    expect((await setRole(server, admin, crypto.randomUUID(), 'USER')).codes).toEqual(['NOT_FOUND']);
    expect((await byId(server, admin, 'disableUser', 'x')).codes).toEqual(['NOT_FOUND']);
  });

  test('Z17: the role admin in lower case is not accepted', async ({ server, admin }) => {
    expect((await setRole(server, admin, admin.user.id, 'admin')).data).toBeUndefined();
  });
});

describe('disableUser', () => {
  test('R16: disableUser ends every session at once, and enableUser brings none back', async ({ server, admin }) => {
    const grant = await signup(server);
    expect((await byId(server, admin, 'disableUser', grant.user.id)).data.disableUser.disabledAt).toEqual(
      expect.any(String),
    );
    expect((await me(server, grant.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await refresh(server, grant.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
    expect((await login(server, grant.user.email)).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await byId(server, admin, 'enableUser', grant.user.id)).data.enableUser.disabledAt).toBeNull();
    expect((await me(server, grant.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await login(server, grant.user.email)).codes).toEqual([]);
  });
});

describe('revokeUserSessions', () => {
  test('R17: revokeUserSessions ends every session of one account', async ({ server, admin }) => {
    const grant = await signup(server);
    await login(server, grant.user.email);
    const answer = await server.gql('mutation ($id: ID!) { revokeUserSessions(userId: $id) { endedSessions } }', {
      token: admin.accessToken,
      variables: { id: grant.user.id },
    });
    expect(answer.data.revokeUserSessions.endedSessions).toBe(2);
    expect((await me(server, grant.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
  });
});

describe('users', () => {
  test('users pages through all accounts, each once, and searches by email or name', async () => {
    const own = await startServer(adminEnv);
    const { accessToken: token } = await loginAsAdmin(own);
    const emails = [adminEnv.ADMIN_EMAIL];
    for (const name of ['ann', 'bob', 'cid', 'dan'])
      emails.push((await signup(own, `${name}@pages.example`)).user.email);

    const seen: string[] = [];
    let after: string | null = null;
    do {
      const query =
        'query ($after: String) { users(first: 2, after: $after) { edges { node { email } } pageInfo { hasNextPage endCursor } } }';
      const { users }: { users: UserPage } = (await own.gql(query, { token, variables: { after } })).data;
      seen.push(...users.edges.map((edge) => edge.node.email));
      after = users.pageInfo.hasNextPage ? users.pageInfo.endCursor : null;
    } while (after);
    expect(seen).toEqual(emails);

    const found = (await own.gql('{ users(search: "PAGES.exa") { edges { node { email } } } }', { token })).data.users
      .edges;
    expect(found).toHaveLength(4);
  });

  test.for([
    ['users(first: 0)', 'BAD_USER_INPUT OUT_OF_RANGE'],
    ['users(first: 101)', 'BAD_USER_INPUT OUT_OF_RANGE'],
    ['users(after: "x")', 'BAD_USER_INPUT CURSOR_INVALID'],
  ] as const)('%s answers %s', async ([field, code], { server, admin }) => {
    expect((await server.gql(`{ ${field} { pageInfo { hasNextPage } } }`, { token: admin.accessToken })).codes).toEqual(
      [code],
    );
  });
});
