import { readFileSync } from 'node:fs';
import * as oauth from 'oauth4webapi';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sendForm } from '../support/oauth.ts';
import { freePort } from '../support/process.ts';
import { signup, startServer, type TestServer } from '../support/server.ts';

const wellKnown = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];
const issuer = 'https://id.example.com/auth';

const jwks = (server: TestServer, headers: Record<string, string> = {}) =>
  server.fetch('/.well-known/jwks.json', { headers });
const json = async (server: TestServer, path: string) => JSON.parse(await (await server.fetch(path)).text());

describe('the metadata', () => {
  it.each(wellKnown)('J05: %s says the issuer, and endpoints below it', async (path) => {
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

  it('J05: is the same in every place, that of RFC 8414 for an issuer with a path included', async () => {
    const server = await startServer({ ISSUER: issuer });
    const [first, ...others] = await Promise.all(
      [...wellKnown, '/.well-known/oauth-authorization-server/auth'].map((path) => json(server, path)),
    );
    for (const other of others) expect(other).toEqual(first);
  });

  it('J05: every endpoint it names answers, and every grant', async () => {
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
  it('J06: is where a 401 says, and names the very URL that was asked', async () => {
    const port = String(await freePort());
    const url = `http://localhost:${port}`;
    const server = await startServer({ PORT: port, ISSUER: url });
    onTestFinished(server.stop);
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

  it('J06: is found below an issuer with a path, as it is and where a proxy takes the path away', async () => {
    const server = await startServer({ ISSUER: issuer });
    const places = ['/auth/graphql', '/graphql'].map((path) => `/.well-known/oauth-protected-resource${path}`);
    const [asItIs, behindProxy] = await Promise.all(places.map((path) => json(server, path)));
    expect(asItIs.resource).toBe(`${issuer}/graphql`);
    expect(asItIs.authorization_servers).toEqual([issuer]);
    expect(behindProxy).toEqual(asItIs);
  });

  it('J06: does not name what no caller can be granted', async () => {
    const { scopes_supported: scopes } = await json(
      await startServer(),
      '/.well-known/oauth-protected-resource/graphql',
    );
    expect(scopes).not.toContain('interactive');
  });
});

describe('the key set', () => {
  const algorithms = ['ES256', 'RS256', 'PS384', 'ES512'];
  it.each(algorithms)('J01, J07: for %s has public members only, and each key its kid, alg and use', async (alg) => {
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
  });

  it('J01: may be kept for at most ten minutes', async () => {
    const response = await jwks(await startServer());
    const [, seconds] = /^public, max-age=(\d+)$/.exec(response.headers.get('cache-control') ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThan(0);
    expect(Number(seconds)).toBeLessThanOrEqual(600);
  });

  it('is answered 304 to whoever has it', async () => {
    const server = await startServer();
    const etag = (await jwks(server)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`]) {
      expect((await jwks(server, { 'if-none-match': tag })).status, tag).toBe(304);
    }
    expect((await jwks(server, { 'if-none-match': '"x"' })).status).toBe(200);
  });

  it('J07: is empty where the key is a shared secret', async () => {
    const secret = 'tests only: 32 bytes and more, never used by a server that runs';
    const server = await startServer({ JWT_ALGORITHM: 'HS256', JWT_SECRET: secret });
    expect(await (await jwks(server)).text()).toBe('{"keys":[]}');
  });

  it('J07: neither private keys nor secrets are in what the edge answers or in the log', async () => {
    const server = await startServer();
    const { accessToken } = await signup(server);
    const { d } = JSON.parse(readFileSync(`${server.dataDir}/signing-keys.json`, 'utf8')).keys[0];
    const paths = [...wellKnown, '/.well-known/jwks.json', '/health', '/ready', '/noClient', '/token'];
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
