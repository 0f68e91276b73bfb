import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser, signInAt } from '../support/identity-browser.ts';
import { providerEnv, startOpenIdProvider } from '../support/identity-providers.ts';
import {
  type Grant,
  type GraphQLAnswer,
  goodPassword,
  login,
  openServer,
  refresh,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';
import { serverBackends } from '../support/server-backends.ts';

const minute = 60_000;
const newPassword = `${goodPassword} anew`;

const createKey = (server: TestServer, token: string, input: Record<string, unknown> = {}): Promise<GraphQLAnswer> =>
  server.gql('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } } }', {
    token,
    variables: { input: { name: 'k', scopes: ['account:read'], ...input } },
  });
const change = (server: TestServer, token: string, input: Record<string, unknown>): Promise<GraphQLAnswer> =>
  server.gql(
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { accessToken refreshToken session { authenticatedAt } user { hasPassword identities { edges { node { provider } } } } } }',
    { token, variables: { input: { newPassword, ...input } } },
  );
const keysOf = async (server: TestServer, token: string) =>
  (await server.gql('{ apiKeys { edges { node { id revokedAt } } } }', { token })).data.apiKeys.edges.map(
    ({ node }: { node: unknown }) => node,
  );

/** A session that was refreshed, and whose owner signed in longer ago than is recent. */
const longSignedIn = async (server: TestServer): Promise<Grant> => {
  const grant = await signup(server);
  server.advance(11 * minute);
  return (await refresh(server, grant.refreshToken)).data.refresh;
};

describe.for(serverBackends)('what opens an account, on $name', ({ missing, open }) => {
  describe.skipIf(missing !== null)('with this backend', () => {
    let backend: Awaited<ReturnType<typeof open>>;
    let server: TestServer;
    /** A session that was refreshed, and whose owner signed in longer ago than is recent. */
    let later: Grant;
    beforeAll(async () => {
      backend = await open();
      server = await openServer({ RECENT_SIGN_IN: '3s', LOGIN_MAX_FAILURES: '100', ...backend.env }, {});
      const grant = await signup(server);
      // Redis goes by its own time, which no test can advance.
      if (backend.env['REDIS_URL']) await new Promise((resume) => setTimeout(resume, 3_200));
      else server.advance(3_200);
      later = (await refresh(server, grant.refreshToken)).data.refresh;
    });
    afterAll(async () => {
      await server.stop();
      await backend.drop();
    });

    test('R26: a recent sign-in may create a key; later STEP_UP_REQUIRED has maxAge, and nothing is written', async () => {
      const { accessToken: token } = await signup(server);
      expect((await createKey(server, token)).codes).toEqual([]);
      const refused = await createKey(server, later.accessToken);
      expect([refused.status, refused.data]).toEqual([200, null]);
      expect(refused.errors).toMatchObject([{ extensions: { code: 'STEP_UP_REQUIRED', maxAge: 3 } }]);
      expect(await keysOf(server, later.accessToken)).toEqual([]);
      expect((await createKey(server, later.accessToken, { currentPassword: goodPassword })).codes).toEqual([]);
      expect(await keysOf(server, later.accessToken)).toHaveLength(1);
    });

    test('R26: another sign-in, or a password change in this session, is recent', async () => {
      const again: Grant = (await login(server, later.user.email)).data.login;
      expect((await createKey(server, again.accessToken)).codes).toEqual([]);
      const { changePassword } = (await change(server, later.accessToken, { currentPassword: goodPassword })).data;
      expect((await createKey(server, changePassword.accessToken)).codes).toEqual([]);
    });

    test('R27: a password change revokes the API keys, unless revokeApiKeys is false', async () => {
      const { accessToken: token } = await signup(server);
      const { secret } = (await createKey(server, token)).data.createApiKey;
      const asked = () => server.gql('{ me { id } }', { headers: { 'x-api-key': secret } });
      const kept = await change(server, token, { currentPassword: goodPassword, revokeApiKeys: false });
      expect((await asked()).codes).toEqual([]);
      const input = { currentPassword: newPassword, newPassword: goodPassword };
      const issued: Grant = (await change(server, kept.data.changePassword.accessToken, input)).data.changePassword;
      expect((await asked()).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
      expect(await keysOf(server, issued.accessToken)).toMatchObject([{ revokedAt: expect.any(String) }]);
      const events = server.logLines().filter(({ event }) => event === 'api_key.revoked');
      expect(events.at(-1)).toMatchObject({ metadata: { name: 'k' } });
    });

    test('R27: no key that is being made while the password changes outlives the change', async () => {
      for (let round = 0; round < 3; round += 1) {
        const { accessToken: token } = await signup(server);
        const changing = change(server, token, { currentPassword: goodPassword });
        // Some of these read the password before it changes, and have verified it when it has.
        const made = Array.from({ length: 20 }, async (_, index) => {
          await new Promise((resume) => setTimeout(resume, index * 10));
          return createKey(server, token, { currentPassword: goodPassword });
        });
        const { data } = await changing;
        const secrets = (await Promise.all(made)).flatMap((answer) => answer.data?.createApiKey ?? []);
        for (const { secret } of secrets) {
          const answer = await server.gql('{ me { id } }', { headers: { 'x-api-key': secret } });
          expect(answer.codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
        }
        const keys = await keysOf(server, data.changePassword.accessToken);
        expect(keys.filter(({ revokedAt }: { revokedAt: string | null }) => revokedAt === null)).toEqual([]);
      }
    });
  });
});

describe('the current password', () => {
  test('R26: a currentPassword decides alone: a wrong one is refused in a fresh session too', async () => {
    const server = await startServer();
    const { accessToken: token } = await signup(server);
    const answer = await createKey(server, token, { currentPassword: 'wrong' });
    expect(answer.status).toBe(200);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'INVALID_CREDENTIALS', field: 'currentPassword' } }]);
    expect((await createKey(server, token, { currentPassword: '' })).codes).toEqual(['INVALID_CREDENTIALS']);
    expect(await keysOf(server, token)).toEqual([]);
  });

  test('P14: a wrong currentPassword counts toward the lock in every field; under the lock none is checked', async () => {
    const server = await startServer();
    const grant = await longSignedIn(server);
    const token = grant.accessToken;
    const wrong = { currentPassword: 'wrong' };
    const link = 'mutation ($input: LinkIdentityInput!) { linkIdentity(input: $input) { identity { id } } }';
    const unlink = 'mutation ($input: UnlinkIdentityInput!) { unlinkIdentity(input: $input) { id } }';
    const tries = [
      () => createKey(server, token, wrong),
      () => server.gql(link, { token, variables: { input: { code: 'x', codeVerifier: 'y', ...wrong } } }),
      () => server.gql(unlink, { token, variables: { input: { id: 'x', ...wrong } } }),
      () => change(server, token, wrong),
      () => createKey(server, token, wrong),
    ];
    for (const attempt of tries) expect((await attempt()).codes).toEqual(['INVALID_CREDENTIALS']);
    const right = { currentPassword: goodPassword };
    for (const answer of [await createKey(server, token, right), await change(server, token, right)]) {
      expect(answer.errors).toMatchObject([{ extensions: { code: 'ACCOUNT_LOCKED', retryAfter: expect.any(Number) } }]);
    }
    expect((await login(server, grant.user.email)).codes).toEqual(['ACCOUNT_LOCKED']);
    expect((await createKey(server, token)).codes).toEqual(['STEP_UP_REQUIRED']);
    const events = server.logLines().filter(({ event }) => event === 'user.login_failed');
    expect(events.map(({ reason }) => reason)).toEqual(Array(5).fill('CURRENT_PASSWORD_WRONG'));
  });

  test('P15: each currentPassword consumes from the login bucket, under every alias; a call without one does not', async () => {
    const server = await startServer({ RATE_LIMIT_LOGIN: '3/5m', LOGIN_MAX_FAILURES: '100' });
    const grant = await signup(server);
    const token = grant.accessToken;
    const field = (n: number) =>
      `a${n}: createApiKey(input: { name: "k", scopes: [], currentPassword: "wrong" }) { secret }`;
    const answer = await server.gql(`mutation { ${[1, 2, 3, 4, 5].map(field).join(' ')} }`, { token });
    // The first error of a mutation's fields that cannot be null ends it; what counts is how many were looked at.
    expect(server.logLines().filter(({ event }) => event === 'user.login_failed').length).toBeLessThanOrEqual(3);
    expect(answer.codes[0]).toBe('INVALID_CREDENTIALS');
    for (let i = 0; i < 5; i += 1) await createKey(server, token, { currentPassword: 'wrong' });
    const refused = await createKey(server, token, { currentPassword: goodPassword });
    expect(refused.codes).toEqual(['RATE_LIMITED']);
    expect(server.logLines().filter(({ event }) => event === 'user.login_failed')).toHaveLength(3);
    expect((await createKey(server, token)).codes).toEqual([]);
  });

  test('P09: changePassword always needs the current password, however recent the sign-in is', async () => {
    const server = await startServer();
    const { accessToken: token } = await signup(server);
    for (const input of [{}, { currentPassword: null }]) {
      const answer = await change(server, token, input);
      expect(answer.errors).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT', field: 'currentPassword', reason: 'CURRENT_PASSWORD_REQUIRED' } },
      ]);
    }
    expect((await server.gql('{ me { id } }', { token })).codes).toEqual([]);
  });

  test('hasPassword and identities are visible to the owner alone', async () => {
    const server = await startServer();
    const [ada, eve] = [await signup(server), await signup(server)];
    const asked = '{ me { hasPassword identities { edges { node { provider } } } } }';
    expect((await server.gql(asked, { token: ada.accessToken })).data.me).toEqual({
      hasPassword: true,
      identities: { edges: [] },
    });
    const other = await server.gql(
      'query ($id: ID!) { user(id: $id) { id hasPassword identities { edges { node { id } } } } }',
      {
        token: eve.accessToken,
        variables: { id: ada.user.id },
      },
    );
    expect(other.data.user).toEqual({ id: ada.user.id, hasPassword: null, identities: null });
    expect(other.codes).toEqual(['FORBIDDEN POLICY', 'FORBIDDEN POLICY']);
    const key = (await createKey(server, ada.accessToken)).data.createApiKey.secret;
    const byKey = await server.gql(asked, { headers: { 'x-api-key': key } });
    expect(byKey.data.me).toEqual({ hasPassword: true, identities: null });
  });
});

describe('identities', () => {
  const linkedLater = async () => {
    const acme = await startOpenIdProvider();
    const server = await startServer(providerEnv({ ACME: acme.issuer }));
    const link = (token: string, input: object) =>
      server.gql('mutation ($input: LinkIdentityInput!) { linkIdentity(input: $input) { identity { id } } }', {
        token,
        variables: { input },
      });
    const unlink = (token: string, input: object) =>
      server.gql('mutation ($input: UnlinkIdentityInput!) { unlinkIdentity(input: $input) { id } }', {
        token,
        variables: { input },
      });
    return { server, link, unlink, acme };
  };

  test('R26: linking needs a recent sign-in, and a refused call leaves the code for one with the password', async () => {
    const { server, link, unlink } = await linkedLater();
    const { accessToken: token } = await longSignedIn(server);
    const { code, verifier } = await signInAt(server, 'acme', createBrowser(server));
    const redemption = { code, codeVerifier: verifier };
    expect((await link(token, redemption)).errors).toMatchObject([
      { extensions: { code: 'STEP_UP_REQUIRED', maxAge: 600 } },
    ]);
    const linked = await link(token, { ...redemption, currentPassword: goodPassword });
    const { id } = linked.data.linkIdentity.identity;
    expect((await unlink(token, { id })).codes).toEqual(['STEP_UP_REQUIRED']);
    expect((await unlink(token, { id, currentPassword: goodPassword })).data.unlinkIdentity).toEqual({ id });
  });

  test('R26: an account without a password needs a recent sign-in for its first one, and then has one', async () => {
    const { server, acme } = await linkedLater();
    acme.person = { sub: 'grace', email: 'grace@example.net', email_verified: true };
    const enter = async (): Promise<Grant> => {
      const { code, verifier } = await signInAt(server, 'acme', createBrowser(server));
      const mutation =
        'mutation ($input: LoginWithProviderInput!) { loginWithProvider(input: $input) { accessToken refreshToken user { hasPassword identities { edges { node { provider } } } } } }';
      const variables = { input: { code, codeVerifier: verifier } };
      return (await server.gql(mutation, { variables })).data.loginWithProvider;
    };
    const grace = await enter();
    expect(grace.user).toEqual({ hasPassword: false, identities: { edges: [{ node: { provider: 'acme' } }] } });
    const guess = await change(server, grace.accessToken, { currentPassword: goodPassword });
    expect(guess.codes).toEqual(['INVALID_CREDENTIALS']);
    server.advance(11 * minute);
    const later: Grant = (await refresh(server, grace.refreshToken)).data.refresh;
    expect((await change(server, later.accessToken, {})).codes).toEqual(['STEP_UP_REQUIRED']);
    const again = await enter();
    const changed = (await change(server, again.accessToken, {})).data.changePassword;
    expect(changed.user).toEqual({ hasPassword: true, identities: { edges: [{ node: { provider: 'acme' } }] } });
    expect((await login(server, 'grace@example.net', newPassword)).codes).toEqual([]);
    expect((await change(server, changed.accessToken, {})).codes).toEqual(['BAD_USER_INPUT CURRENT_PASSWORD_REQUIRED']);
  });
});
