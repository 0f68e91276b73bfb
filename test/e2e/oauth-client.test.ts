import * as oauth from 'oauth4webapi';
import { describe, expect } from 'vitest';
import { freePort } from '../support/process.ts';
import { adminEnv, goodPassword, loginAsAdmin, type SignedIn, signup, testWithServer } from '../support/server.ts';

/** The only relaxed check: this server is reached over plain HTTP. */
const overHttp = { [oauth.allowInsecureRequests]: true } as const;
const client: oauth.Client = { client_id: 'fieldgate' };

const port = String(await freePort());
const issuer = `http://localhost:${port}`;

const discover = async (algorithm: 'oauth2' | 'oidc') => {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm, ...overHttp }));
};

const test = testWithServer({ ...adminEnv, PORT: port, ISSUER: issuer }).extend(
  'as',
  { scope: 'file' },
  ({ server: _server }) => discover('oauth2'),
);

const byBearer =
  ({ accessToken }: SignedIn): oauth.ClientAuth =>
  (_as, _client, _body, headers) =>
    headers.set('authorization', `Bearer ${accessToken}`);

describe('oauth4webapi, a strict OAuth client', () => {
  const signIn = async (as: oauth.AuthorizationServer, username: string, password = goodPassword) =>
    oauth.processGenericTokenEndpointResponse(
      as,
      client,
      await oauth.genericTokenEndpointRequest(as, client, oauth.None(), 'password', { username, password }, overHttp),
    );
  const refresh = async (as: oauth.AuthorizationServer, refreshToken: string) =>
    oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refreshToken, overHttp),
    );
  const introspect = async (as: oauth.AuthorizationServer, by: SignedIn, token: string) =>
    oauth.processIntrospectionResponse(
      as,
      client,
      await oauth.introspectionRequest(as, client, byBearer(by), token, overHttp),
    );

  test.for(['oauth2', 'oidc'] as const)(
    'J05: the client finds the metadata of the kind %s',
    async (algorithm, { server }) => {
      expect((await discover(algorithm)).token_endpoint).toBe(`${server.url}/token`);
    },
  );

  test('the client signs in, refreshes, introspects and revokes', async ({ server, as, admin }) => {
    const { user } = await signup(server);
    const first = await signIn(as, user.email);
    expect(first).toMatchObject({ token_type: 'bearer', expires_in: 900 });
    const second = await refresh(as, first.refresh_token ?? '');
    expect(await introspect(as, admin, second.access_token)).toMatchObject({
      active: true,
      sub: user.id,
      iss: server.url,
    });
    const revocation = await oauth.revocationRequest(as, client, oauth.None(), second.refresh_token ?? '', overHttp);
    expect(await oauth.processRevocationResponse(revocation)).toBeUndefined();
    expect(await introspect(as, admin, second.access_token)).toEqual({ active: false });
  });

  test.for([
    ['client_secret_basic', (secret: string) => oauth.ClientSecretBasic(secret)],
    ['client_secret_post', (secret: string) => oauth.ClientSecretPost(secret)],
  ] as const)(
    'a service with %s gets a token, introspects and revokes it',
    async ([method, authenticationBy], { server, as }) => {
      expect(as.token_endpoint_auth_methods_supported).toContain(method);
      const { accessToken: token } = await loginAsAdmin(server);
      const created = await server.gql(
        'mutation { createServiceClient(input: { name: "till", scopes: ["orders:read"] }) { secret client { id } } }',
        { token },
      );
      const { secret, client: made } = created.data.createServiceClient;
      const service: oauth.Client = { client_id: made.id };
      const by = authenticationBy(secret);
      const issued = await oauth.processClientCredentialsResponse(
        as,
        service,
        await oauth.clientCredentialsGrantRequest(as, service, by, { scope: 'orders:read' }, overHttp),
      );
      expect(issued).toMatchObject({ token_type: 'bearer', scope: 'orders:read' });
      const introspectOwn = async () =>
        oauth.processIntrospectionResponse(
          as,
          service,
          await oauth.introspectionRequest(as, service, by, issued.access_token, overHttp),
        );
      expect(await introspectOwn()).toMatchObject({ active: true, sub: made.id, client_id: made.id });
      const request = new Request(server.url, { headers: { authorization: `Bearer ${issued.access_token}` } });
      expect(await oauth.validateJwtAccessToken(as, request, server.url, overHttp)).toMatchObject({ sub: made.id });
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(as, service, by, issued.access_token, overHttp),
      );
      expect(await introspectOwn()).toEqual({ active: false });
      const wrong = oauth.clientCredentialsGrantRequest(as, service, authenticationBy('wrong'), {}, overHttp);
      await expect(
        wrong.then((answer) => oauth.processClientCredentialsResponse(as, service, answer)),
      ).rejects.toThrow();
    },
  );

  test('the client understands refusals', async ({ as }) => {
    await expect(signIn(as, 'nobody@example.com')).rejects.toMatchObject({ status: 400, error: 'invalid_grant' });
    await expect(refresh(as, 'fgr_x')).rejects.toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  test('the client accepts access tokens as RFC 9068 defines them', async ({ server, as }) => {
    const { accessToken, user } = await signup(server);
    const request = new Request(`${server.url}/orders`, { headers: { authorization: `Bearer ${accessToken}` } });
    const claims = await oauth.validateJwtAccessToken(as, request, server.url, overHttp);
    expect(claims).toMatchObject({ sub: user.id, client_id: 'fieldgate', iss: server.url });
  });
});
