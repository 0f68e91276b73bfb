import { describe, expect } from 'vitest';
import { testWithServer } from '../support/server.ts';

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
