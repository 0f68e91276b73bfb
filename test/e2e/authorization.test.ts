import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSchemaWithoutResolvers } from '../../src/graphql/schema.ts';
import {
  adminEnv,
  type Grant,
  login,
  loginAsAdmin,
  serverForTest,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

let server: TestServer;
let admin: Grant;
let ada: Grant;
let bob: Grant;
beforeAll(async () => {
  server = await startServer(adminEnv);
  [admin, ada, bob] = [await loginAsAdmin(server), await signup(server), await signup(server)];
});
afterAll(() => server.stop());

const as = (grant: Grant, query: string, variables: Record<string, unknown> = {}) =>
  server.gql(query, { token: grant.accessToken, variables });

describe('an operation that is not allowed', () => {
  it('Z01: changes nothing, whoever asks for it without the role', async () => {
    const promotion = 'mutation ($id: ID!) { setUserRole(input: { userId: $id, role: ADMIN }) { role } }';
    const shutdown = 'mutation ($id: ID!) { disableUser(id: $id) { disabledAt } }';
    for (const mutation of [promotion, shutdown]) {
      expect((await server.gql(mutation, { variables: { id: bob.user.id } })).codes).toEqual([
        'UNAUTHENTICATED TOKEN_MISSING',
      ]);
      expect((await as(ada, mutation, { id: bob.user.id })).codes).toEqual(['FORBIDDEN ROLE']);
    }
    expect((await as(bob, '{ me { role disabledAt } }')).errors?.[0]?.extensions['coordinate']).toBe('User.disabledAt');
    expect((await as(bob, '{ me { role } }')).data.me.role).toBe('USER');
    expect((await login(server, bob.user.email)).codes).toEqual([]);
  });

  it('Z01: runs none of a mutation of which one field is not allowed', async () => {
    const both = 'mutation ($id: ID!) { createApiKey(input: { name: "k" }) { secret } disableUser(id: $id) { id } }';
    expect((await as(ada, both, { id: bob.user.id })).data).toBeUndefined();
    expect((await as(ada, '{ apiKeys { edges { node { name } } } }')).data.apiKeys.edges).toEqual([]);
  });
});

describe('a decision', () => {
  it('Z03: is made for each alias on its own arguments', async () => {
    const query = 'query ($a: ID!, $b: ID!) { mine: user(id: $a) { email } theirs: user(id: $b) { email } }';
    const answer = await as(ada, query, { a: ada.user.id, b: bob.user.id });
    expect(answer.data).toEqual({ mine: { email: ada.user.email }, theirs: { email: null } });
    expect(answer.codes).toEqual(['FORBIDDEN POLICY']);
  });

  it.each(['__typename', '__schema { __typename }', '__type(name: "User") { name }'])(
    'Z05: is the same beside %s',
    async (field) => {
      const query = `{ ${field} users { edges { node { email } } } }`;
      const [byNobody, byUser] = [await server.gql(query), await as(ada, query)];
      expect(byNobody.codes).toEqual(['UNAUTHENTICATED TOKEN_MISSING']);
      expect(byUser.codes).toEqual(['FORBIDDEN ROLE']);
      expect([byNobody.data?.users ?? null, byUser.data?.users ?? null]).toEqual([null, null]);
    },
  );

  it('Z10: is never shared: one document, asked fifty times by an administrator, a user and nobody in turn', async () => {
    const query = '{ hello users(first: 1) { edges { node { id } } } }';
    for (let round = 0; round < 50; round++) {
      const [byAdmin, byUser, byNobody] = await Promise.all([as(admin, query), as(ada, query), server.gql(query)]);
      expect(byAdmin.data.users.edges).toHaveLength(1);
      expect([byUser.data.users, byUser.codes]).toEqual([null, ['FORBIDDEN ROLE']]);
      expect([byNobody.data.users, byNobody.codes]).toEqual([null, ['UNAUTHENTICATED TOKEN_MISSING']]);
    }
  });

  it('Z11: tells nothing of the value it withholds', async () => {
    const answer = await as(ada, 'query ($id: ID!) { user(id: $id) { id email } }', { id: bob.user.id });
    expect(answer.data.user).toEqual({ id: bob.user.id, email: null });
    expect(JSON.stringify(answer.errors)).not.toContain(bob.user.email);
  });

  it('Z15: of five hundred requests of two callers over four sockets, each is answered as its own', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const grants = Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? ada : bob));
    const ids = await Promise.all(grants.map((grant) => whoAmI(agent, grant.accessToken)));
    agent.destroy();
    expect(ids).toEqual(grants.map((grant) => grant.user.id));
  });
});

describe('the rules of the schema', () => {
  it('Z06: say of every root field who may ask for it', () => {
    const schema = createSchemaWithoutResolvers();
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

describe('a failure inside', () => {
  it('G10: is told as a code alone: nothing of a store, a path or a stack', async () => {
    const broken = await serverForTest();
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

const whoAmI = (agent: Agent, token: string): Promise<string> =>
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
