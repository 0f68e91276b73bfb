import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { loginAt, signInAt, startWithProvider } from '../support/identity-browser.ts';
import { type Claims, type OpenIdProvider, sendJson } from '../support/identity-providers.ts';

/** The provider signs with a new key from now on, and publishes only that. */
const changeKey = async (provider: OpenIdProvider, kid: string) => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  provider.site.answers['/jwks'] = (_request, response) => sendJson(response, { keys: [jwk] });
  provider.idToken = (claims: Claims) => new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
};

const keysAsked = (provider: OpenIdProvider): number => provider.site.asked('/jwks').length;

test.each([
  ['under a new name', 'two'],
  ['under the same name', 'one'],
])('a provider that changes its key %s is believed at once', async (_how, kid) => {
  const { provider, server } = await startWithProvider();
  expect((await loginAt(server, 'acme')).codes).toEqual([]);
  expect((await loginAt(server, 'acme')).codes).toEqual([]);
  expect(keysAsked(provider)).toBe(1);
  await changeKey(provider, kid);
  const answers = await Promise.all(Array.from({ length: 5 }, () => loginAt(server, 'acme')));
  expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
  expect(keysAsked(provider)).toBe(2);
});

test('keys are looked up at most once in five seconds', async () => {
  const { provider, server } = await startWithProvider();
  await loginAt(server, 'acme');
  const published = provider.site.answers['/jwks'];
  await changeKey(provider, 'unpublished');
  if (published) provider.site.answers['/jwks'] = published;
  for (let i = 0; i < 4; i += 1) expect((await signInAt(server, 'acme')).error).toBe('PROVIDER_FAILED');
  expect(keysAsked(provider)).toBe(2);
  provider.idToken = provider.sign;
  expect((await loginAt(server, 'acme')).codes).toEqual([]);
});

test('a failed lookup is no lasting one', async () => {
  const { provider, server } = await startWithProvider();
  await loginAt(server, 'acme');
  await changeKey(provider, 'two');
  const right = provider.site.answers['/jwks'];
  provider.site.answers['/jwks'] = (_request, response) => sendJson(response, {}, 500);
  expect((await signInAt(server, 'acme')).error).toBe('PROVIDER_FAILED');
  if (right) provider.site.answers['/jwks'] = right;
  expect((await loginAt(server, 'acme')).codes).toEqual([]);
});

test.each([403, 404])('whoever is known signs in where the UserInfo endpoint answers %i', async (status) => {
  const metadata: Record<string, unknown> = {};
  const { provider, server } = await startWithProvider({}, metadata);
  metadata['userinfo_endpoint'] = `${provider.issuer}/userinfo`;
  provider.site.answers['/userinfo'] = (_request, response) => sendJson(response, {}, status);
  const { user } = (await loginAt(server, 'acme')).data.loginWithCode;
  provider.person = { sub: 'ada' };
  expect((await loginAt(server, 'acme')).data.loginWithCode.user).toEqual(user);
  expect(provider.site.asked('/userinfo')).toHaveLength(1);
  provider.person = { sub: 'new' };
  expect((await loginAt(server, 'acme')).codes).toEqual(['EMAIL_UNVERIFIED']);
});
