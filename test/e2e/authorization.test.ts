import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect } from 'vitest';
import { standardApi } from '../../src/boot/api.ts';
import { createSchemaWithoutResolvers } from '../../src/graphql/schema.ts';
import {
  adminEnv,
  type Grant,
  login,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const test = testWithServer(adminEnv)
  .extend('ada', { scope: 'file' }, ({ server }) => signup(server))
  .extend('bob', { scope: 'file' }, ({ server }) => signup(server));

const as = (server: TestServer, grant: Grant, query: string, variables: Record<string, unknown> = {}) =>
  server.gql(query, { token: grant.accessToken, variables });

describe('operations that are not allowed', () => {
  test('Z01: an operation without the role changes nothing', async ({ server, ada, bob }) => {
    const promotion = 'mutation ($id: ID!) { setUserRole(input: { userId: $id, role: ADMIN }) { role } }';
    const shutdown = 'mutation ($id: ID!) { disableUser(id: $id) { disabledAt } }';
    for (const mutation of [promotion, shutdown]) {
      expect((await server.gql(mutation, { variables: { id: bob.user.id } })).codes).toEqual([
        'UNAUTHENTICATED TOKEN_MISSING',
      ]);
      expect((await as(server, ada, mutation, { id: bob.user.id })).codes).toEqual(['FORBIDDEN ROLE']);
    }
    expect((await as(server, bob, '{ me { role disabledAt } }')).errors?.[0]?.extensions['coordinate']).toBe(
      'User.disabledAt',
    );
    expect((await as(server, bob, '{ me { role } }')).data.me.role).toBe('USER');
    expect((await login(server, bob.user.email)).codes).toEqual([]);
  });

  test('Z01: a mutation with one field that is not allowed runs none of its fields', async ({ server, ada, bob }) => {
    const both = 'mutation ($id: ID!) { createApiKey(input: { name: "k" }) { secret } disableUser(id: $id) { id } }';
    expect((await as(server, ada, both, { id: bob.user.id })).data).toBeUndefined();
    expect((await as(server, ada, '{ apiKeys { edges { node { name } } } }')).data.apiKeys.edges).toEqual([]);
  });
});

describe('decisions', () => {
  test('Z03: each alias is decided on its own arguments', async ({ server, ada, bob }) => {
    const query = 'query ($a: ID!, $b: ID!) { mine: user(id: $a) { email } theirs: user(id: $b) { email } }';
    const answer = await as(server, ada, query, { a: ada.user.id, b: bob.user.id });
    expect(answer.data).toEqual({ mine: { email: ada.user.email }, theirs: { email: null } });
    expect(answer.codes).toEqual(['FORBIDDEN POLICY']);
  });

  test.for(['__typename', '__schema { __typename }', '__type(name: "User") { name }'])(
    'Z05: the decision is the same beside %s',
    async (field, { server, ada }) => {
      const query = `{ ${field} users { edges { node { email } } } }`;
      const [byNobody, byUser] = [await server.gql(query), await as(server, ada, query)];
      expect(byNobody.codes).toEqual(['UNAUTHENTICATED TOKEN_MISSING']);
      expect(byUser.codes).toEqual(['FORBIDDEN ROLE']);
      expect([byNobody.data?.users ?? null, byUser.data?.users ?? null]).toEqual([null, null]);
    },
  );

  test('Z10: a decision is never shared between callers of the same document', async ({ server, admin, ada }) => {
    const query = '{ hello users(first: 1) { edges { node { id } } } }';
    for (let round = 0; round < 50; round++) {
      const [byAdmin, byUser, byNobody] = await Promise.all([
        as(server, admin, query),
        as(server, ada, query),
        server.gql(query),
      ]);
      expect(byAdmin.data.users.edges).toHaveLength(1);
      expect([byUser.data.users, byUser.codes]).toEqual([null, ['FORBIDDEN ROLE']]);
      expect([byNobody.data.users, byNobody.codes]).toEqual([null, ['UNAUTHENTICATED TOKEN_MISSING']]);
    }
  });

  test('Z11: a refused field reveals nothing of its value', async ({ server, ada, bob }) => {
    const answer = await as(server, ada, 'query ($id: ID!) { user(id: $id) { id email } }', { id: bob.user.id });
    expect(answer.data.user).toEqual({ id: bob.user.id, email: null });
    expect(JSON.stringify(answer.errors)).not.toContain(bob.user.email);
  });

  test('Z15: five hundred requests of two callers over four sockets each get their own answer', async ({
    server,
    ada,
    bob,
  }) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const grants = Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? ada : bob));
    const ids = await Promise.all(grants.map((grant) => whoAmI(server, agent, grant.accessToken)));
    agent.destroy();
    expect(ids).toEqual(grants.map((grant) => grant.user.id));
  });
});

describe('the rules of the schema', () => {
  test('Z06: every root field of the schema carries a rule', () => {
    const schema = createSchemaWithoutResolvers(standardApi);
    for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
      for (const { name, astNode } of Object.values(root?.getFields() ?? {})) {
        const directives = astNode?.directives?.map((directive) => directive.name.value) ?? [];
        expect(
          directives.filter((directive) => directive === 'auth' || directive === 'public').length,
          name,
        ).toBeGreaterThan(0);
      }
    }
  });
});

describe('internal errors', () => {
  test('G10: an internal error reaches the caller as a code, without store, path or stack', async () => {
    const broken = await startServer();
    const { accessToken } = await signup(broken);
    const database = new DatabaseSync(join(broken.dataDir, 'fieldgate.sqlite'));
    database.exec('ALTER TABLE users RENAME COLUMN email TO lost');
    database.close();
    const answers = [
      await broken.gql('{ me { email } }', { token: accessToken }),
      await login(broken, 'a@example.com'),
    ];
    for (const answer of answers) {
      expect(answer.codes).toEqual(['INTERNAL_SERVER_ERROR']);
      expect(JSON.stringify(answer.errors)).not.toMatch(/select|users|lost|no such|sqlite|node:|\.ts/i);
      expect(JSON.stringify(answer.errors)).not.toContain(broken.dataDir);
    }
    expect(JSON.stringify(broken.logLines())).toContain('no such column');
  });
});

const whoAmI = (server: TestServer, agent: Agent, token: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    httpRequest(`${server.url}/graphql`, { agent, method: 'POST', headers }, (response) => {
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text).data.me.id));
    })
      .on('error', reject)
      .end('{"query":"{ me { id } }"}');
  });
