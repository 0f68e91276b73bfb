import { readFileSync } from 'node:fs';
import * as oauth from 'oauth4webapi';
import { describe, expect, test } from 'vitest';
import { sendForm } from '../support/oauth.ts';
import { freePort } from '../support/process.ts';
import { sharedSecret, signup, startServer, type TestServer } from '../support/server.ts';

const wellKnown = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];
const issuer = 'https://id.example.com/auth';

const jwks = (server: TestServer, headers: Record<string, string> = {}) =>
  server.fetch('/.well-known/jwks.json', { headers });
const json = async (server: TestServer, path: string) => JSON.parse(await (await server.fetch(path)).text());

describe('the metadata of the issuer', () => {
  test.each(wellKnown)('J05: %s names the issuer and endpoints below it', async (path) => {
    const server = await startServer({ ISSUER: issuer });
    const metadata = await json(server, path);
    expect(metadata.issuer).toBe(issuer);
    const urls = Object.entries(metadata).filter(([name]) => /_(?:endpoint|uri)$/.test(name));
    expect(urls.map(([name]) => name).sort()).toEqual([
      'introspection_endpoint',
      'jwks_uri',
      'revocation_endpoint',
      'token_endpoint',
    ]);
    for (const [name, url] of urls) expect(String(url), name).toMatch(/^https:\/\/id\.example\.com\/auth\//);
  });

  test('J05: the metadata is the same in every place, with an issuer path as RFC 8414 has it too', async () => {
    const server = await startServer({ ISSUER: issuer });
    const [first, ...others] = await Promise.all(
      [...wellKnown, '/.well-known/oauth-authorization-server/auth'].map((path) => json(server, path)),
    );
    for (const other of others) expect(other).toEqual(first);
  });

  test('J05: every endpoint and grant that the metadata names answers', async () => {
    const server = await startServer();
    const metadata = await json(server, '/.well-known/oauth-authorization-server');
    for (const name of ['token_endpoint', 'revocation_endpoint', 'introspection_endpoint']) {
      const answer = await sendForm(server, new URL(metadata[name]).pathname, {});
      expect(['invalid_request', 'invalid_client'], name).toContain(answer.body.error);
    }
    expect((await server.fetch(new URL(metadata.jwks_uri).pathname)).status).toBe(200);
    for (const grant of metadata.grant_types_supported) {
      const answer = await sendForm(server, '/token', { grant_type: grant });
      expect(['invalid_request', 'invalid_client'], grant).toContain(answer.body.error);
    }
    expect(metadata.response_types_supported).toEqual([]);
  });
});

describe('the metadata of the GraphQL endpoint as a protected resource', () => {
  test('J06: a 401 names the metadata, which names the URL that was asked', async () => {
    const port = String(await freePort());
    const url = `http://localhost:${port}`;
    const server = await startServer({ PORT: port, ISSUER: url });
    const resource = new URL(`${url}/graphql`);
    for (const authorization of ['', 'Bearer dead']) {
      const refused = await server.gql('{ me { id } }', { headers: { authorization } });
      expect(refused.headers.get('www-authenticate')).toContain(
        `resource_metadata="${url}/.well-known/oauth-protected-resource/graphql"`,
      );
    }
    const response = await oauth.resourceDiscoveryRequest(resource, { [oauth.allowInsecureRequests]: true });
    expect(await oauth.processResourceDiscoveryResponse(resource, response)).toMatchObject({
      authorization_servers: [url],
      scopes_supported: expect.arrayContaining(['account:read', 'users:read']),
      bearer_methods_supported: ['header'],
    });
  });

  test('J06: the metadata is found below an issuer with a path, whether or not a proxy removes the path', async () => {
    const server = await startServer({ ISSUER: issuer });
    const places = ['/auth/graphql', '/graphql'].map((path) => `/.well-known/oauth-protected-resource${path}`);
    const [asItIs, behindProxy] = await Promise.all(places.map((path) => json(server, path)));
    expect(asItIs.resource).toBe(`${issuer}/graphql`);
    expect(asItIs.authorization_servers).toEqual([issuer]);
    expect(behindProxy).toEqual(asItIs);
  });

  test('J06: the metadata names no scope that cannot be granted', async () => {
    const { scopes_supported: scopes } = await json(
      await startServer(),
      '/.well-known/oauth-protected-resource/graphql',
    );
    expect(scopes).not.toContain('interactive');
  });
});

describe('the key set', () => {
  const algorithms = ['ES256', 'RS256', 'PS384', 'ES512'];
  test.each(algorithms)(
    'J01, J07: a key set for %s has public members only, and each key its kid, alg and use',
    async (alg) => {
      const server = await startServer({ JWT_ALGORITHM: alg });
      const response = await jwks(server);
      const text = await response.text();
      const { keys } = JSON.parse(text);
      const kept = JSON.parse(readFileSync(`${server.dataDir}/signing-keys.json`, 'utf8')).keys;
      const publicMembers = alg.startsWith('ES') ? ['kty', 'crv', 'x', 'y'] : ['kty', 'n', 'e'];
      expect(keys).toHaveLength(1);
      expect(Object.keys(keys[0]).sort()).toEqual([...publicMembers, 'kid', 'alg', 'use'].sort());
      expect(keys[0]).toMatchObject({ kid: kept[0].kid, alg, use: 'sig' });
      expect(text).not.toContain(kept[0].d);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    },
  );

  test('J01: the key set may be cached for at most ten minutes', async () => {
    const response = await jwks(await startServer());
    const [, seconds] = /^public, max-age=(\d+)$/.exec(response.headers.get('cache-control') ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThan(0);
    expect(Number(seconds)).toBeLessThanOrEqual(600);
  });

  test('the key set is answered 304 to a client that has it', async () => {
    const server = await startServer();
    const etag = (await jwks(server)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`]) {
      expect((await jwks(server, { 'if-none-match': tag })).status, tag).toBe(304);
    }
    expect((await jwks(server, { 'if-none-match': '"x"' })).status).toBe(200);
  });

  test('J07: the key set is empty where the key is a shared secret', async () => {
    const server = await startServer({ JWT_ALGORITHM: 'HS256', JWT_SECRET: sharedSecret });
    expect(await (await jwks(server)).text()).toBe('{"keys":[]}');
  });

  test('J07: no private key is in any answer or in the log', async () => {
    const server = await startServer();
    const { accessToken } = await signup(server);
    const { d } = JSON.parse(readFileSync(`${server.dataDir}/signing-keys.json`, 'utf8')).keys[0];
    const paths = [...wellKnown, '/.well-known/jwks.json', '/health', '/ready', '/nowhere', '/token'];
    const answers = await Promise.all(
      paths.map(async (path) => {
        const response = await server.fetch(path, { headers: { authorization: `Bearer ${accessToken}` } });
        return `${JSON.stringify([...response.headers])}${await response.text()}`;
      }),
    );
    expect(answers.join()).not.toContain(d);
    expect(JSON.stringify(server.logLines())).not.toContain(d);
  });
});
