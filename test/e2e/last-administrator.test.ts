import { expect, it } from 'vitest';
import { runInProcess } from '../support/command-line.ts';
import { postgresMissing, postgresServer } from '../support/databases.ts';
import {
  adminEnv,
  type Grant,
  login,
  loginAsAdmin,
  newEmail,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

const disable = 'mutation ($id: ID!) { disableUser(id: $id) { id } }';
const setRole = 'mutation ($id: ID!, $role: Role!) { setUserRole(input: { userId: $id, role: $role }) { role } }';

const secondAdmin = async (server: TestServer, root: Grant): Promise<Grant> => {
  const email = newEmail();
  const { user } = await signup(server, email);
  const variables = { id: user.id, role: 'ADMIN' };
  expect((await server.gql(setRole, { token: root.accessToken, variables })).codes).toEqual([]);
  return (await login(server, email)).data.login;
};

/** How many of the administrators there are can still act as one. */
const acting = async (server: TestServer, ...admins: readonly Grant[]): Promise<number> => {
  const answers = await Promise.all(
    admins.map(({ accessToken: token }) => server.gql('{ users(first: 1) { edges { cursor } } }', { token })),
  );
  return answers.filter(({ codes }) => codes.length === 0).length;
};

const twoAdminsFight = async (env: Record<string, string>): Promise<void> => {
  const server = await startServer({ ...adminEnv, ...env });
  const root = await loginAsAdmin(server);
  for (const [mutation, role] of [
    [disable, undefined],
    [setRole, 'USER'],
  ] as const) {
    for (let round = 0; round < 5; round += 1) {
      const admins = [root, await secondAdmin(server, root)] as const;
      // Both are administrators when they are asked, and only one when both have been answered.
      const answers = await Promise.all(
        admins.map(({ accessToken: token }, index) =>
          server.gql(mutation, { token, variables: { id: admins[1 - index]?.user.id, role } }),
        ),
      );
      const done = answers.filter(({ codes }) => codes.length === 0).length;
      expect(done, JSON.stringify(answers.map(({ codes }) => codes))).toBe(1);
      expect(await acting(server, ...admins)).toBe(1);
      if ((await acting(server, root)) === 0) return;
    }
  }
};

it('of two administrators who disable or demote each other at once one stays, in SQLite', { timeout: 60_000 }, () =>
  twoAdminsFight({}),
);

const missing = await postgresMissing();
it.skipIf(missing !== null)(
  'of two administrators who disable or demote each other at once one stays, in PostgreSQL',
  { timeout: 60_000 },
  async () => {
    const postgres = await postgresServer();
    try {
      await twoAdminsFight({ DATABASE_URL: postgres.url });
    } finally {
      await postgres.drop();
    }
  },
);

it('the last administrator can be neither disabled nor demoted from the command line', async () => {
  const server = await startServer({ ...adminEnv, ISSUER: 'http://localhost:4000' });
  const env = { DATA_DIR: server.dataDir, ISSUER: 'http://localhost:4000' };
  const run = (line: string) => runInProcess(line.split(' '), { env });
  for (const line of ['user disable root@example.com', 'user role root@example.com MODERATOR']) {
    expect(await run(line)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('last administrator') });
  }
  const root = await loginAsAdmin(server);
  const other = await secondAdmin(server, root);
  expect(await run('user disable root@example.com')).toMatchObject({ code: 0 });
  expect(await acting(server, root, other)).toBe(1);
  expect(await run(`user role ${other.user.email} USER`)).toMatchObject({ code: 1 });
});
