import { createHash, randomBytes } from 'node:crypto';
import { providerEnv, returnTo, startOpenIdProvider } from './identity-providers.ts';
import { type GraphQLAnswer, startServer, type TestServer } from './server.ts';

/** An OpenID provider, a server that knows it as `acme`, and a browser at that server. */
export const startWithProvider = async (env: Record<string, string> = {}, metadata: Record<string, unknown> = {}) => {
  const provider = await startOpenIdProvider(metadata);
  const server = await startServer({ ...providerEnv({ ACME: provider.issuer }), ...env });
  return { provider, server, browser: createBrowser(server) };
};

/** A browser as far as redirects and cookies go, at the server under its public address (`ISSUER`). */
export const createBrowser = (server: Pick<TestServer, 'fetch'>) => {
  const cookies = new Map<string, string>();
  const visit = async (url: string): Promise<Response> => {
    const isOurs = url.startsWith('/') || url.startsWith('http://localhost:4000/');
    if (!isOurs) return fetch(url, { redirect: 'manual' });
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const path = url.replace('http://localhost:4000', '');
    const response = await server.fetch(path, { redirect: 'manual', headers: cookie ? { cookie } : {} });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  return { cookies, visit };
};

export type Browser = ReturnType<typeof createBrowser>;

export const createVerifier = (): string => randomBytes(32).toString('base64url');
export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

export const beginUrl = (provider: string, parameters: Record<string, string>): string =>
  `/oauth/${provider}?${new URLSearchParams(parameters)}`;

export const locationOf = (response: Response): string => {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`no redirect: ${response.status}`);
  return location;
};

/** Goes to a provider and stops before the callback. Returns its address. */
export const goToProvider = async (browser: Browser, provider: string, verifier: string): Promise<string> => {
  const began = await browser.visit(beginUrl(provider, { returnTo, codeChallenge: challengeOf(verifier) }));
  return locationOf(await browser.visit(locationOf(began)));
};

/** Where the page is called back, and the verifier it keeps. */
export type Return = {
  readonly url: URL;
  readonly code: string;
  readonly error: string | null;
  readonly verifier: string;
};

/** Goes to the provider and back to the page. */
export const signInAt = async (
  server: TestServer,
  provider: string,
  browser: Browser = createBrowser(server),
): Promise<Return> => {
  const verifier = createVerifier();
  const callback = await goToProvider(browser, provider, verifier);
  return toReturn(await browser.visit(callback), verifier);
};

export const toReturn = (response: Response, verifier: string): Return => {
  const url = new URL(locationOf(response));
  return { url, code: url.searchParams.get('code') ?? '', error: url.searchParams.get('error'), verifier };
};

const fields = 'accessToken refreshToken expiresIn user { id email name role } session { id }';

export const loginWithProvider = (server: TestServer, { code, verifier }: Pick<Return, 'code' | 'verifier'>) =>
  server.gql(`mutation ($input: LoginWithProviderInput!) { loginWithProvider(input: $input) { ${fields} } }`, {
    variables: { input: { code, codeVerifier: verifier } },
  });

export const linkIdentity = (
  server: TestServer,
  token: string,
  { code, verifier }: Pick<Return, 'code' | 'verifier'>,
): Promise<GraphQLAnswer> =>
  server.gql(
    'mutation ($input: LinkIdentityInput!) { linkIdentity(input: $input) { identity { id provider email lastUsedAt } } }',
    { token, variables: { input: { code, codeVerifier: verifier } } },
  );

/** Goes to the provider and back, and logs in with the code. */
export const loginAt = async (server: TestServer, provider: string): Promise<GraphQLAnswer> =>
  loginWithProvider(server, await signInAt(server, provider));
