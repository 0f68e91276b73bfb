import { describe, expect } from 'vitest';
import { productionEnv, startServer, type TestServer, testWithServer } from '../support/server.ts';

const page = { accept: 'text/html,*/*;q=0.8' };

const test = testWithServer();

describe('the GraphiQL document', () => {
  test.for(['br', 'gzip'])('GraphiQL is sent as %s and revalidated by its entity tag', async (coding, { server }) => {
    const headers = { ...page, 'accept-encoding': coding };
    const first = await server.fetch('/graphql', { headers });
    expect(await first.text()).toContain('<title>Fieldgate</title>');
    expect(first.headers.get('content-encoding')).toBe(coding);
    expect(first.headers.get('cache-control')).toBe('no-cache');
    expect(first.headers.get('vary')).toContain('Accept-Encoding');
    const again = await server.fetch('/graphql', {
      headers: { ...headers, 'if-none-match': first.headers.get('etag') ?? '' },
    });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  test('GraphiQL is sent uncompressed to a client that accepts no coding, under another entity tag', async ({
    server,
  }) => {
    const plain = await server.fetch('/graphql', { headers: { ...page, 'accept-encoding': 'br;q=0, identity' } });
    const zipped = await server.fetch('/graphql', { headers: { ...page, 'accept-encoding': 'gzip' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.headers.get('etag')).not.toBe(zipped.headers.get('etag'));
    expect(await plain.text()).toBe(await zipped.text());
  });

  test('the policy of GraphiQL allows its own scripts alone and forbids frames', async ({ server }) => {
    const { headers } = await server.fetch('/graphql', { headers: page });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src( 'sha256-[^']+'){3};/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('an answer to GraphQL beside it is never cached', async ({ server }) => {
    const answer = await server.gql('{ hello }');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});

describe('where GraphiQL is off', () => {
  test('E13: a browser at the endpoint reads that GraphiQL is off and how to have it; other clients are answered as ever', async () => {
    const server = await startServer(productionEnv);
    const answer = await server.fetch('/graphql', { headers: page });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([406, 'text/plain; charset=utf-8']);
    const text = await answer.text();
    expect(text).toContain('GraphiQL page is off');
    expect(text).toContain('NODE_ENV=development');
    expect((await server.fetch('/graphql?query={hello}', { headers: page })).status).toBe(200);
    expect((await server.fetch('/graphql', { headers: { accept: '*/*' } })).status).toBe(400);
  });
});

describe('the documentation of the schema', () => {
  const descriptionsOf = async (server: TestServer, type: string) => {
    const { data } = await server.gql(`{ __type(name: "${type}") { fields { name description } } }`);
    return Object.fromEntries(
      data.__type.fields.map((field: { name: string; description: string }) => [field.name, field.description]),
    );
  };

  test('E13: the description of a field says who may read it', async ({ server }) => {
    const [query, mutation, user] = [
      await descriptionsOf(server, 'Query'),
      await descriptionsOf(server, 'Mutation'),
      await descriptionsOf(server, 'User'),
    ];
    expect(query).toMatchObject({
      hello: expect.stringMatching(/Access: everyone\.$/),
      viewer: expect.stringMatching(/Access: everyone\.$/),
      me: "The caller's account. Access: signed-in callers with the scope `account:read`.",
      users: expect.stringMatching(/Access: callers of the role MODERATOR or ADMIN with the scope `users:read`\.$/),
    });
    expect(mutation['disableUser']).toMatch(/Access: callers of the role ADMIN with the scope `interactive`\.$/);
    expect(user).toMatchObject({
      id: null,
      email: 'Access: callers that the policy `selfOrModerator` allows.',
      hasPassword: expect.stringMatching(/owner only\. Access: callers that the policy `self` allows\.$/),
    });
  });
});
