import { beforeEach, describe, expect, it } from 'vitest';
import {
  beginUrl,
  challengeOf,
  createBrowser,
  createVerifier,
  goToProvider,
  locationOf,
  loginWithCode,
  signInAt,
  toReturn,
} from '../support/identity-browser.ts';
import { type OpenIdProvider, providerEnv, returnTo, startOpenIdProvider } from '../support/identity-providers.ts';
import { serverForTest, type TestServer } from '../support/server.ts';

const start = async (env: Record<string, string> = {}, metadata: Record<string, unknown> = {}) => {
  const provider = await startOpenIdProvider(metadata);
  const server = await serverForTest({ ...providerEnv({ ACME: provider.issuer }), ...env });
  return { provider, server, browser: createBrowser(server) };
};

const changed = (url: string, name: string, value: string | null): string => {
  const other = new URL(url);
  if (value === null) other.searchParams.delete(name);
  else other.searchParams.set(name, value);
  return other.href;
};

it('O02: the redirect carries a S256 challenge, and a state and a nonce that are fresh each time', async () => {
  const { browser, provider } = await start();
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

it.each([
  ['http://localhost:4000', /^fieldgate-oauth-[\w-]{8}=[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/],
  [
    'https://id.example.com',
    /^__Host-fieldgate-oauth-[\w-]{8}=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  ],
  [
    'http://id.example.com',
    /^__Host-fieldgate-oauth-[\w-]{8}=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  ],
])('with the issuer %s the cookie is set as browsers will keep it from everybody else', async (ISSUER, form) => {
  const { server } = await start({ ISSUER });
  const url = beginUrl('acme', { returnTo, codeChallenge: challengeOf(createVerifier()) });
  const response = await server.fetch(url, { redirect: 'manual' });
  expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(form)]);
  expect(new URL(locationOf(response)).searchParams.get('redirect_uri')).toBe(`${ISSUER}/oauth/acme/callback`);
});

it('O01: a callback is refused without the cookie of its state, and the provider is not asked', async () => {
  const { server, browser, provider } = await start();
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

it('O01: a cookie that was changed in any letter, or that is there twice, is none', async () => {
  const { server, browser } = await start();
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

it('O01: a state is used once: coming back a second time leads to an error, and the provider is not asked', async () => {
  const { browser, provider } = await start();
  const callback = await goToProvider(browser, 'acme', createVerifier());
  const kept = new Map(browser.cookies);
  expect(toReturn(await browser.visit(callback), '').error).toBeNull();
  expect(browser.cookies.size).toBe(0);
  for (const [name, value] of kept) browser.cookies.set(name, value);
  expect(toReturn(await browser.visit(callback), '').error).toBe('LOGIN_FLOW_INVALID');
  expect(provider.site.asked('/token')).toHaveLength(1);
});

it('O01: a sign-in that takes more than ten minutes is over', async () => {
  const { server, browser, provider } = await start();
  const callback = await goToProvider(browser, 'acme', createVerifier());
  server.advance(10 * 60_000);
  expect(toReturn(await browser.visit(callback), '').error).toBe('LOGIN_FLOW_INVALID');
  expect(provider.site.asked('/token')).toEqual([]);
});

it('sign-ins in two tabs do not disturb each other, and those given up do not pile up', async () => {
  const { server, browser } = await start();
  const [one, other] = [createVerifier(), createVerifier()];
  const [first, second] = [await goToProvider(browser, 'acme', one), await goToProvider(browser, 'acme', other)];
  for (const [callback, verifier] of [[first, one] as const, [second, other] as const]) {
    expect((await loginWithCode(server, toReturn(await browser.visit(callback), verifier))).codes).toEqual([]);
  }
  for (let i = 0; i < 12; i += 1) await goToProvider(browser, 'acme', one);
  expect(browser.cookies.size).toBeLessThanOrEqual(5);
});

describe('O04: mix-up', () => {
  it.each([
    ['of another issuer', 'https://evil.example.com', {}],
    ['missing where it was promised', null, { authorization_response_iss_parameter_supported: true }],
  ])('an answer with an `iss` %s is refused', async (_what, iss, metadata) => {
    const { browser, provider } = await start({}, metadata);
    const callback = await goToProvider(browser, 'acme', createVerifier());
    expect(toReturn(await browser.visit(changed(callback, 'iss', iss)), '').error).toBe('PROVIDER_FAILED');
    expect(provider.site.asked('/token')).toEqual([]);
  });

  it('the right `iss` is welcome', async () => {
    const { browser, provider } = await start({}, { authorization_response_iss_parameter_supported: true });
    const callback = await goToProvider(browser, 'acme', createVerifier());
    expect(toReturn(await browser.visit(changed(callback, 'iss', provider.issuer)), '').error).toBeNull();
  });

  it("one provider's answer at the callback of another is refused by both", async () => {
    const [one, other] = [await startOpenIdProvider(), await startOpenIdProvider()];
    const server = await serverForTest(providerEnv({ ONE: one.issuer, OTHER: other.issuer }));
    const browser = createBrowser(server);
    const callback = await goToProvider(browser, 'one', createVerifier());
    const response = await browser.visit(callback.replace('/oauth/one/', '/oauth/other/'));
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    expect([...one.site.asked('/token'), ...other.site.asked('/token')]).toEqual([]);
  });
});

it('O09: of 20 callbacks at once one gives a code, and of 20 uses of that code one gives a session', async () => {
  const { server, browser } = await start();
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
  const logins = await Promise.all(Array.from({ length: 20 }, () => back && loginWithCode(server, back)));
  const grants = logins.flatMap((answer) => answer?.data?.loginWithCode ?? []);
  expect(grants).toHaveLength(1);
  const { data } = await server.gql('{ sessions { edges { node { id } } } }', { token: grants[0].accessToken });
  expect(data.sessions.edges).toHaveLength(1);
});

it('cookies of others whose names begin like ours are left alone, whatever is in them', async () => {
  const { server } = await start();
  const cookie = ['a b', '\u00e9', '"', 'x', '12345678', 'abcdefgh', 'ABCDEFGH', '--------', '________']
    .map((end) => `fieldgate-oauth-${end}=1`)
    .join('; ');
  const url = beginUrl('acme', { returnTo, codeChallenge: challengeOf(createVerifier()) });
  const response = await server.fetch(url, { redirect: 'manual', headers: { cookie } });
  expect([response.status, response.headers.getSetCookie().length]).toEqual([303, 5 + 1]);
});

it('answers of providers are counted, since anybody can make one up that has a cookie and a state', async () => {
  const { server, browser, provider } = await start({ RATE_LIMIT_REFRESH: '2/5m' });
  const statuses = [];
  for (let count = 0; count < 3; count += 1) {
    statuses.push((await browser.visit(await goToProvider(browser, 'acme', createVerifier()))).status);
  }
  expect(statuses).toEqual([303, 303, 429]);
  expect(provider.site.asked('/token')).toHaveLength(2);
  expect((await server.fetch('/oauth/acme/callback')).headers.get('retry-after')).toMatch(/^\d+$/);
});

describe('the code', () => {
  let server: TestServer;
  let provider: OpenIdProvider;
  beforeEach(async () => {
    ({ server, provider } = await start());
  });

  it('is worth nothing without the verifier of the page that began, and is used up by trying', async () => {
    for (const verifier of [createVerifier(), '', 'A'.repeat(43), 'short']) {
      const back = await signInAt(server, 'acme');
      expect((await loginWithCode(server, { ...back, verifier })).codes).toEqual(['LOGIN_CODE_INVALID']);
      expect((await loginWithCode(server, back)).codes).toEqual(['LOGIN_CODE_INVALID']);
    }
    expect(provider.site.asked('/token')).toHaveLength(4);
  });

  it('is worth nothing after a minute', async () => {
    const [late, later] = [await signInAt(server, 'acme'), await signInAt(server, 'acme')];
    server.advance(59_000);
    expect((await loginWithCode(server, late)).codes).toEqual([]);
    server.advance(1_000);
    expect((await loginWithCode(server, later)).codes).toEqual(['LOGIN_CODE_INVALID']);
  });

  it.each(['', 'x', 'A'.repeat(43), 'A'.repeat(10_000), '\u0000', "' or 1=1 --"])('%j is none', async (code) => {
    const answer = await loginWithCode(server, { code, verifier: createVerifier() });
    expect(answer.codes).toEqual(['LOGIN_CODE_INVALID']);
  });
});
