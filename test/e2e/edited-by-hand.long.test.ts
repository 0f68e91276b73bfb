import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runInProcess } from '../support/command-line.ts';
import { asAdministrator, postgresMissing, postgresServer } from '../support/databases.ts';
import { redisMissing, redisServer } from '../support/redis-servers.ts';
import {
  adminEnv,
  type Grant,
  goodPassword,
  login,
  loginAsAdmin,
  newEmail,
  openServer,
  refresh,
  signup,
  type TestServer,
} from '../support/server.ts';

type Installation = {
  readonly env: Record<string, string>;
  /** Runs a statement as an operator would, with a client of the database. */
  readonly edit: (server: TestServer, statement: string) => Promise<unknown>;
  readonly drop: () => Promise<void>;
};

const editSqlite: Installation['edit'] = async ({ dataDir }, statement) => {
  const database = new DatabaseSync(`${dataDir}/fieldgate.sqlite`);
  try {
    return database.exec(statement);
  } finally {
    database.close();
  }
};

const embedded = async (): Promise<Installation> => ({ env: {}, edit: editSqlite, drop: async () => {} });
const embeddedWithRedis = async (): Promise<Installation> => {
  const redis = await redisServer();
  return { env: { REDIS_URL: `redis://127.0.0.1:${redis.port}` }, edit: editSqlite, drop: redis.drop };
};
const servers = async (): Promise<Installation> => {
  const [postgres, redis] = await Promise.all([postgresServer(), redisServer()]);
  return {
    env: { DATABASE_URL: postgres.url, REDIS_URL: `redis://127.0.0.1:${redis.port}` },
    edit: (_server, statement) => asAdministrator(statement, postgres.url),
    drop: async () => void (await Promise.all([postgres.drop(), redis.drop()])),
  };
};

const noRedis = await redisMissing();
const installations: readonly [string, () => Promise<Installation>, string | null][] = [
  ['SQLite', embedded, null],
  ['SQLite and Redis', embeddedWithRedis, noRedis],
  ['PostgreSQL and Redis', servers, noRedis ?? (await postgresMissing())],
];

describe.each(installations)('an account that is edited by hand in %s', (_, open, missing) => {
  let installation: Installation;
  let server: TestServer;
  beforeAll(async () => {
    if (missing !== null) return;
    installation = await open();
    server = await openServer({ ...adminEnv, ...installation.env }, {});
  });
  afterAll(async () => {
    await server?.stop();
    await installation?.drop();
  });

  const viewer = async ({ accessToken }: Grant): Promise<string> => {
    const { codes, data } = await server.gql('{ viewer { kind role } me { id } }', { token: accessToken });
    return codes[0] ?? data.viewer.role;
  };
  const edit = (statement: string) => installation.edit(server, statement);
  const soon = { timeout: 15_000 };

  test.skipIf(missing !== null)('T18 has no session any more once it was deleted', async () => {
    const ada = await signup(server);
    await edit(`delete from users where id = '${ada.user.id}'`);
    await expect.poll(() => viewer(ada), soon).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    expect((await refresh(server, ada.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
  });

  test.skipIf(missing !== null)(
    'R18 has the role that was written, and access tokens of the former are stale',
    async () => {
      const ada = await signup(server);
      await edit(`update users set role = 'MODERATOR' where id = '${ada.user.id}'`);
      await expect.poll(() => viewer(ada), soon).toBe('UNAUTHENTICATED TOKEN_STALE');
      const next = (await refresh(server, ada.refreshToken)).data.refresh;
      expect(next.user.role).toBe('MODERATOR');
      expect(await viewer(next)).toBe('MODERATOR');
    },
  );

  test.skipIf(missing !== null)('R16 has no session once it was disabled, nor when it is enabled again', async () => {
    const email = newEmail();
    const ada = await signup(server, email);
    await edit(`update users set disabled_at = 1 where id = '${ada.user.id}'`);
    await expect.poll(() => viewer(ada), soon).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    expect((await login(server, email)).codes).toEqual(['INVALID_CREDENTIALS']);
    await edit(`update users set disabled_at = null where id = '${ada.user.id}'`);
    const again: Grant = (await login(server, email)).data.login;
    expect(again.user.id).toBe(ada.user.id);
    const listed = await server.gql('{ sessions { edges { node { id } } } }', { token: again.accessToken });
    expect(listed.data.sessions.edges).toHaveLength(1);
    expect(await viewer(ada)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    expect((await refresh(server, ada.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);
  });

  test.skipIf(missing !== null)('cannot get a role or a time that does not exist', async () => {
    const { user } = await signup(server);
    for (const change of [`role = 'admin'`, 'created_at = 9000000000000000', 'version = -1', `email = ''`]) {
      await expect(edit(`update users set ${change} where id = '${user.id}'`)).rejects.toThrow(/constraint/i);
    }
  });

  test.skipIf(missing !== null)('A7: has no event and no API key that could not be shown', async () => {
    const { user, accessToken } = await signup(server);
    const input = { name: 'a', scopes: ['account:read'], currentPassword: goodPassword };
    const made = await server.gql('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }', {
      token: accessToken,
      variables: { input },
    });
    expect(made.codes).toEqual([]);
    const of = `where user_id = '${user.id}'`;
    await expect.poll(async () => (await securityEvents(accessToken)).length, soon).toBeGreaterThan(1);
    for (const statement of [
      `update events set time = 9223372036854775807 ${of}`,
      `update events set outcome = 'maybe' ${of}`,
      `update api_keys set created_at = 8640000000000001 ${of}`,
      `update api_keys set expires_at = 9223372036854775807 ${of}`,
    ]) {
      await expect(edit(statement), statement).rejects.toThrow(/constraint/i);
    }
  });

  const securityEvents = async (token: string): Promise<readonly object[]> =>
    (await server.gql('{ securityEvents { edges { node { type time } } } }', { token })).data.securityEvents.edges;

  test.skipIf(missing !== null)('that cannot be read has no rights, and fails alone', async () => {
    const email = newEmail();
    const [ada, bob] = [await signup(server, email), await signup(server)];
    const isSqlite = installation.env['DATABASE_URL'] === undefined;
    await edit(
      isSqlite ? 'drop trigger users_role_valid_update' : 'alter table users drop constraint users_role_valid',
    );
    await edit(`update users set role = 'admin' where id = '${ada.user.id}'`);
    await expect.poll(() => viewer(ada), soon).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    expect((await login(server, email)).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await refresh(server, ada.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID']);

    const root = await loginAsAdmin(server);
    const page =
      'query ($first: Int!, $after: String) { users(first: $first, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }';
    const ids: string[] = [];
    let [after, hasNextPage]: [string | null, boolean] = [null, true];
    while (hasNextPage) {
      const { data, codes } = await server.gql(page, { token: root.accessToken, variables: { first: 1, after } });
      expect(codes).toEqual([]);
      ids.push(...data.users.edges.map(({ node }: { node: { id: string } }) => node.id));
      ({ hasNextPage, endCursor: after } = data.users.pageInfo);
    }
    expect(ids).toContain(bob.user.id);
    expect(ids).not.toContain(ada.user.id);
    expect(new Set(ids).size).toBe(ids.length);

    const lines = server.logLines().filter((line) => line['id'] === ada.user.id && line['table'] === 'users');
    expect(lines).toHaveLength(1);
    const env = { DATA_DIR: server.dataDir, PORT: '0', ISSUER: 'http://localhost:4000', ...installation.env };
    const { out } = await runInProcess(['doctor', '--json'], { env });
    const rows = JSON.parse(out).checks.find(({ check }: { check: string }) => check === 'rows');
    expect(rows).toMatchObject({ status: 'fail', message: expect.stringContaining(ada.user.id) });

    await edit(`update users set role = 'USER' where id = '${ada.user.id}'`);
    await expect
      .poll(async () => (await login(server, email, goodPassword)).data?.login?.user.id, soon)
      .toBe(ada.user.id);
  });
});
