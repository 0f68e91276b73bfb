import { expect, it } from 'vitest';
import { goodPassword, refresh, signup, startServer } from '../support/server.ts';

const minute = 60_000;

it('a session shows when its owner last proved who they are: at the sign-in, and with the current password', async () => {
  const server = await startServer();
  const { accessToken, refreshToken } = await signup(server);
  const shown = async (token: string) => {
    const query = '{ sessions { edges { node { createdAt lastSeenAt authenticatedAt } } } }';
    return (await server.gql(query, { token })).data.sessions.edges[0].node;
  };
  const atFirst = await shown(accessToken);
  expect(atFirst.authenticatedAt).toBe(atFirst.createdAt);

  server.advance(5 * minute);
  const renewed = (await refresh(server, refreshToken)).data.refresh;
  const refreshed = await shown(renewed.accessToken);
  expect(refreshed.authenticatedAt).toBe(atFirst.authenticatedAt);
  expect(refreshed.lastSeenAt).not.toBe(atFirst.lastSeenAt);

  const change =
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { accessToken session { authenticatedAt } } }';
  const input = { currentPassword: goodPassword, newPassword: `${goodPassword} anew` };
  const { changePassword } = (await server.gql(change, { token: renewed.accessToken, variables: { input } })).data;
  const elapsed = Date.parse(changePassword.session.authenticatedAt) - Date.parse(atFirst.createdAt);
  expect(elapsed).toBeGreaterThanOrEqual(5 * minute);
});
