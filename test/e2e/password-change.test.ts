import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  adminEnv,
  type Grant,
  goodPassword,
  loginAsAdmin,
  refresh,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';
import { serverBackends } from '../support/server-backends.ts';

const newPassword = `${goodPassword} anew`;

describe.for(serverBackends)('a password change, on $name', ({ missing, open }) => {
  describe.skipIf(missing !== null)('with this backend', () => {
    let backend: Awaited<ReturnType<typeof open>>;
    let server: TestServer;
    beforeAll(async () => {
      backend = await open();
      server = await startServer({ ...adminEnv, ...backend.env });
    });
    afterAll(async () => {
      await server.stop();
      await backend.drop();
    });

    const me = (token: string) => server.gql('{ me { id } }', { token });
    const change = (token: string, currentPassword = goodPassword, to = newPassword) =>
      server.gql(
        'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { accessToken refreshToken } }',
        {
          token,
          variables: { input: { currentPassword, newPassword: to } },
        },
      );

    it('R15: retires every older access token of the same session at once: each is TOKEN_STALE, the new pair works', async () => {
      const { accessToken, refreshToken } = await signup(server);
      const older = [accessToken, (await refresh(server, refreshToken)).data.refresh.accessToken];
      // Asked before, so that whatever keeps answers has one.
      for (const token of older) expect((await me(token)).codes).toEqual([]);
      const issued: Grant = (await change(older[1])).data.changePassword;
      for (const token of older) {
        const answer = await me(token);
        expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHENTICATED TOKEN_STALE']]);
      }
      expect((await me(issued.accessToken)).codes).toEqual([]);
      expect((await me((await refresh(server, issued.refreshToken)).data.refresh.accessToken)).codes).toEqual([]);
    });

    it('R15: holds within one second, however often: only the newest token of many changes works', async () => {
      const { accessToken } = await signup(server);
      const tokens = [accessToken];
      for (const [from, to] of [
        [goodPassword, newPassword],
        [newPassword, goodPassword],
        [goodPassword, newPassword],
      ] as const) {
        tokens.push((await change(tokens.at(-1) ?? '', from, to)).data.changePassword.accessToken);
      }
      const codes = await Promise.all(tokens.map(async (token) => (await me(token)).codes));
      expect(codes).toEqual([...Array(3).fill(['UNAUTHENTICATED TOKEN_STALE']), []]);
    });

    it('R18: a role that was changed and changed back does not bring older tokens back', async () => {
      const { accessToken, refreshToken, user } = await signup(server);
      const admin = await loginAsAdmin(server);
      for (const role of ['MODERATOR', 'USER']) {
        const setRole = `mutation ($id: ID!) { setUserRole(input: { userId: $id, role: ${role} }) { id } }`;
        await server.gql(setRole, { token: admin.accessToken, variables: { id: user.id } });
      }
      expect((await me(accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_STALE']);
      expect((await me((await refresh(server, refreshToken)).data.refresh.accessToken)).codes).toEqual([]);
    });

    it('R15: a stale token still ends its session, and nothing else is done with it', async () => {
      const { accessToken } = await signup(server);
      const issued: Grant = (await change(accessToken)).data.changePassword;
      const create = 'mutation { createApiKey(input: { name: "k", scopes: [] }) { secret } }';
      expect((await server.gql(create, { token: accessToken })).codes).toEqual(['UNAUTHENTICATED TOKEN_STALE']);
      const logout = await server.gql('mutation { logout { endedSessions } }', { token: accessToken });
      expect(logout.data.logout.endedSessions).toBe(1);
      expect((await me(issued.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    });
  });
});
