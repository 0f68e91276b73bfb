import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  createBrowser,
  createVerifier,
  goToProvider,
  loginAt,
  loginWithProvider,
  signInAt,
  startWithProvider,
} from '../support/identity-browser.ts';
import { type Claims, clientId, clientSecret, type OpenIdProvider, sendJson } from '../support/identity-providers.ts';

type Forge = (provider: OpenIdProvider, claims: Claims) => Promise<string> | string;
const without = (name: string, { [name]: _, ...claims }: Claims): Claims => claims;
const hs256 = (secret: string, claims: Claims, kid?: string): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', ...(kid ? { kid } : {}) }).sign(Buffer.from(secret));
const withOtherKey = async (claims: Claims, kid: string): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign((await generateKeyPair('ES256')).privateKey);
const changed =
  (claims: Record<string, unknown>): Forge =>
  (provider, right) =>
    provider.sign({ ...right, ...claims });
const long = 'x'.repeat(256);

const forgeries: readonly [what: string, forge: Forge, algorithms?: string[]][] = [
  ['that is not signed', (_provider, claims) => new UnsecuredJWT(claims).encode()],
  [
    'that is not signed, although the metadata allow that,',
    (_provider, claims) => new UnsecuredJWT(claims).encode(),
    ['none', 'ES256'],
  ],
  ['signed with the client secret', (_provider, claims) => hs256(clientSecret, claims)],
  [
    'signed with the client secret, although the metadata allow that,',
    (_provider, claims) => hs256(clientSecret, claims, 'one'),
    ['HS256', 'ES256'],
  ],
  [
    'signed with a public key as a secret',
    ({ publicJwk }, claims) => hs256(JSON.stringify(publicJwk), claims, 'one'),
    ['HS256', 'ES256'],
  ],
  ['of another key under the same name', (_provider, claims) => withOtherKey(claims, 'one')],
  ['of an unknown key', (_provider, claims) => withOtherKey(claims, 'two')],
  [
    'changed after it was signed',
    async (provider, claims) => {
      const [header, , signature] = (await provider.sign(claims)).split('.');
      return [header, Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url'), signature].join(
        '.',
      );
    },
  ],
  ['without a signature', async (provider, claims) => (await provider.sign(claims)).replace(/[^.]*$/, '')],
  ['of another issuer', changed({ iss: 'https://evil.example.com' })],
  ['of the issuer with a slash', (provider, claims) => provider.sign({ ...claims, iss: `${provider.issuer}/` })],
  ['without issuer', (provider, claims) => provider.sign(without('iss', claims))],
  ['for another client', changed({ aud: 'another-client' })],
  ['without an audience', (provider, claims) => provider.sign(without('aud', claims))],
  ['for several clients without azp', changed({ aud: [clientId, 'another-client'] })],
  ['for several clients with another azp', changed({ aud: [clientId, 'another-client'], azp: 'another-client' })],
  ['that has expired', changed({ exp: Math.floor(Date.now() / 1000) - 60 })],
  ['without expiry', (provider, claims) => provider.sign(without('exp', claims))],
  ['with an expiry that is text', changed({ exp: '2999-01-01' })],
  ['issued in the future', (provider, claims) => provider.sign({ ...claims, iat: Number(claims['iat']) + 9_000 })],
  ['without the time it was issued', (provider, claims) => provider.sign(without('iat', claims))],
  ['with another nonce', changed({ nonce: 'A'.repeat(43) })],
  ['without a nonce', (provider, claims) => provider.sign(without('nonce', claims))],
  ['without a subject', (provider, claims) => provider.sign(without('sub', claims))],
  ['with an empty subject', changed({ sub: '' })],
  ['with a subject that is no text', changed({ sub: ['ada'] })],
  ['with a subject that is too long', changed({ sub: long })],
  ['with a subject that breaks lines', changed({ sub: 'ada\nroot' })],
  ['that is missing', () => ''],
  ['that is no token', () => 'x.y.z'],
];

describe('forged ID tokens', () => {
  test.each(forgeries)('O03: an ID token %s is refused', async (_what, forge, algorithms) => {
    const { provider, server } = await startWithProvider(
      {},
      algorithms ? { id_token_signing_alg_values_supported: algorithms } : {},
    );
    provider.idToken = (claims) => forge(provider, claims);
    const back = await signInAt(server, 'acme');
    expect([back.error, back.code]).toEqual(['PROVIDER_FAILED', '']);
    expect(provider.site.asked('/token')).toHaveLength(1);
    provider.idToken = provider.sign;
    expect((await loginAt(server, 'acme')).codes).toEqual([]);
  });
});

test('O03: an ID token for several clients that is meant for this one is accepted', async () => {
  const { provider, server } = await startWithProvider();
  provider.idToken = (claims) => provider.sign({ ...claims, aud: [clientId, 'another-client'], azp: clientId });
  expect((await loginAt(server, 'acme')).codes).toEqual([]);
});

test('O04: a code of another sign-in is refused in this browser', async () => {
  const { server } = await startWithProvider();
  const [theirs, mine] = [createBrowser(server), createBrowser(server)];
  const stolen = new URL(await goToProvider(theirs, 'acme', createVerifier())).searchParams.get('code') ?? '';
  const callback = new URL(await goToProvider(mine, 'acme', createVerifier()));
  callback.searchParams.set('code', stolen);
  const response = await mine.visit(callback.href);
  expect(response.headers.get('location')).toContain('error=PROVIDER_FAILED');
});

describe('claims at the UserInfo endpoint', () => {
  const withUserInfo = async (claims: Record<string, unknown>) => {
    const { provider, server } = await startWithProvider();
    const { url, answers } = provider.site;
    const discovery = '/.well-known/openid-configuration';
    const { issuer } = provider;
    const metadata = {
      issuer,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      jwks_uri: `${url}/jwks`,
    };
    answers[discovery] = (_request, response) =>
      sendJson(response, {
        ...{ ...metadata, userinfo_endpoint: `${url}/userinfo` },
        id_token_signing_alg_values_supported: ['ES256'],
      });
    answers['/userinfo'] = (_request, response) => sendJson(response, claims);
    return { provider, server };
  };

  test('the UserInfo endpoint is asked where the ID token has no email', async () => {
    const { provider, server } = await withUserInfo({ sub: 'ada', email: 'ada@example.com', email_verified: true });
    provider.person = { sub: 'ada' };
    expect((await loginAt(server, 'acme')).data.loginWithProvider.user.email).toBe('ada@example.com');
    expect(provider.site.asked('/userinfo')[0]?.headers.authorization).toBe('Bearer idp-access-token');
  });

  test('claims about another subject are refused', async () => {
    const { provider, server } = await withUserInfo({ sub: 'eve', email: 'ada@example.com', email_verified: true });
    provider.person = { sub: 'ada' };
    expect((await signInAt(server, 'acme')).error).toBe('PROVIDER_FAILED');
  });
});

test.each([
  [undefined, true],
  [['client_secret_basic', 'client_secret_post'], true],
  [['client_secret_post'], false],
])('the client authenticates with a method of the provider: %j', async (methods, isBasic) => {
  const { provider, server } = await startWithProvider(
    {},
    methods ? { token_endpoint_auth_methods_supported: methods } : {},
  );
  await loginAt(server, 'acme');
  const [request] = provider.site.asked('/token');
  expect(request?.headers.authorization?.startsWith('Basic ') ?? false).toBe(isBasic);
  expect(request?.parameters.get('client_secret')).toBe(isBasic ? null : clientSecret);
});

test.each([
  ['access_denied', 'PROVIDER_DENIED'],
  ['server_error', 'PROVIDER_FAILED'],
  ['<script>', 'PROVIDER_FAILED'],
])(
  'an error %j of the provider leads back to the page with %s, without the words of the provider',
  async (error, code) => {
    const { provider, server } = await startWithProvider();
    provider.site.answers['/authorize'] = ({ parameters }, response) => {
      const location = new URL(parameters.get('redirect_uri') ?? '');
      location.searchParams.set('error', error);
      location.searchParams.set('error_description', 'words of the provider');
      location.searchParams.set('state', parameters.get('state') ?? '');
      response.writeHead(302, { location: location.href }).end();
    };
    const { url } = await signInAt(server, 'acme');
    expect(Object.fromEntries(url.searchParams)).toEqual({ error: code });
  },
);

test('O11, R23: no secret of the provider is kept, logged or sent to the browser, and no token is in a URL', async () => {
  const { provider, server } = await startWithProvider();
  const back = await signInAt(server, 'acme');
  const { data } = await loginWithProvider(server, back);
  const codes = provider.site.asked('/token').map(({ parameters }) => parameters.get('code') ?? '');
  const secrets = ['idp-access-token', clientSecret, back.code, back.verifier, ...codes, ...provider.idTokens];
  const files = readdirSync(server.dataDir).map((file) => readFileSync(join(server.dataDir, file), 'latin1'));
  const kept = [...files, JSON.stringify(server.logLines())].join('\n');
  expect(kept).toContain('ada@example.com');
  for (const secret of secrets) expect(kept.includes(secret)).toBe(false);
  expect([...back.url.searchParams.keys()]).toEqual(['code']);
  for (const token of [data.loginWithProvider.accessToken, data.loginWithProvider.refreshToken, ...provider.idTokens]) {
    expect(back.url.href).not.toContain(token);
  }
  expect(JSON.stringify(data)).not.toContain('idp-access-token');
});
