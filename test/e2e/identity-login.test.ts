import { expect, test } from 'vitest';
import { loginAt, loginWithProvider, signInAt, startWithProvider } from '../support/identity-browser.ts';
import { providerEnv, returnTo, startOpenIdProvider } from '../support/identity-providers.ts';
import { adminEnv, goodPassword, login, loginAsAdmin, refresh, signup, startServer } from '../support/server.ts';

test('a first sign-in creates an account with the verified name and email of the provider, and a session', async () => {
  const { server } = await startWithProvider();
  const back = await signInAt(server, 'acme');
  expect(back.url.origin + back.url.pathname).toBe(returnTo);
  const { data } = await loginWithProvider(server, back);
  expect(data.loginWithProvider.user).toMatchObject({ email: 'ada@example.com', name: 'Ada Lovelace', role: 'USER' });
  const me =
    '{ me { email } identities { edges { node { provider email lastUsedAt } } } sessions { edges { node { current } } } }';
  const mine = await server.gql(me, { token: data.loginWithProvider.accessToken });
  expect(mine.data).toMatchObject({
    me: { email: 'ada@example.com' },
    identities: { edges: [{ node: { provider: 'acme', email: 'ada@example.com', lastUsedAt: expect.any(String) } }] },
    sessions: { edges: [{ node: { current: true } }] },
  });
  expect((await refresh(server, data.loginWithProvider.refreshToken)).codes).toEqual([]);
  const events = server.logLines().flatMap(({ event }) => event ?? []);
  expect(events).toEqual(['user.signed_up', 'identity.linked', 'user.login_succeeded', 'token.refreshed']);
});

test('O05: issuer and subject find the account, whatever happens to the email', async () => {
  const { provider, server } = await startWithProvider();
  const first = (await loginAt(server, 'acme')).data.loginWithProvider.user;
  provider.person = { ...provider.person, email: 'countess@example.com' };
  expect((await loginAt(server, 'acme')).data.loginWithProvider.user).toEqual(first);
  provider.person = { ...provider.person, email_verified: false };
  expect((await loginAt(server, 'acme')).data.loginWithProvider.user).toEqual(first);
  provider.person = { sub: 'ada' };
  expect((await loginAt(server, 'acme')).data.loginWithProvider.user).toEqual(first);
});

test('O05: the same subject at another provider is another account', async () => {
  const [one, other] = [await startOpenIdProvider(), await startOpenIdProvider()];
  const server = await startServer(providerEnv({ ONE: one.issuer, OTHER: other.issuer }));
  other.person = { ...other.person, email: 'ada@elsewhere.example.com' };
  const first = (await loginAt(server, 'one')).data.loginWithProvider.user;
  const second = (await loginAt(server, 'other')).data.loginWithProvider.user;
  expect(second.id).not.toBe(first.id);
});

test.each([true, false, 'true', 1, undefined])(
  'O06: an account that has the email already is not linked where email_verified is %j',
  async (emailVerified) => {
    const { provider, server } = await startWithProvider();
    const { user, accessToken } = await signup(server, 'ada@example.com');
    provider.person = { ...provider.person, email_verified: emailVerified };
    const answer = await loginAt(server, 'acme');
    const code = emailVerified === true ? 'ACCOUNT_LINK_REQUIRED' : 'EMAIL_UNVERIFIED';
    expect([answer.data, answer.codes]).toEqual([null, [code]]);
    expect((await login(server, 'ada@example.com')).data.login.user.id).toBe(user.id);
    expect(
      (await server.gql('{ identities { edges { node { id } } } }', { token: accessToken })).data.identities.edges,
    ).toEqual([]);
  },
);

test('O07: an account that took an email first gains nothing from its owner’s identity', async () => {
  const { provider, server } = await startWithProvider();
  const squatter = await signup(server, 'ada@example.com', goodPassword);
  expect((await loginAt(server, 'acme')).codes).toEqual(['ACCOUNT_LINK_REQUIRED']);
  const own = await server.gql('{ identities { edges { node { id } } } }', { token: squatter.accessToken });
  expect(own.data.identities.edges).toEqual([]);
  provider.person = { ...provider.person, email: 'ada.lovelace@example.com' };
  const owner = (await loginAt(server, 'acme')).data.loginWithProvider;
  expect(owner.user.id).not.toBe(squatter.user.id);
});

test.each([
  { email_verified: false },
  { email_verified: 'true' },
  { email_verified: undefined },
  { email: undefined },
  { email: 'no address' },
  { email: 'ada@example.com, eve@example.net' },
])('no account is created for %j, since the provider does not vouch for the email', async (claims) => {
  const { provider, server } = await startWithProvider();
  provider.person = { ...provider.person, ...claims };
  expect((await loginAt(server, 'acme')).codes).toEqual(['EMAIL_UNVERIFIED']);
});

test('P16: an email from a provider is compared in its one spelling', async () => {
  const { provider, server } = await startWithProvider();
  await signup(server, 'ada@example.com');
  provider.person = { ...provider.person, email: ' ADA@Example.com' };
  expect((await loginAt(server, 'acme')).codes).toEqual(['ACCOUNT_LINK_REQUIRED']);
});

test('R16: a disabled account cannot be signed in to', async () => {
  const { server } = await startWithProvider(adminEnv);
  const { user } = (await loginAt(server, 'acme')).data.loginWithProvider;
  const back = await signInAt(server, 'acme');
  const { accessToken: token } = await loginAsAdmin(server);
  await server.gql('mutation ($id: ID!) { disableUser(id: $id) { id } }', { token, variables: { id: user.id } });
  expect((await loginWithProvider(server, back)).codes).toEqual(['ACCOUNT_DISABLED']);
  await server.gql('mutation ($id: ID!) { enableUser(id: $id) { id } }', { token, variables: { id: user.id } });
  expect((await loginAt(server, 'acme')).codes).toEqual([]);
});

test('P12: a password login to an account without a password answers like a wrong password', async () => {
  const { server } = await startWithProvider();
  const { accessToken: token } = (await loginAt(server, 'acme')).data.loginWithProvider;
  await signup(server, 'grace@example.com');
  const answers = await Promise.all(
    ['', '*', goodPassword].map((password) => login(server, 'ada@example.com', password)),
  );
  const wrong = await login(server, 'grace@example.com', 'another password entirely');
  for (const answer of answers) {
    expect([answer.status, answer.data, answer.errors]).toEqual([wrong.status, wrong.data, wrong.errors]);
  }
  const change = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { expiresIn } }';
  const variables = { input: { currentPassword: '', newPassword: goodPassword } };
  expect((await server.gql(change, { token, variables })).codes).toEqual(['INVALID_CREDENTIALS']);
});

test('simultaneous first sign-ins of one person create one account and a session each', async () => {
  const { server } = await startWithProvider();
  const returns = await Promise.all([signInAt(server, 'acme'), signInAt(server, 'acme'), signInAt(server, 'acme')]);
  const answers = await Promise.all(returns.map((back) => loginWithProvider(server, back)));
  const grants = answers.flatMap(({ data }) => data?.loginWithProvider ?? []);
  expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
  expect(new Set(grants.map(({ user }) => user.id)).size).toBe(1);
  expect(new Set(grants.map(({ session }) => session.id)).size).toBe(3);
});

test('L01: a refused sign-in is an event with its provider', async () => {
  const { server } = await startWithProvider();
  await signup(server, 'ada@example.com');
  await loginAt(server, 'acme');
  const events = server.logLines().filter(({ event }) => event !== undefined);
  expect(events.at(-1)).toMatchObject({
    ...{ event: 'user.login_failed', reason: 'ACCOUNT_LINK_REQUIRED', metadata: { provider: 'acme' } },
  });
});
