import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { nodesOf } from '../support/pages.ts';
import {
  type Grant,
  login,
  newEmail,
  refresh,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const meQuery = '{ me { id } }';
const sessionsQuery = '{ sessions { edges { node { id createdAt lastSeenAt expiresAt ip userAgent current } } } }';
const logoutMutation = 'mutation ($input: LogoutInput) { logout(input: $input) { endedSessions } }';

const test = testWithServer();

const me = (server: TestServer, token: string) => server.gql(meQuery, { token });
const logout = (server: TestServer, input: Record<string, unknown> | null, token?: string) =>
  server.gql(logoutMutation, { variables: { input }, ...(token ? { token } : {}) });
const tokensOf = (grants: readonly Grant[]) => [...new Set(grants.map((grant) => grant.refreshToken))];

describe('refresh', () => {
  test('R01: refresh returns new tokens and spends the old refresh token', async ({ server }) => {
    const first = await signup(server);
    const second: Grant = (await refresh(server, first.refreshToken)).data.refresh;
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.session.id).toBe(first.session.id);
    expect((await me(server, second.accessToken)).data.me.id).toBe(first.user.id);
  });

  test('R02: a refresh token used again after its window ends the session with its access tokens', async () => {
    const own = await startServer();
    const first = await signup(own);
    const second: Grant = (await refresh(own, first.refreshToken)).data.refresh;
    own.advance(11_000);
    expect((await refresh(own, first.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
    expect((await refresh(own, second.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
    expect((await own.gql(meQuery, { token: second.accessToken })).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect(own.logLines()).toContainEqual(
      expect.objectContaining({ event: 'token.reuse_detected', userId: first.user.id }),
    );
  });

  test('R02: reuse leaves the other sessions of the account alone', async () => {
    const own = await startServer();
    const email = newEmail();
    const stolen = await signup(own, email);
    const other: Grant = (await login(own, email)).data.login;
    await refresh(own, stolen.refreshToken);
    own.advance(11_000);
    await refresh(own, stolen.refreshToken);
    expect((await refresh(own, other.refreshToken)).codes).toEqual([]);
  });

  test('R03: 100 simultaneous uses of one token get one successor, and a retry gets the same one', async ({
    server,
  }) => {
    const first = await signup(server);
    const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(server, first.refreshToken)));
    const grants = answers.map((answer) => answer.data.refresh as Grant);
    expect(tokensOf(grants)).toHaveLength(1);
    const retry: Grant = (await refresh(server, first.refreshToken)).data.refresh;
    expect(tokensOf([...grants, retry])).toHaveLength(1);
    expect((await me(server, retry.accessToken)).data.me.id).toBe(first.user.id);
  });

  test('R05: the window closes when the successor is used', async ({ server }) => {
    const first = await signup(server);
    const second: Grant = (await refresh(server, first.refreshToken)).data.refresh;
    const third: Grant = (await refresh(server, second.refreshToken)).data.refresh;
    expect((await refresh(server, first.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
    expect((await me(server, third.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
  });

  test('R07: a session ends at its absolute age however often it is refreshed', async () => {
    const own = await startServer({ REFRESH_TOKEN_TTL: '1h', SESSION_MAX_AGE: '2h' });
    let grant = await signup(own);
    for (let i = 0; i < 3; i++) {
      own.advance(35 * 60_000);
      grant = (await refresh(own, grant.refreshToken)).data.refresh;
    }
    own.advance(16 * 60_000);
    expect((await refresh(own, grant.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
  });

  test('R08: a session that is not refreshed ends at its idle limit', async () => {
    const own = await startServer({ REFRESH_TOKEN_TTL: '1h' });
    const grant = await signup(own);
    own.advance(3_600_001);
    expect((await refresh(own, grant.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
  });

  test.for([
    ['an access token', (grant: Grant) => grant.accessToken],
    ['nonsense', () => 'fgr_nonsense'],
    ['nothing', () => ''],
  ] as const)('T12: %s is not accepted as a refresh token', async ([_what, token], { server }) => {
    expect((await refresh(server, token(await signup(server)))).codes).toEqual(['REFRESH_TOKEN_INVALID']);
  });

  test('refresh and login work with an expired access token in the header', async () => {
    const own = await startServer();
    const first = await signup(own);
    own.advance(16 * 60_000);
    const stale = await own.gql(meQuery, { token: first.accessToken });
    expect([stale.status, stale.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_EXPIRED']]);
    const answer = await refresh(own, first.refreshToken, { token: first.accessToken });
    expect(answer.data.refresh.user.email).toBe(first.user.email);
    expect((await own.gql('{ __schema { queryType { name } } }', { token: first.accessToken })).status).toBe(200);
    expect(
      (await login(own, first.user.email, undefined, { authorization: `Bearer ${first.accessToken}` })).codes,
    ).toEqual([]);
  });
});

describe('logout', () => {
  test('R12: after a logout the access token and the refresh token are rejected at the next request', async ({
    server,
  }) => {
    const grant = await signup(server);
    expect((await logout(server, null, grant.accessToken)).data.logout.endedSessions).toBe(1);
    const refused = await me(server, grant.accessToken);
    expect([refused.status, refused.codes, refused.data]).toEqual([401, ['UNAUTHENTICATED TOKEN_REVOKED'], undefined]);
    expect((await refresh(server, grant.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
  });

  test('R20: a logout holds through the leeway that an expired token gets', async () => {
    const own = await startServer();
    const [ended, live] = [await signup(own), await signup(own)];
    await own.gql('mutation { logout { endedSessions } }', { token: ended.accessToken });
    own.advance(ended.expiresIn * 1000 + 1000);
    expect((await own.gql(meQuery, { token: live.accessToken })).codes).toEqual([]);
    expect((await own.gql(meQuery, { token: ended.accessToken })).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
  });

  test('a second logout ends nothing and is no error', async ({ server }) => {
    const grant = await signup(server);
    await logout(server, null, grant.accessToken);
    const again = await logout(server, null, grant.accessToken);
    expect([again.status, again.data.logout.endedSessions]).toEqual([200, 0]);
  });

  test.for([
    ['nothing', null],
    ['a refresh token that never was', { refreshToken: 'fgr_x' }],
  ] as const)('logout with %s ends nothing', async ([_what, input], { server }) => {
    expect((await logout(server, input)).data.logout.endedSessions).toBe(0);
  });

  test('logout works with a refresh token alone, even a spent one', async ({ server }) => {
    const first = await signup(server);
    const second: Grant = (await refresh(server, first.refreshToken)).data.refresh;
    expect((await logout(server, { refreshToken: first.refreshToken })).data.logout.endedSessions).toBe(1);
    expect((await me(server, second.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
  });

  test('logout works with an expired access token', async () => {
    const own = await startServer();
    const grant = await signup(own);
    own.advance(20 * 60_000);
    const answer = await own.gql(logoutMutation, { token: grant.accessToken, variables: { input: null } });
    expect(answer.data.logout.endedSessions).toBe(1);
    expect((await refresh(own, grant.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
  });

  test('R13: logout of ALL ends every session of the account and none of another', async ({ server }) => {
    const email = newEmail();
    const [here, stranger] = [await signup(server, email), await signup(server)];
    const there: Grant = (await login(server, email)).data.login;
    expect((await logout(server, { scope: 'ALL' }, here.accessToken)).data.logout.endedSessions).toBe(2);
    expect((await me(server, there.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await me(server, stranger.accessToken)).codes).toEqual([]);
  });

  test('logout of OTHERS keeps the session of the caller', async ({ server }) => {
    const email = newEmail();
    const here = await signup(server, email);
    const there: Grant = (await login(server, email)).data.login;
    expect((await logout(server, { scope: 'OTHERS' }, here.accessToken)).data.logout.endedSessions).toBe(1);
    expect((await me(server, here.accessToken)).codes).toEqual([]);
    expect((await me(server, there.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
  });

  test('logout from an ended session cannot end the others', async ({ server }) => {
    const email = newEmail();
    const ended = await signup(server, email);
    const live: Grant = (await login(server, email)).data.login;
    await logout(server, null, ended.accessToken);
    expect(
      (await logout(server, { scope: 'ALL', refreshToken: ended.refreshToken }, ended.accessToken)).data.logout
        .endedSessions,
    ).toBe(0);
    expect((await me(server, live.accessToken)).codes).toEqual([]);
  });
});

describe('sessions', () => {
  test('R13: sessions lists live sessions, marks the current one and shows no token', async ({ server }) => {
    const email = newEmail();
    const first = await signup(server, email);
    const second: Grant = (await login(server, email, undefined, { 'user-agent': 'a phone' })).data.login;
    const sessions = nodesOf((await server.gql(sessionsQuery, { token: first.accessToken })).data.sessions);
    expect(sessions.map((session: { id: string }) => session.id)).toEqual([second.session.id, first.session.id]);
    expect(sessions.map((session: { current: boolean }) => session.current)).toEqual([false, true]);
    expect(sessions[0]).toMatchObject({ userAgent: 'a phone', ip: '127.0.0.1' });
    expect(Object.keys(sessions[0]).sort()).toEqual([
      'createdAt',
      'current',
      'expiresAt',
      'id',
      'ip',
      'lastSeenAt',
      'userAgent',
    ]);
  });

  test('R14: a session of another account is NOT_FOUND like a random one, and lives on', async ({ server }) => {
    const [mine, theirs] = [await signup(server), await signup(server)];
    const revoke = (id: string) =>
      server.gql('mutation ($id: ID!) { revokeSession(id: $id) { id } }', {
        token: mine.accessToken,
        variables: { id },
      });
    const answers = await Promise.all([theirs.session.id, crypto.randomUUID(), 'x'].map(revoke));
    expect(answers.map((answer) => answer.codes)).toEqual([['NOT_FOUND'], ['NOT_FOUND'], ['NOT_FOUND']]);
    expect((await me(server, theirs.accessToken)).codes).toEqual([]);
    expect((await revoke(mine.session.id)).data.revokeSession.id).toBe(mine.session.id);
    expect((await me(server, mine.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
  });

  test('R24: every login starts a new session', async ({ server }) => {
    const email = newEmail();
    const first = await signup(server, email);
    expect((await login(server, email)).data.login.session.id).not.toBe(first.session.id);
  });

  test('R09: a dump of the database holds no usable token', async ({ server }) => {
    const grant = await signup(server);
    const second: Grant = (await refresh(server, grant.refreshToken)).data.refresh;
    const files = readdirSync(server.dataDir).filter((name) => name.includes('sqlite'));
    const dump = files.map((name) => readFileSync(`${server.dataDir}/${name}`, 'latin1')).join('');
    expect(dump).toContain(grant.session.id);
    for (const token of [grant.refreshToken, second.refreshToken, grant.accessToken]) {
      expect(dump).not.toContain(token);
      expect(dump).not.toContain(token.slice(-43));
    }
  });
});
