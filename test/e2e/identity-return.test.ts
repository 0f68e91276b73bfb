import { describe, expect } from 'vitest';
import { beginUrl } from '../support/identity-browser.ts';
import { providerEnv } from '../support/identity-providers.ts';
import { type TestServer, testWithServer } from '../support/server.ts';

const test = testWithServer({
  ...providerEnv({ ACME: 'https://id.example.com' }),
  OAUTH_RETURN_URLS: 'https://ok.com/in,http://localhost:3000/,com.example.app:/in,https://ok.com/q?a=1',
});

describe('the address to return to', () => {
  const codeChallenge = 'A'.repeat(43);
  const begin = (server: TestServer, parameters: Record<string, string>) =>
    server.fetch(beginUrl('acme', parameters), { redirect: 'manual' });

  test.for([
    ...[
      '//evil.com',
      '/\\evil.com',
      '\\\\evil.com',
      '///evil.com',
      'https:evil.com',
      'https:/evil.com',
      'https://evil.com',
    ],
    ...[
      'https://ok.com.evil.com/in',
      'https://ok.com@evil.com/in',
      'https://ok.com%2f%2fevil.com',
      'https://evil.com/https://ok.com/in',
    ],
    ...[
      'javascript:alert(1)',
      'data:text/html,x',
      'https://ok.com./in',
      'https://ok.com:8443/in',
      'https://ok.com:443/in',
    ],
    ...[
      'http://ok.com/in',
      'HTTPS://ok.com/in',
      'https://OK.com/in',
      'https://ok.com/in#',
      'https://ok.com/in#a',
      'https://ok.com/in?',
    ],
    ...[
      'https://ok.com/in/',
      'https://ok.com/in/..',
      'https://ok.com/',
      'https://ok.com',
      'https://ok.com/in?a=1',
      'https://ok.com/IN',
    ],
    ...[
      'https://user@ok.com/in',
      ' https://ok.com/in',
      'https://ok.com/in ',
      'https://ok.com/in\r\nset-cookie: a=b',
      'https://ok.com/%69n',
    ],
    ...[
      'http://localhost:3001/',
      'http://127.0.0.1:3000/',
      'com.example.app://in',
      'com.example.other:/in',
      '/in',
      '',
      'null',
    ],
  ])('O08: %j is refused without a redirect', async (target, { server }) => {
    const response = await begin(server, { returnTo: target, codeChallenge });
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    expect(response.headers.getSetCookie()).toEqual([]);
    const text = await response.text();
    expect(text).toContain('<code>BAD_USER_INPUT</code>');
    if (target.length > 4) expect(text).not.toContain(target);
  });

  test('O08: no address and two addresses are refused', async ({ server }) => {
    expect((await begin(server, { codeChallenge })).status).toBe(400);
    const twice = `${beginUrl('acme', { returnTo: 'https://ok.com/in', codeChallenge })}&returnTo=https://ok.com/in`;
    expect((await server.fetch(twice, { redirect: 'manual' })).status).toBe(400);
  });

  test.for(['', 'plain', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}=`])(
    'O02: without an S256 challenge no sign-in starts: %j',
    async (challenge, { server }) => {
      const response = await begin(server, { returnTo: 'https://ok.com/in', codeChallenge: challenge });
      expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    },
  );

  test('a provider that is not configured is 404', async ({ server }) => {
    for (const path of [
      '/oauth/google',
      '/oauth/google/callback',
      '/oauth/',
      '/oauth/ACME',
      '/oauth/acme/',
      '/oauth/acme/x',
    ]) {
      expect((await server.fetch(path, { redirect: 'manual' })).status, path).toBe(404);
    }
    expect((await server.fetch('/oauth/acme', { method: 'POST' })).status).toBe(405);
  });
});
