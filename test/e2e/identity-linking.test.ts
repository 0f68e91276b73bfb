import { beforeEach, describe, expect, it } from 'vitest';
import { createVerifier, linkIdentity, loginAt, loginWithProvider, signInAt } from '../support/identity-browser.ts';
import { type OpenIdProvider, providerEnv, startOpenIdProvider } from '../support/identity-providers.ts';
import { type Grant, serverForTest, signup, type TestServer } from '../support/server.ts';

let acme: OpenIdProvider;
let server: TestServer;
let ada: Grant;

beforeEach(async () => {
  const other = await startOpenIdProvider();
  acme = await startOpenIdProvider();
  server = await serverForTest(providerEnv({ ACME: acme.issuer, OTHER: other.issuer }));
  ada = await signup(server, 'ada@example.com');
});

const link = async (grant: Grant, provider = 'acme') =>
  linkIdentity(server, grant.accessToken, await signInAt(server, provider));
const unlink = (grant: Grant, id: string) =>
  server.gql('mutation ($id: ID!) { unlinkIdentity(input: { id: $id }) { id } }', {
    token: grant.accessToken,
    variables: { id },
  });
const identitiesOf = async ({ accessToken: token }: Grant) =>
  (await server.gql('{ identities { id provider email lastUsedAt } }', { token })).data.identities;
const eventsOf = (type: string) => server.logLines().filter(({ event }) => event === type);

describe('linkIdentity', () => {
  it('makes a provider a way into the account of whoever is signed in, whatever email it tells', async () => {
    acme.person = { sub: 'ada', email: 'private@example.net', email_verified: false };
    const { identity } = (await link(ada)).data.linkIdentity;
    expect(identity).toMatchObject({ provider: 'acme', email: 'private@example.net', lastUsedAt: null });
    expect(await identitiesOf(ada)).toEqual([identity]);
    expect((await loginAt(server, 'acme')).data.loginWithProvider.user.id).toBe(ada.user.id);
    expect(eventsOf('identity.linked')).toMatchObject([{ userId: ada.user.id, metadata: { provider: 'acme' } }]);
  });

  it('is what ACCOUNT_LINK_REQUIRED asks for', async () => {
    expect((await loginAt(server, 'acme')).codes).toEqual(['ACCOUNT_LINK_REQUIRED']);
    expect((await link(ada)).codes).toEqual([]);
    expect((await loginAt(server, 'acme')).data.loginWithProvider.user.id).toBe(ada.user.id);
  });

  it('twice is no error and links once; to another account it is refused', async () => {
    const [first, again] = [await link(ada), await link(ada)];
    expect(again.data.linkIdentity.identity.id).toBe(first.data.linkIdentity.identity.id);
    const eve = await signup(server);
    expect((await link(eve)).codes).toEqual(['IDENTITY_TAKEN']);
    expect(await identitiesOf(eve)).toEqual([]);
    expect(await identitiesOf(ada)).toHaveLength(1);
  });

  it("takes nobody's code but that of the page that began: neither a stolen nor a planted one links", async () => {
    const eve = await signup(server);
    const stolen = await signInAt(server, 'acme');
    expect((await linkIdentity(server, eve.accessToken, { ...stolen, verifier: createVerifier() })).codes).toEqual([
      'LOGIN_CODE_INVALID',
    ]);
    expect((await linkIdentity(server, ada.accessToken, stolen)).codes).toEqual(['LOGIN_CODE_INVALID']);
    expect([await identitiesOf(eve), await identitiesOf(ada)]).toEqual([[], []]);
  });

  it('and a login spend one code between them', async () => {
    await link(ada);
    const back = await signInAt(server, 'acme');
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => loginWithProvider(server, back)),
      ...Array.from({ length: 10 }, () => linkIdentity(server, ada.accessToken, back)),
    ]);
    expect(answers.filter(({ codes }) => codes.length === 0)).toHaveLength(1);
  });

  it('K05: is for sessions of people, not for keys, and not for strangers', async () => {
    const make = 'mutation { createApiKey(input: { name: "x", scopes: ["*"] }) { secret } }';
    const { secret } = (await server.gql(make, { token: ada.accessToken })).data.createApiKey;
    const text = 'mutation { linkIdentity(input: { code: "x", codeVerifier: "y" }) { identity { id } } }';
    expect((await server.gql(text, { headers: { 'x-api-key': secret } })).codes).toEqual(['FORBIDDEN SCOPE']);
    expect((await server.gql(text)).codes).toEqual(['UNAUTHENTICATED TOKEN_MISSING']);
  });
});

describe('identities', () => {
  it('are read with the scope identities:read, and are the caller’s own', async () => {
    await link(ada);
    const make = 'mutation ($s: [String!]!) { createApiKey(input: { name: "x", scopes: $s }) { secret } }';
    const ask = async (scope: string) => {
      const made = await server.gql(make, { token: ada.accessToken, variables: { s: [scope] } });
      return server.gql('{ identities { provider } }', { headers: { 'x-api-key': made.data.createApiKey.secret } });
    };
    expect((await ask('identities:read')).data.identities).toEqual([{ provider: 'acme' }]);
    expect((await ask('account:read')).codes).toEqual(['FORBIDDEN SCOPE']);
    expect(await identitiesOf(await signup(server))).toEqual([]);
    expect((await server.gql('{ identities { id } }')).codes).toEqual(['UNAUTHENTICATED TOKEN_MISSING']);
  });
});

describe('unlinkIdentity', () => {
  it('takes a way in away; sessions go on', async () => {
    const { id } = (await link(ada)).data.linkIdentity.identity;
    const session = (await loginAt(server, 'acme')).data.loginWithProvider;
    expect((await unlink(ada, id)).data.unlinkIdentity).toEqual({ id });
    expect(await identitiesOf(session)).toEqual([]);
    expect((await loginAt(server, 'acme')).codes).toEqual(['ACCOUNT_LINK_REQUIRED']);
    expect((await unlink(ada, id)).codes).toEqual(['NOT_FOUND']);
    expect(eventsOf('identity.unlinked')).toMatchObject([{ userId: ada.user.id, metadata: { provider: 'acme' } }]);
  });

  it('leaves the last way into an account without a password', async () => {
    acme.person = { sub: 'grace', email: 'grace@example.com', email_verified: true };
    const grace = (await loginAt(server, 'acme')).data.loginWithProvider;
    const [only] = await identitiesOf(grace);
    expect((await unlink(grace, only.id)).codes).toEqual(['LAST_WAY_IN']);
    expect((await link(grace, 'other')).codes).toEqual([]);
    expect((await unlink(grace, only.id)).codes).toEqual([]);
    const [left] = await identitiesOf(grace);
    expect((await unlink(grace, left.id)).codes).toEqual(['LAST_WAY_IN']);
    expect((await loginAt(server, 'other')).data.loginWithProvider.user.id).toBe(grace.user.id);
  });

  it("Z08: another account's identity is as if there were none", async () => {
    const { id } = (await link(ada)).data.linkIdentity.identity;
    const eve = await signup(server);
    const [foreign, none] = [await unlink(eve, id), await unlink(eve, 'x')];
    expect(foreign.errors).toEqual(none.errors);
    expect(foreign.codes).toEqual(['NOT_FOUND']);
    expect(await identitiesOf(ada)).toHaveLength(1);
  });
});

describe('delivery: COOKIE', () => {
  const text = `mutation ($input: LoginWithProviderInput!) {
    loginWithProvider(input: $input) { accessToken refreshToken user { email } }
  }`;

  it('puts the session of a sign-in at a provider into cookies, for pages that may use them', async () => {
    await link(ada);
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
