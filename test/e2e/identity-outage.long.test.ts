import { expect, test } from 'vitest';
import {
  beginUrl,
  challengeOf,
  createBrowser,
  createVerifier,
  loginAt,
  signInAt,
  startWithProvider,
  toReturn,
} from '../support/identity-browser.ts';
import {
  type Answer,
  providerEnv,
  returnTo,
  sendJson,
  startOpenIdProvider,
  startSite,
} from '../support/identity-providers.ts';
import { login, signup, startServer } from '../support/server.ts';

const discovery = '/.well-known/openid-configuration';
const silent: Answer = () => {};
test('O10, F31: a provider that hangs is given up within 5 s, wherever it hangs, and password login works meanwhile', async () => {
  const hanging = [discovery, '/token', '/jwks'] as const;
  const providers = await Promise.all(hanging.map(() => startOpenIdProvider()));
  const names = ['DISCOVERY', 'TOKEN', 'JWKS'];
  const issuers = Object.fromEntries(names.map((name, index) => [name, providers[index]?.issuer ?? '']));
  const server = await startServer(providerEnv(issuers));
  await signup(server, 'grace@example.com');
  for (const [index, path] of hanging.entries())
    Object.assign(providers[index]?.site.answers ?? {}, { [path]: silent });
  const startedAt = performance.now();
  const begin = createBrowser(server).visit(
    beginUrl('discovery', { returnTo, codeChallenge: challengeOf(createVerifier()) }),
  );
  const returns = Promise.all([
    begin.then((response) => toReturn(response, '')),
    signInAt(server, 'token'),
    signInAt(server, 'jwks'),
  ]);
  expect((await login(server, 'grace@example.com')).codes).toEqual([]);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  for (const { error } of await returns) expect(error).toBe('PROVIDER_FAILED');
  expect(performance.now() - startedAt).toBeLessThan(8_000); // 5, and what a busy machine takes
});

test.each<[string, string, Answer]>([
  ['answers 500', '/token', (_request, response) => sendJson(response, { error: 'server_error' }, 500)],
  [
    'answers HTML',
    '/token',
    (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
  ],
  [
    'answers broken JSON',
    '/token',
    (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{'),
  ],
  ['answers null', '/token', (_request, response) => sendJson(response, null)],
  [
    'gives no ID token',
    '/token',
    (_request, response) => sendJson(response, { access_token: 'x', token_type: 'Bearer' }),
  ],
  ['hangs up', '/token', (_request, response) => response.destroy()],
  ['has no keys', '/jwks', (_request, response) => sendJson(response, { keys: [] })],
])('F31: a provider that %s fails alone and works again afterwards', async (_what, path, answer) => {
  const { provider, server } = await startWithProvider();
  const { answers } = provider.site;
  const right = answers[path] ?? silent;
  answers[path] = answer;
  const { url } = await signInAt(server, 'acme');
  expect(Object.fromEntries(url.searchParams)).toEqual({ error: 'PROVIDER_FAILED' });
  answers[path] = right;
  // Keys are looked up at most once in five seconds: see the next test but one.
  if (!path.includes('jwks')) expect((await loginAt(server, 'acme')).codes).toEqual([]);
});

test('F31: an answer of 10 MB is refused', async () => {
  const { provider, server } = await startWithProvider();
  const keys = { keys: [provider.publicJwk], padding: 'x'.repeat(10 * 1024 * 1024) };
  provider.site.answers['/jwks'] = (_request, response) => sendJson(response, keys);
  expect((await signInAt(server, 'acme')).error).toBe('PROVIDER_FAILED');
});

test('O10: tokens of unknown keys do not make the server fetch the key set each time', async () => {
  const { provider, server } = await startWithProvider();
  await loginAt(server, 'acme');
  provider.idToken = (claims) => provider.sign(claims).then((token) => token.replace(/^[^.]*/, headerOf('unknown')));
  for (let i = 0; i < 5; i += 1) expect((await signInAt(server, 'acme')).error).toBe('PROVIDER_FAILED');
  expect(provider.site.asked('/jwks').length).toBeLessThanOrEqual(2);
});

const headerOf = (kid: string): string => Buffer.from(JSON.stringify({ alg: 'ES256', kid })).toString('base64url');

test.each([discovery, '/token', '/jwks'])('F31: a redirect from %s is not followed', async (path) => {
  const canary = await startSite({});
  const { provider, server } = await startWithProvider();
  provider.site.answers[path] = (_request, response) => {
    response.writeHead(307, { location: `${canary.url}/` }).end();
  };
  const begin = await createBrowser(server).visit(
    beginUrl('acme', { returnTo, codeChallenge: challengeOf(createVerifier()) }),
  );
  const back = path === discovery ? toReturn(begin, '') : await signInAt(server, 'acme');
  expect(back.error).toBe('PROVIDER_FAILED');
  expect(canary.requests).toEqual([]);
});

test.each([
  ['of another issuer', { issuer: 'https://evil.example.com' }],
  ['without endpoints', { authorization_endpoint: undefined }],
])('metadata %s start no sign-in', async (_what, metadata) => {
  const provider = await startOpenIdProvider(metadata);
  const server = await startServer(providerEnv({ ACME: provider.issuer }));
  const response = await createBrowser(server).visit(
    beginUrl('acme', { returnTo, codeChallenge: challengeOf(createVerifier()) }),
  );
  expect(response.headers.get('location')).toBe(`${returnTo}?error=PROVIDER_FAILED`);
  expect(response.headers.getSetCookie()).toEqual([]);
});

test('a failure at a provider is logged without the words of the provider', async () => {
  const { provider, server } = await startWithProvider();
  provider.site.answers['/token'] = (_request, response) =>
    sendJson(response, { error: 'invalid_client', error_description: 'the secret is not sesame' }, 401);
  await signInAt(server, 'acme');
  const lines = server.logLines().filter(({ msg }) => msg === 'a sign-in at a provider failed');
  expect(lines).toEqual([expect.objectContaining({ provider: 'acme' })]);
  expect(JSON.stringify(lines)).toContain('the provider responded with the error invalid_client');
  expect(JSON.stringify(lines)).not.toContain('sesame');
});
