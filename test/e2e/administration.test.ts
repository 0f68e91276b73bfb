import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/process.ts';
import {
  adminEnv,
  type Grant,
  login,
  loginAsAdmin,
  refresh,
  serverForTest,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

let server: TestServer;
let admin: Grant;
beforeAll(async () => {
  server = await startServer(adminEnv);
  admin = await loginAsAdmin(server);
});
afterAll(() => server.stop());

type UserPage = {
  edges: { node: { email: string } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string };
};

const me = (token: string) => server.gql('{ me { id role } }', { token });
const setRole = (userId: string, role: string, token = admin.accessToken) =>
  server.gql('mutation ($input: SetUserRoleInput!) { setUserRole(input: $input) { id role } }', {
    token,
    variables: { input: { userId, role } },
  });
const byId = (field: string, id: string, token = admin.accessToken) =>
  server.gql(`mutation ($id: ID!) { ${field}(id: $id) { id disabledAt } }`, { token, variables: { id } });

describe('the first administrator', () => {
  it('whose password will not do stops the start, and nothing is left open', async () => {
    const folder = temporaryFolder();
    const env = { ADMIN_EMAIL: 'root@example.com', ADMIN_PASSWORD: 'short' };
    await expect(startServer(env, folder)).rejects.toThrow('ADMIN_PASSWORD');
    // SQLite deletes its log when the last connection is closed.
    expect(readdirSync(folder)).toContain('fieldgate.sqlite');
    expect(readdirSync(folder)).not.toContain('fieldgate.sqlite-wal');
  });

  it('comes from ADMIN_EMAIL and ADMIN_PASSWORD', () => {
    expect(admin.user).toMatchObject({ email: adminEnv.ADMIN_EMAIL, role: 'ADMIN' });
  });

  it('P22: does not exist unless it is asked for', async () => {
    const own = await serverForTest();
    for (const password of ['', 'password', 'admin', 'fieldgate']) {
      expect((await login(own, 'admin@example.com', password)).codes).toEqual(['INVALID_CREDENTIALS']);
    }
  });
});

describe('setUserRole', () => {
  it('R18: makes older access tokens stale, and the next refresh carries the new role', async () => {
    const grant = await signup(server);
    expect((await setRole(grant.user.id, 'MODERATOR')).data.setUserRole.role).toBe('MODERATOR');
    const stale = await me(grant.accessToken);
    expect([stale.status, stale.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_STALE']]);
    const renewed: Grant = (await refresh(server, grant.refreshToken)).data.refresh;
    expect((await me(renewed.accessToken)).data.me.role).toBe('MODERATOR');
    expect(
      (await server.gql('{ users(first: 1) { edges { node { email } } } }', { token: renewed.accessToken })).codes,
    ).toEqual([]);
    await setRole(grant.user.id, 'USER');
    expect((await me(renewed.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_STALE']);
  });

  it('is for administrators: a moderator is refused and nothing changes', async () => {
    const grant = await signup(server);
    await setRole(grant.user.id, 'MODERATOR');
    const moderator: Grant = (await refresh(server, grant.refreshToken)).data.refresh;
    const answer = await setRole(grant.user.id, 'ADMIN', moderator.accessToken);
    expect([answer.status, answer.data, answer.codes]).toEqual([403, undefined, ['FORBIDDEN ROLE']]);
    expect((await me(moderator.accessToken)).data.me.role).toBe('MODERATOR');
  });

  it.each(['setUserRole', 'disableUser'])('%s does not let administrators change their own account', async (field) => {
    const answer = field === 'disableUser' ? await byId(field, admin.user.id) : await setRole(admin.user.id, 'USER');
    expect(answer.codes).toEqual(['BAD_USER_INPUT OWN_ACCOUNT']);
  });

  it('of nobody is NOT_FOUND', async () => {
    expect((await setRole(crypto.randomUUID(), 'USER')).codes).toEqual(['NOT_FOUND']);
    expect((await byId('disableUser', 'x')).codes).toEqual(['NOT_FOUND']);
  });

  it('Z17: Role is exact: admin in lower case is no role', async () => {
    expect((await setRole(admin.user.id, 'admin')).data).toBeUndefined();
  });
});

describe('disableUser', () => {
  it('R16: ends everything at once, and enabling brings no session back', async () => {
    const grant = await signup(server);
    expect((await byId('disableUser', grant.user.id)).data.disableUser.disabledAt).toEqual(expect.any(String));
    expect((await me(grant.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await refresh(server, grant.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
    expect((await login(server, grant.user.email)).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await byId('enableUser', grant.user.id)).data.enableUser.disabledAt).toBeNull();
    expect((await me(grant.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await login(server, grant.user.email)).codes).toEqual([]);
  });
});

describe('revokeUserSessions', () => {
  it('R17: ends every session of one account', async () => {
    const grant = await signup(server);
    await login(server, grant.user.email);
    const answer = await server.gql('mutation ($id: ID!) { revokeUserSessions(userId: $id) { endedSessions } }', {
      token: admin.accessToken,
      variables: { id: grant.user.id },
    });
    expect(answer.data.revokeUserSessions.endedSessions).toBe(2);
    expect((await me(grant.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
  });
});

describe('users', () => {
  it('pages through all accounts, each once, and searches by email or name', async () => {
    const own = await serverForTest(adminEnv);
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

  it.each([
    ['users(first: 0)', 'BAD_USER_INPUT OUT_OF_RANGE'],
    ['users(first: 101)', 'BAD_USER_INPUT OUT_OF_RANGE'],
    ['users(after: "x")', 'BAD_USER_INPUT CURSOR_INVALID'],
  ])('%s is %s', async (field, code) => {
    expect((await server.gql(`{ ${field} { pageInfo { hasNextPage } } }`, { token: admin.accessToken })).codes).toEqual(
      [code],
    );
  });
});
