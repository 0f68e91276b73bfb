import { describe, expect, test } from 'vitest';
import {
  beginUrl,
  challengeOf,
  createBrowser,
  createVerifier,
  goToProvider,
  locationOf,
  loginWithProvider,
  signInAt,
  startWithProvider,
  toReturn,
} from '../support/identity-browser.ts';
import { providerEnv, returnTo, startOpenIdProvider } from '../support/identity-providers.ts';
import { startServer } from '../support/server.ts';

const changed = (url: string, name: string, value: string | null): string => {
  const other = new URL(url);
  if (value === null) other.searchParams.delete(name);
  else other.searchParams.set(name, value);
  return other.href;
};

test('O02: the redirect carries an S256 challenge, and a new state and nonce each time', async () => {
  const { browser, provider } = await startWithProvider();
  const codeChallenge = challengeOf(createVerifier());
  const began = [];
  for (let i = 0; i < 3; i += 1) {
    const response = await browser.visit(beginUrl('acme', { returnTo, codeChallenge }));
    expect(response.status).toBe(303);
    expect(response.headers.get('cache-control')).toBe('no-store');
    began.push(new URL(locationOf(response)));
  }
  for (const url of began) {
    expect(url.origin + url.pathname).toBe(`${provider.issuer}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      ...{ response_type: 'code', code_challenge_method: 'S256', scope: 'openid email profile' },
      redirect_uri: 'http://localhost:4000/oauth/acme/callback',
    });
  }
  for (const name of ['state', 'nonce', 'code_challenge']) {
    const values = began.map((url) => url.searchParams.get(name) ?? '');
    expect(new Set(values).size, name).toBe(3);
    for (const value of values) expect(value, name).toMatch(/^[\w-]{43}$/);
    expect(values, name).not.toContain(codeChallenge);
  }
});

test.each([
  ['http://localhost:4000', /^fieldgate-oauth-[\w-]{8}=[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/],
  [
    'https://id.example.com',
    /^__Host-fieldgate-oauth-[\w-]{8}=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  ],
  [
    'http://id.example.com',
    /^__Host-fieldgate-oauth-[\w-]{8}=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  ],
])('with the issuer %s the cookie of a sign-in has the attributes that protect it', async (ISSUER, form) => {
  const { server } = await startWithProvider({ ISSUER });
  const url = beginUrl('acme', { returnTo, codeChallenge: challengeOf(createVerifier()) });
  const response = await server.fetch(url, { redirect: 'manual' });
  expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(form)]);
  expect(new URL(locationOf(response)).searchParams.get('redirect_uri')).toBe(`${ISSUER}/oauth/acme/callback`);
});

test('O01: a callback without the cookie of its state is refused, and the provider is not asked', async () => {
  const { server, browser, provider } = await startWithProvider();
  const callback = await goToProvider(browser, 'acme', createVerifier());
  const another = createBrowser(server);
  await goToProvider(another, 'acme', createVerifier());
  const attempts = [
    await createBrowser(server).visit(callback),
    await another.visit(callback),
    await browser.visit(changed(callback, 'state', null)),
    await browser.visit(changed(callback, 'state', '')),
    await browser.visit(changed(callback, 'state', 'A'.repeat(43))),
    await browser.visit(`${callback}&state=again`),
  ];
  for (const response of attempts) {
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await response.text()).toContain('<code>LOGIN_FLOW_INVALID</code>');
  }
  expect(provider.site.asked('/token')).toEqual([]);
  expect(toReturn(await browser.visit(callback), '').code).not.toBe('');
});

test('O01: a changed or duplicate cookie is refused', async () => {
  const { server, browser } = await startWithProvider();
  const callback = await goToProvider(browser, 'acme', createVerifier());
  const [[name, value] = ['', '']] = browser.cookies;
  const other = Buffer.from(value, 'base64url').toString().replace('signed-in', 'elsewhere');
  for (const cookie of [
    `${name}=${value}A`,
    `${name}=${value.slice(0, -1)}`,
    `${name}=${Buffer.from(other).toString('base64url')}`,
    `${name}=${value}; ${name}=${value}`,
    `${name}=`,
    'x=y',
  ]) {
    const path = callback.replace('http://localhost:4000', '');
    const response = await server.fetch(path, { redirect: 'manual', headers: { cookie } });
    expect([response.status, response.headers.get('location')], cookie).toEqual([400, null]);
  }
});

test('O01: a state works once: a second callback ends in an error, and the provider is not asked', async () => {
  const { browser, provider } = await startWithProvider();
  const callback = await goToProvider(browser, 'acme', createVerifier());
  const kept = new Map(browser.cookies);
  expect(toReturn(await browser.visit(callback), '').error).toBeNull();
  expect(browser.cookies.size).toBe(0);
  for (const [name, value] of kept) browser.cookies.set(name, value);
  expect(toReturn(await browser.visit(callback), '').error).toBe('LOGIN_FLOW_INVALID');
  expect(provider.site.asked('/token')).toHaveLength(1);
});

test('O01: a sign-in that takes ten minutes has expired', async () => {
  const { server, browser, provider } = await startWithProvider();
  const callback = await goToProvider(browser, 'acme', createVerifier());
  server.advance(10 * 60_000);
  expect(toReturn(await browser.visit(callback), '').error).toBe('LOGIN_FLOW_INVALID');
  expect(provider.site.asked('/token')).toEqual([]);
});

test('sign-ins in two tabs work side by side, and abandoned ones do not pile up', async () => {
  const { server, browser } = await startWithProvider();
  const [one, other] = [createVerifier(), createVerifier()];
  const [first, second] = [await goToProvider(browser, 'acme', one), await goToProvider(browser, 'acme', other)];
  for (const [callback, verifier] of [[first, one] as const, [second, other] as const]) {
    expect((await loginWithProvider(server, toReturn(await browser.visit(callback), verifier))).codes).toEqual([]);
  }
  for (let i = 0; i < 12; i += 1) await goToProvider(browser, 'acme', one);
  expect(browser.cookies.size).toBeLessThanOrEqual(5);
});

describe('mix-up of providers', () => {
  test.each([
    ['of another issuer', 'https://evil.example.com', {}],
    ['missing where it was promised', null, { authorization_response_iss_parameter_supported: true }],
  ])('O04: an answer with an `iss` %s is refused', async (_what, iss, metadata) => {
    const { browser, provider } = await startWithProvider({}, metadata);
    const callback = await goToProvider(browser, 'acme', createVerifier());
    expect(toReturn(await browser.visit(changed(callback, 'iss', iss)), '').error).toBe('PROVIDER_FAILED');
    expect(provider.site.asked('/token')).toEqual([]);
  });

  test('O04: an answer with the right `iss` is accepted', async () => {
    const { browser, provider } = await startWithProvider({}, { authorization_response_iss_parameter_supported: true });
    const callback = await goToProvider(browser, 'acme', createVerifier());
    expect(toReturn(await browser.visit(changed(callback, 'iss', provider.issuer)), '').error).toBeNull();
  });

  test("O04: one provider's answer at the callback of another is refused", async () => {
    const [one, other] = [await startOpenIdProvider(), await startOpenIdProvider()];
    const server = await startServer(providerEnv({ ONE: one.issuer, OTHER: other.issuer }));
    const browser = createBrowser(server);
    const callback = await goToProvider(browser, 'one', createVerifier());
    const response = await browser.visit(callback.replace('/oauth/one/', '/oauth/other/'));
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    expect([...one.site.asked('/token'), ...other.site.asked('/token')]).toEqual([]);
  });
});

test('O09: of 20 simultaneous callbacks one returns a code, and of 20 uses of that code one starts a session', async () => {
  const { server, browser } = await startWithProvider();
  const verifier = createVerifier();
  const callback = await goToProvider(browser, 'acme', verifier);
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const path = callback.replace('http://localhost:4000', '');
  const responses = await Promise.all(
    Array.from({ length: 20 }, () => server.fetch(path, { redirect: 'manual', headers: { cookie } })),
  );
  const returns = responses.map((response) => toReturn(response, verifier));
  const codes = returns.filter(({ code }) => code !== '');
  expect(codes).toHaveLength(1);
  expect(returns.filter(({ error }) => error === 'LOGIN_FLOW_INVALID')).toHaveLength(19);
  const [back] = codes;
  const logins = await Promise.all(Array.from({ length: 20 }, () => back && loginWithProvider(server, back)));
  const grants = logins.flatMap((answer) => answer?.data?.loginWithProvider ?? []);
  expect(grants).toHaveLength(1);
  const { data } = await server.gql('{ sessions { edges { node { id } } } }', { token: grants[0].accessToken });
  expect(data.sessions.edges).toHaveLength(1);
});

test('cookies of other names that begin alike do no harm', async () => {
  const { server } = await startWithProvider();
  const cookie = ['a b', '\u00e9', '"', 'x', '12345678', 'abcdefgh', 'ABCDEFGH', '--------', '________']
    .map((end) => `fieldgate-oauth-${end}=1`)
    .join('; ');
  const url = beginUrl('acme', { returnTo, codeChallenge: challengeOf(createVerifier()) });
  const response = await server.fetch(url, { redirect: 'manual', headers: { cookie } });
  expect([response.status, response.headers.getSetCookie().length]).toEqual([303, 5 + 1]);
});

test('callbacks count against RATE_LIMIT_REFRESH, since anybody can make them up', async () => {
  const { server, browser, provider } = await startWithProvider({ RATE_LIMIT_REFRESH: '2/5m' });
  const statuses = [];
  for (let count = 0; count < 3; count += 1) {
    statuses.push((await browser.visit(await goToProvider(browser, 'acme', createVerifier()))).status);
  }
  expect(statuses).toEqual([303, 303, 429]);
  expect(provider.site.asked('/token')).toHaveLength(2);
  expect((await server.fetch('/oauth/acme/callback')).headers.get('retry-after')).toMatch(/^\d+$/);
});

describe('login codes', () => {
  test('O02: a code without the verifier of its page is refused and used up', async () => {
    const { server, provider } = await startWithProvider();
    for (const verifier of [createVerifier(), '', 'A'.repeat(43), 'short']) {
      const back = await signInAt(server, 'acme');
      expect((await loginWithProvider(server, { ...back, verifier })).codes).toEqual(['LOGIN_CODE_INVALID']);
      expect((await loginWithProvider(server, back)).codes).toEqual(['LOGIN_CODE_INVALID']);
    }
    expect(provider.site.asked('/token')).toHaveLength(4);
  });

  test('a code expires after a minute', async () => {
    const { server } = await startWithProvider();
    const [late, later] = [await signInAt(server, 'acme'), await signInAt(server, 'acme')];
    server.advance(59_000);
    expect((await loginWithProvider(server, late)).codes).toEqual([]);
    server.advance(1_000);
    expect((await loginWithProvider(server, later)).codes).toEqual(['LOGIN_CODE_INVALID']);
  });

  test.each(['', 'x', 'A'.repeat(43), 'A'.repeat(10_000), '\u0000', "' or 1=1 --"])(
    'the code %j is refused',
    async (code) => {
      const { server } = await startWithProvider();
      const answer = await loginWithProvider(server, { code, verifier: createVerifier() });
      expect(answer.codes).toEqual(['LOGIN_CODE_INVALID']);
    },
  );
});
