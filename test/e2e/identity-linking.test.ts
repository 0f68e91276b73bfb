import { test as base, describe, expect } from 'vitest';
import { createVerifier, linkIdentity, loginAt, loginWithProvider, signInAt } from '../support/identity-browser.ts';
import { providerEnv, startOpenIdProvider } from '../support/identity-providers.ts';
import { nodesOf } from '../support/pages.ts';
import { type Grant, signup, startServer, type TestServer } from '../support/server.ts';

const test = base
  .extend('acme', () => startOpenIdProvider())
  .extend('server', async ({ acme }) => {
    const other = await startOpenIdProvider();
    return startServer(providerEnv({ ACME: acme.issuer, OTHER: other.issuer }));
  })
  .extend('ada', ({ server }) => signup(server, 'ada@example.com'));

const link = async (server: TestServer, grant: Grant, provider = 'acme') =>
  linkIdentity(server, grant.accessToken, await signInAt(server, provider));
const unlink = (server: TestServer, grant: Grant, id: string) =>
  server.gql('mutation ($id: ID!) { unlinkIdentity(input: { id: $id }) { id } }', {
    token: grant.accessToken,
    variables: { id },
  });
const identitiesOf = async (server: TestServer, { accessToken: token }: Grant) =>
  nodesOf(
    (await server.gql('{ identities { edges { node { id provider email lastUsedAt } } } }', { token })).data.identities,
  );
const eventsOf = (server: TestServer, type: string) => server.logLines().filter(({ event }) => event === type);

describe('linkIdentity', () => {
  test('linkIdentity lets a provider sign in to the account of the caller, whatever its email', async ({
    server,
    acme,
    ada,
  }) => {
    acme.person = { sub: 'ada', email: 'private@example.net', email_verified: false };
    const { identity } = (await link(server, ada)).data.linkIdentity;
    expect(identity).toMatchObject({ provider: 'acme', email: 'private@example.net', lastUsedAt: null });
    expect(await identitiesOf(server, ada)).toEqual([identity]);
    expect((await loginAt(server, 'acme')).data.loginWithProvider.user.id).toBe(ada.user.id);
    expect(eventsOf(server, 'identity.linked')).toMatchObject([
      { userId: ada.user.id, metadata: { provider: 'acme' } },
    ]);
  });

  test('linkIdentity resolves ACCOUNT_LINK_REQUIRED', async ({ server, ada }) => {
    expect((await loginAt(server, 'acme')).codes).toEqual(['ACCOUNT_LINK_REQUIRED']);
    expect((await link(server, ada)).codes).toEqual([]);
    expect((await loginAt(server, 'acme')).data.loginWithProvider.user.id).toBe(ada.user.id);
  });

  test('linkIdentity twice links once, and a link to a second account is refused', async ({ server, ada }) => {
    const [first, again] = [await link(server, ada), await link(server, ada)];
    expect(again.data.linkIdentity.identity.id).toBe(first.data.linkIdentity.identity.id);
    const eve = await signup(server);
    expect((await link(server, eve)).codes).toEqual(['IDENTITY_TAKEN']);
    expect(await identitiesOf(server, eve)).toEqual([]);
    expect(await identitiesOf(server, ada)).toHaveLength(1);
  });

  test("O01: linkIdentity accepts the code of the caller's page alone, neither a stolen nor a planted one", async ({
    server,
    ada,
  }) => {
    const eve = await signup(server);
    const stolen = await signInAt(server, 'acme');
    expect((await linkIdentity(server, eve.accessToken, { ...stolen, verifier: createVerifier() })).codes).toEqual([
      'LOGIN_CODE_INVALID',
    ]);
    expect((await linkIdentity(server, ada.accessToken, stolen)).codes).toEqual(['LOGIN_CODE_INVALID']);
    expect([await identitiesOf(server, eve), await identitiesOf(server, ada)]).toEqual([[], []]);
  });

  test('O09: a code serves one login or one link, not both', async ({ server, ada }) => {
    await link(server, ada);
    const back = await signInAt(server, 'acme');
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => loginWithProvider(server, back)),
      ...Array.from({ length: 10 }, () => linkIdentity(server, ada.accessToken, back)),
    ]);
    expect(answers.filter(({ codes }) => codes.length === 0)).toHaveLength(1);
  });

  test('K05: linkIdentity is refused to API keys and to anonymous callers', async ({ server, ada }) => {
    const make = 'mutation { createApiKey(input: { name: "x", scopes: ["*"] }) { secret } }';
    const { secret } = (await server.gql(make, { token: ada.accessToken })).data.createApiKey;
    const text = 'mutation { linkIdentity(input: { code: "x", codeVerifier: "y" }) { identity { id } } }';
    expect((await server.gql(text, { headers: { 'x-api-key': secret } })).codes).toEqual(['FORBIDDEN SCOPE']);
    expect((await server.gql(text)).codes).toEqual(['UNAUTHENTICATED TOKEN_MISSING']);
  });
});

describe('identities', () => {
  test('identities lists those of the caller alone, with the scope identities:read', async ({ server, ada }) => {
    await link(server, ada);
    const make = 'mutation ($s: [String!]!) { createApiKey(input: { name: "x", scopes: $s }) { secret } }';
    const ask = async (scope: string) => {
      const made = await server.gql(make, { token: ada.accessToken, variables: { s: [scope] } });
      return server.gql('{ identities { edges { node { provider } } } }', {
        headers: { 'x-api-key': made.data.createApiKey.secret },
      });
    };
    expect(nodesOf((await ask('identities:read')).data.identities)).toEqual([{ provider: 'acme' }]);
    expect((await ask('account:read')).codes).toEqual(['FORBIDDEN SCOPE']);
    expect(await identitiesOf(server, await signup(server))).toEqual([]);
    expect((await server.gql('{ identities { edges { node { id } } } }')).codes).toEqual([
      'UNAUTHENTICATED TOKEN_MISSING',
    ]);
  });
});

describe('unlinkIdentity', () => {
  test('unlinkIdentity removes a way to sign in and leaves sessions alone', async ({ server, ada }) => {
    const { id } = (await link(server, ada)).data.linkIdentity.identity;
    const session = (await loginAt(server, 'acme')).data.loginWithProvider;
    expect((await unlink(server, ada, id)).data.unlinkIdentity).toEqual({ id });
    expect(await identitiesOf(server, session)).toEqual([]);
    expect((await loginAt(server, 'acme')).codes).toEqual(['ACCOUNT_LINK_REQUIRED']);
    expect((await unlink(server, ada, id)).codes).toEqual(['NOT_FOUND']);
    expect(eventsOf(server, 'identity.unlinked')).toMatchObject([
      { userId: ada.user.id, metadata: { provider: 'acme' } },
    ]);
  });

  test('unlinkIdentity refuses to remove the last way into an account without a password', async ({ server, acme }) => {
    acme.person = { sub: 'grace', email: 'grace@example.com', email_verified: true };
    const grace = (await loginAt(server, 'acme')).data.loginWithProvider;
    const [only] = await identitiesOf(server, grace);
    expect((await unlink(server, grace, only.id)).codes).toEqual(['LAST_WAY_IN']);
    expect((await link(server, grace, 'other')).codes).toEqual([]);
    expect((await unlink(server, grace, only.id)).codes).toEqual([]);
    const [left] = await identitiesOf(server, grace);
    expect((await unlink(server, grace, left.id)).codes).toEqual(['LAST_WAY_IN']);
    expect((await loginAt(server, 'other')).data.loginWithProvider.user.id).toBe(grace.user.id);
  });

  test("Z08: unlinking another account's identity is answered like unlinking one that does not exist", async ({
    server,
    ada,
  }) => {
    const { id } = (await link(server, ada)).data.linkIdentity.identity;
    const eve = await signup(server);
    const [foreign, none] = [await unlink(server, eve, id), await unlink(server, eve, 'x')];
    expect(foreign.errors).toEqual(none.errors);
    expect(foreign.codes).toEqual(['NOT_FOUND']);
    expect(await identitiesOf(server, ada)).toHaveLength(1);
  });
});

describe('delivery: COOKIE', () => {
  const text = `mutation ($input: LoginWithProviderInput!) {
    loginWithProvider(input: $input) { accessToken refreshToken user { email } }
  }`;

  test('loginWithProvider delivers a session in cookies to pages that may use them', async ({ server, ada }) => {
    await link(server, ada);
    const back = await signInAt(server, 'acme');
    const input = { code: back.code, codeVerifier: back.verifier, delivery: 'COOKIE' };
    const foreign = { variables: { input }, headers: { origin: 'https://evil.example.com' } };
    expect((await server.gql(text, foreign)).codes).toEqual(['FORBIDDEN ORIGIN']);
    const answer = await server.gql(text, { variables: { input } });
    expect(answer.data.loginWithProvider).toEqual({
      accessToken: null,
      refreshToken: null,
      user: { email: 'ada@example.com' },
    });
    const cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ');
    expect((await server.gql('{ me { email } }', { headers: { cookie } })).data.me.email).toBe('ada@example.com');
  });
});
