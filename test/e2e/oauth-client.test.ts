import * as oauth from 'oauth4webapi';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/process.ts';
import { adminEnv, goodPassword, loginAsAdmin, signup, startServer, type TestServer } from '../support/server.ts';

/** The one thing relaxed: localhost speaks http here. */
const overHttp = { [oauth.allowInsecureRequests]: true } as const;
const client: oauth.Client = { client_id: 'fieldgate' };

describe('oauth4webapi, a strict client', () => {
  let server: TestServer;
  let as: oauth.AuthorizationServer;
  beforeAll(async () => {
    const port = String(await freePort());
    server = await startServer({ ...adminEnv, PORT: port, ISSUER: `http://localhost:${port}` });
    as = await discover('oauth2');
    return server.stop;
  });

  const discover = async (algorithm: 'oauth2' | 'oidc') => {
    const issuer = new URL(server.url);
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...overHttp }));
  };
  const signIn = async (username: string, password = goodPassword) =>
    oauth.processGenericTokenEndpointResponse(
      as,
      client,
      await oauth.genericTokenEndpointRequest(as, client, oauth.None(), 'password', { username, password }, overHttp),
    );
  const refresh = async (refreshToken: string) =>
    oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refreshToken, overHttp),
    );
  const asAdmin = async (): Promise<oauth.ClientAuth> => {
    const { accessToken } = await loginAsAdmin(server);
    return (_as, _client, _body, headers) => headers.set('authorization', `Bearer ${accessToken}`);
  };
  const introspect = async (token: string) =>
    oauth.processIntrospectionResponse(
      as,
      client,
      await oauth.introspectionRequest(as, client, await asAdmin(), token, overHttp),
    );

  it.each(['oauth2', 'oidc'] as const)('J05: finds the metadata the %s way', async (algorithm) => {
    expect((await discover(algorithm)).token_endpoint).toBe(`${server.url}/token`);
  });

  it('signs in, refreshes, introspects and revokes', async () => {
    const { user } = await signup(server);
    const first = await signIn(user.email);
    expect(first).toMatchObject({ token_type: 'bearer', expires_in: 900 });
    const second = await refresh(first.refresh_token ?? '');
    expect(await introspect(second.access_token)).toMatchObject({ active: true, sub: user.id, iss: server.url });
    const revocation = await oauth.revocationRequest(as, client, oauth.None(), second.refresh_token ?? '', overHttp);
    expect(await oauth.processRevocationResponse(revocation)).toBeUndefined();
    expect(await introspect(second.access_token)).toEqual({ active: false });
  });

  it.each([
    ['client_secret_basic', (secret: string) => oauth.ClientSecretBasic(secret)],
    ['client_secret_post', (secret: string) => oauth.ClientSecretPost(secret)],
  ])('is a service by %s: gets a token, introspects and revokes it', async (method, authenticationBy) => {
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
    await expect(wrong.then((answer) => oauth.processClientCredentialsResponse(as, service, answer))).rejects.toThrow();
  });

  it('reads our refusals', async () => {
    await expect(signIn('nobody@example.com')).rejects.toMatchObject({ status: 400, error: 'invalid_grant' });
    await expect(refresh('fgr_x')).rejects.toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('takes our access tokens for what RFC 9068 says one is', async () => {
    const { accessToken, user } = await signup(server);
    const request = new Request(`${server.url}/orders`, { headers: { authorization: `Bearer ${accessToken}` } });
    const claims = await oauth.validateJwtAccessToken(as, request, server.url, overHttp);
    expect(claims).toMatchObject({ sub: user.id, client_id: 'fieldgate', iss: server.url });
  });
});
