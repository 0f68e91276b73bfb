import { expect, it } from 'vitest';
import { createJar, ownOrigin, setCookies } from '../support/cookie-jar.ts';
import { signInAt } from '../support/identity-browser.ts';
import { providerEnv, startOpenIdProvider } from '../support/identity-providers.ts';
import { goodPassword, newEmail, signup, startServer } from '../support/server.ts';

const payload =
  '{ __typename status accessToken refreshToken tokenType expiresIn user { id email } session { id current } challenge { token handle methods expiresIn } }';

const signedIn = (email: string) => ({
  __typename: 'SignInPayload',
  status: 'SIGNED_IN',
  accessToken: expect.stringMatching(/^eyJ/),
  refreshToken: expect.stringMatching(/^fgr_/),
  tokenType: 'Bearer',
  expiresIn: 900,
  user: { id: expect.any(String), email },
  session: { id: expect.any(String), current: true },
  challenge: null,
});

it('every sign-in answers a SignInPayload: signed in, with tokens, user and session, and no challenge', async () => {
  const provider = await startOpenIdProvider();
  provider.person = { sub: 'grace', email: 'grace@example.net', email_verified: true };
  const server = await startServer(providerEnv({ ACME: provider.issuer }));
  const email = newEmail();
  const variables = { input: { email, password: goodPassword } };
  const made = await server.gql(`mutation ($input: SignupInput!) { signup(input: $input) ${payload} }`, { variables });
  const entered = await server.gql(`mutation ($input: LoginInput!) { login(input: $input) ${payload} }`, { variables });
  const { code, verifier } = await signInAt(server, 'acme');
  const byProvider = await server.gql(
    `mutation ($input: LoginWithProviderInput!) { loginWithProvider(input: $input) ${payload} }`,
    { variables: { input: { code, codeVerifier: verifier } } },
  );
  expect(made.data.signup).toEqual(signedIn(email));
  expect(entered.data.login).toEqual(signedIn(email));
  expect(byProvider.data.loginWithProvider).toEqual(signedIn('grace@example.net'));
});

it('with delivery by cookie the status is in the body and both tokens are null there', async () => {
  const server = await startServer();
  const email = newEmail();
  const answer = await createJar(server).gql(`mutation ($input: SignupInput!) { signup(input: $input) ${payload} }`, {
    variables: { input: { email, password: goodPassword, delivery: 'COOKIE' } },
    headers: { origin: ownOrigin },
  });
  expect(answer.data.signup).toEqual({ ...signedIn(email), accessToken: null, refreshToken: null });
  expect(setCookies(answer.headers)).toHaveLength(2);
});

it('refresh and changePassword, where nobody signs in, still answer an AuthPayload', async () => {
  const server = await startServer();
  const { accessToken, refreshToken } = await signup(server);
  const renewed = await server.gql('mutation ($input: RefreshInput) { refresh(input: $input) { __typename } }', {
    variables: { input: { refreshToken } },
  });
  const changed = await server.gql(
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }',
    {
      token: accessToken,
      variables: { input: { currentPassword: goodPassword, newPassword: `${goodPassword} anew` } },
    },
  );
  expect([renewed.data.refresh, changed.data.changePassword]).toEqual([
    { __typename: 'AuthPayload' },
    { __typename: 'AuthPayload' },
  ]);
});
