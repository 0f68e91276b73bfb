import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runInProcess } from '../support/command-line.ts';
import { asAdministrator, postgresMissing, postgresServer } from '../support/databases.ts';
import { temporaryFolder } from '../support/process.ts';
import { adminEnv, loginAsAdmin, newEmail, refresh, signup, startServer, type TestServer } from '../support/server.ts';

type Backend = {
  readonly env: Record<string, string>;
  readonly dataDir: string;
  readonly edit: (statement: string) => Promise<unknown>;
};

const sqlite = async (): Promise<Backend> => {
  const dataDir = temporaryFolder();
  return {
    env: {},
    dataDir,
    edit: async (statement) => {
      const database = new DatabaseSync(join(dataDir, 'fieldgate.sqlite'));
      try {
        database.exec(statement);
      } finally {
        database.close();
      }
    },
  };
};

const postgres = async (): Promise<Backend> => {
  const { url, drop } = await postgresServer();
  onTestFinished(drop);
  const edit = (statement: string) => asAdministrator(statement, url);
  return { env: { DATABASE_URL: url }, dataDir: temporaryFolder(), edit };
};

const missing = await postgresMissing();
const backends = [
  ['SQLite', sqlite, null],
  ['PostgreSQL', postgres, missing],
] as const;

const rolesOf = async (server: TestServer): Promise<readonly string[]> => {
  const { data } = await server.gql('{ __type(name: "Role") { enumValues { name } } }');
  return data.__type.enumValues.map(({ name }: { name: string }) => name);
};

describe.each(backends)('roles of your own, with %s,', (_, open, reason) => {
  test.skipIf(reason !== null)('make the enum, and the rules of the server hold by position', async () => {
    const { env, dataDir, edit } = await open();
    const own = { roles: ['READER', 'EDITOR', 'OWNER'], moderatorRole: 'EDITOR' };
    const server = await startServer({ ...adminEnv, ...env }, { own, dataDir });
    expect(await rolesOf(server)).toEqual(own.roles);
    const [ada, owner] = [await signup(server, newEmail()), await loginAsAdmin(server)];
    expect([ada.user.role, owner.user.role]).toEqual(['READER', 'OWNER']);

    const setRole = (id: string, role: string, token: string) =>
      server.gql('mutation ($input: SetUserRoleInput!) { setUserRole(input: $input) { role } }', {
        token,
        variables: { input: { userId: id, role } },
      });
    const users = (token: string) => server.gql('{ users { edges { node { email } } } }', { token });
    expect((await users(ada.accessToken)).errors?.[0]?.extensions).toMatchObject({ required: { role: 'EDITOR' } });
    expect((await setRole(ada.user.id, 'OWNER', ada.accessToken)).codes).toEqual(['FORBIDDEN ROLE']);
    expect((await setRole(ada.user.id, 'USER', owner.accessToken)).codes).toEqual(['BAD_USER_INPUT']);
    expect((await setRole(ada.user.id, 'EDITOR', owner.accessToken)).data.setUserRole.role).toBe('EDITOR');
    expect((await users(ada.accessToken)).codes).toEqual(['UNAUTHENTICATED TOKEN_STALE']);
    const editor = (await refresh(server, ada.refreshToken)).data.refresh;
    expect((await users(editor.accessToken)).data.users.edges).toHaveLength(2);
    expect((await setRole(owner.user.id, 'READER', editor.accessToken)).codes).toEqual(['FORBIDDEN ROLE']);

    await edit(`update users set role = 'READER' where id = '${ada.user.id}'`);
    await expect(edit(`update users set role = 'MODERATOR' where id = '${ada.user.id}'`)).rejects.toThrow(
      /constraint/i,
    );
  });

  test.skipIf(reason !== null)('keep the last administrator', async () => {
    const { env, dataDir } = await open();
    const own = { roles: ['MEMBER', 'OWNER'] };
    const server = await startServer({ ...adminEnv, ...env }, { own, dataDir });
    const owner = await loginAsAdmin(server);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'fieldgate.config.mjs'), `export default ${JSON.stringify(own)};`);
    const run = (...args: readonly string[]) =>
      runInProcess(args, { env: { DATA_DIR: dataDir, ISSUER: 'http://localhost:4000', ...env }, folder });
    expect(await run('user', 'role', owner.user.email, 'MEMBER')).toMatchObject({
      code: 1,
      err: expect.stringContaining('last administrator'),
    });
    expect(await run('user', 'role', owner.user.email, 'ADMIN')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Use one of MEMBER, OWNER.'),
    });
    const ada = await signup(server, newEmail());
    expect(await run('user', 'role', ada.user.email, 'owner')).toMatchObject({ code: 0 });
    expect(await run('user', 'role', owner.user.email, 'MEMBER')).toMatchObject({ code: 0 });
    const matrix = JSON.parse((await run('schema', 'matrix', '--json')).out);
    expect(matrix.roles).toEqual(['MEMBER', 'OWNER']);
  });

  test.skipIf(reason !== null)('refuse the start while accounts have others, and a command maps those', async () => {
    const { env, dataDir } = await open();
    const before = await startServer({ ...adminEnv, ...env }, { dataDir });
    const ada = await signup(before, newEmail());
    await signup(before, newEmail());
    await before.stop();

    const own = { roles: ['READER', 'ADMIN'] };
    await expect(startServer({ ...adminEnv, ...env }, { own, dataDir })).rejects.toThrow(
      'roles: 2 accounts have the role USER, which is not in the list (READER, ADMIN). Add it, or give them another one: fieldgate user map-role USER <ROLE>',
    );
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'api.mjs'), `export default ${JSON.stringify(own)};`);
    const run = (...args: readonly string[]) =>
      runInProcess([...args, '--config', 'api.mjs'], { env: { DATA_DIR: dataDir, ...env }, folder });
    expect(await run('user', 'list')).toMatchObject({ code: 1, err: expect.stringContaining('fieldgate migrate') });
    expect(await run('user', 'map-role', 'ADMIN', 'READER')).toMatchObject({ code: 2 });
    expect(await run('user', 'map-role', 'USER', 'WRITER')).toMatchObject({ code: 2 });
    const mapped = await run('user', 'map-role', 'USER', 'READER');
    expect(mapped).toMatchObject({ code: 0, out: '2 accounts are now READER (before: USER).\n' });

    const after = await startServer({ ...adminEnv, ...env }, { own, dataDir });
    expect(await rolesOf(after)).toEqual(own.roles);
    expect((await after.gql('{ me { role } }', { token: ada.accessToken })).codes).toEqual([
      'UNAUTHENTICATED TOKEN_STALE',
    ]);
    const again = (await refresh(after, ada.refreshToken)).data.refresh;
    expect(again.user.role).toBe('READER');
    const admin = await loginAsAdmin(after);
    const events =
      '{ authEvents(filter: { types: ["role.changed"] }) { edges { node { actor { kind } metadata { name value } } } } }';
    const { data } = await after.gql(events, { token: admin.accessToken });
    expect(data.authEvents.edges).toHaveLength(2);
    expect(data.authEvents.edges[0].node).toMatchObject({ actor: { kind: 'command_line' } });
  });
});
