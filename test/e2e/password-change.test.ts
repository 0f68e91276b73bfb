import { describe, expect } from 'vitest';
import { adminEnv, type Grant, goodPassword, refresh, signup, type TestServer } from '../support/server.ts';
import { serverBackends, testOnBackend } from '../support/server-backends.ts';

const newPassword = `${goodPassword} anew`;

const me = (server: TestServer, token: string) => server.gql('{ me { id } }', { token });
const change = (server: TestServer, token: string, currentPassword = goodPassword, to = newPassword) =>
  server.gql('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { accessToken refreshToken } }', {
    token,
    variables: { input: { currentPassword, newPassword: to } },
  });

for (const backend of serverBackends) {
  const test = testOnBackend(backend, adminEnv);

  describe.skipIf(backend.missing !== null)(`a password change, on ${backend.name}`, () => {
    test('R15: a new password retires every older access token of the same session at once, each with TOKEN_STALE', async ({
      server,
    }) => {
      const { accessToken, refreshToken } = await signup(server);
      const older = [accessToken, (await refresh(server, refreshToken)).data.refresh.accessToken];
      // Asked once before the change, so that every cache has them.
      for (const token of older) expect((await me(server, token)).codes).toEqual([]);
      const issued: Grant = (await change(server, older[1])).data.changePassword;
      for (const token of older) {
        const answer = await me(server, token);
        expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_STALE']]);
      }
      expect((await me(server, issued.accessToken)).codes).toEqual([]);
      expect((await me(server, (await refresh(server, issued.refreshToken)).data.refresh.accessToken)).codes).toEqual(
        [],
      );
    });

    test('R15: of many changes within one second only the newest token works', async ({ server }) => {
      const { accessToken } = await signup(server);
      const tokens = [accessToken];
      for (const [from, to] of [
        [goodPassword, newPassword],
        [newPassword, goodPassword],
        [goodPassword, newPassword],
      ] as const) {
        tokens.push((await change(server, tokens.at(-1) ?? '', from, to)).data.changePassword.accessToken);
      }
      const codes = await Promise.all(tokens.map(async (token) => (await me(server, token)).codes));
      expect(codes).toEqual([...Array(3).fill(['UNAUTHENTICATED TOKEN_STALE']), []]);
    });

    test('R18: a role that was changed and changed back does not bring older tokens back', async ({
      server,
      admin,
    }) => {
      const { accessToken, refreshToken, user } = await signup(server);
      for (const role of ['MODERATOR', 'USER']) {
        const setRole = `mutation ($id: ID!) { setUserRole(input: { userId: $id, role: ${role} }) { id } }`;
        await server.gql(setRole, { token: admin.accessToken, variables: { id: user.id } });
      }
      expect((await me(server, accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_STALE']);
      expect((await me(server, (await refresh(server, refreshToken)).data.refresh.accessToken)).codes).toEqual([]);
    });

    test('R15: a stale token can end its session and do nothing else', async ({ server }) => {
      const { accessToken } = await signup(server);
      const issued: Grant = (await change(server, accessToken)).data.changePassword;
      const create = 'mutation { createApiKey(input: { name: "k", scopes: [] }) { secret } }';
      expect((await server.gql(create, { token: accessToken })).codes).toEqual(['UNAUTHENTICATED TOKEN_STALE']);
      const logout = await server.gql('mutation { logout { endedSessions } }', { token: accessToken });
      expect(logout.data.logout.endedSessions).toBe(1);
      expect((await me(server, issued.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    });
  });
}
