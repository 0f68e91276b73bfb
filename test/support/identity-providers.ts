import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';

/** A request to a provider, with its form or query as parameters. */
export type ProviderRequest = {
  readonly path: string;
  readonly parameters: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
};

export type Answer = (request: ProviderRequest, response: ServerResponse) => void | Promise<void>;

/** An HTTP server on a free port of localhost with an answer for each path. It stops at the end of the test. */
export const startSite = async (answers: Record<string, Answer>) => {
  const requests: ProviderRequest[] = [];
  const listener: RequestListener = async (request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const body = request.method === 'POST' ? await text(request) : url.search;
    const seen = { path: url.pathname, parameters: new URLSearchParams(body), headers: request.headers };
    requests.push(seen);
    const answer = answers[url.pathname];
    if (answer) await answer(seen, response);
    else response.writeHead(404).end();
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const url = `http://localhost:${typeof address === 'object' && address ? address.port : 0}`;
  return { url, requests, answers, asked: (path: string) => requests.filter((request) => request.path === path) };
};

export const sendJson = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

export const clientId = 'fieldgate-at-the-provider';
export const clientSecret = 'a secret between two servers: 7c1f0a';
/** The address that sign-ins return to. Nothing listens there: tests read the address alone. */
export const returnTo = 'https://app.example.com/signed-in';

/** The variables for providers of these names and issuers. */
export const providerEnv = (issuers: Record<string, string>): Record<string, string> => ({
  OAUTH_RETURN_URLS: returnTo,
  ...Object.assign(
    {},
    ...Object.entries(issuers).map(([name, issuer]) => ({
      [`OAUTH_${name}_CLIENT_ID`]: clientId,
      [`OAUTH_${name}_CLIENT_SECRET`]: clientSecret,
      [`OAUTH_${name}_ISSUER`]: issuer,
    })),
  ),
});

export type Claims = JWTPayload & Record<string, unknown>;

/** Redirects the browser back with a code at once, as a provider does for a person who is signed in there. */
export const sendBack =
  (codes: Map<string, URLSearchParams>, more: Record<string, string> = {}): Answer =>
  ({ parameters }, response) => {
    const code = randomBytes(16).toString('hex');
    codes.set(code, parameters);
    const location = new URL(parameters.get('redirect_uri') ?? '');
    for (const [name, value] of Object.entries({ code, state: parameters.get('state') ?? '', ...more })) {
      location.searchParams.set(name, value);
    }
    response.writeHead(302, { location: location.href }).end();
  };

/** The parameters of the sign-in with this code, once, if the verifier is right (RFC 7636 §4.6); else null. */
export const redeem = (codes: Map<string, URLSearchParams>, sent: URLSearchParams): URLSearchParams | null => {
  const code = sent.get('code') ?? '';
  const began = codes.get(code);
  codes.delete(code);
  const challenge = createHash('sha256')
    .update(sent.get('code_verifier') ?? '')
    .digest('base64url');
  return began?.get('code_challenge') === challenge ? began : null;
};

/**
 * An OpenID provider. A test may replace any of its answers (`site.answers`) and its ID tokens. `person` is signed in there.
 */
export const startOpenIdProvider = async (metadata: Record<string, unknown> = {}) => {
  const codes = new Map<string, URLSearchParams>();
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const publicJwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const site = await startSite({});
  const sign = (claims: Claims): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(privateKey);
  const provider = {
    site,
    issuer: site.url,
    codes,
    publicJwk,
    privateKey,
    sign,
    person: { sub: 'ada', email: 'ada@example.com', email_verified: true, name: 'Ada Lovelace' } as Claims,
    /** Makes the token that is sent from the right claims. */
    idToken: sign as (claims: Claims) => Promise<string> | string,
    idTokens: [] as string[],
  };
  Object.assign(site.answers, {
    '/.well-known/openid-configuration': (_request, response) =>
      sendJson(response, {
        issuer: site.url,
        authorization_endpoint: `${site.url}/authorize`,
        token_endpoint: `${site.url}/token`,
        jwks_uri: `${site.url}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        ...metadata,
      }),
    '/jwks': (_request, response) => sendJson(response, { keys: [publicJwk] }),
    '/authorize': sendBack(codes),
    '/token': async ({ parameters }, response) => {
      const began = redeem(codes, parameters);
      if (!began) return sendJson(response, { error: 'invalid_grant' }, 400);
      const iat = Math.floor(Date.now() / 1000);
      const nonce = began.get('nonce') ?? '';
      const claims = { iss: site.url, aud: clientId, iat, exp: iat + 300, nonce, ...provider.person };
      const idToken = await provider.idToken(claims);
      provider.idTokens.push(idToken);
      sendJson(response, { access_token: 'idp-access-token', token_type: 'Bearer', id_token: idToken });
    },
  } satisfies Record<string, Answer>);
  return provider;
};

export type OpenIdProvider = Awaited<ReturnType<typeof startOpenIdProvider>>;
