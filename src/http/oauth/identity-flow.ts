import { CodedError } from '@fieldgate/guard/core';
import type { IdentityFlows } from '../../services/identity-flows.ts';
import { anonymousCaller, type Limits } from '../../services/limits.ts';
import type { Route } from '../route.ts';
import type { FlowCookies } from './identity-flow-cookie.ts';
import { identityPaths } from './paths.ts';

type IdentityRoutesDeps = {
  readonly providers: readonly string[];
  readonly flows: IdentityFlows;
  readonly cookies: FlowCookies;
  readonly consume: Limits['consume'];
};

/** Creates `GET /oauth/<provider>` and its callback for each provider: a browser passes through both. */
export const createIdentityRoutes = (
  deps: IdentityRoutesDeps,
): Readonly<Record<string, Readonly<Record<string, Route>>>> =>
  Object.fromEntries(
    deps.providers.flatMap((provider) => {
      const paths = identityPaths(provider);
      return [
        [paths.begin, { GET: handleErrorsAsPage(begin(provider, deps)) }],
        [paths.callback, { GET: handleErrorsAsPage(finish(provider, deps)) }],
      ];
    }),
  );

const begin =
  (provider: string, { flows, cookies }: IdentityRoutesDeps): Route =>
  async (request) => {
    const { searchParams } = new URL(request.url);
    const [returnTo, codeChallenge] = [single(searchParams, 'returnTo'), single(searchParams, 'codeChallenge')];
    const { location, cookie } = await flows.begin(provider, { returnTo, codeChallenge });
    return redirect(location, cookie ? cookies.keep(request, cookie.state, cookie.value) : []);
  };

const finish =
  (provider: string, { flows, cookies, consume }: IdentityRoutesDeps): Route =>
  async (request, { client, rateLimits }) => {
    // Anyone can forge a cookie and its state, and each return writes a row and sends a request to the provider.
    const refusal = await consume('oauth', anonymousCaller(client, rateLimits));
    if (refusal) throw refusal;
    const { searchParams } = new URL(request.url);
    const state = single(searchParams, 'state') ?? '';
    const location = await flows.finish(provider, searchParams, cookies.read(request, state));
    return redirect(location, [cookies.clear(state)]);
  };

/** Null also where there are several, since none of them can be preferred. */
const single = (parameters: URLSearchParams, name: string): string | null => {
  const [value = null, ...others] = parameters.getAll(name);
  return others.length === 0 ? value : null;
};

/** 303: the browser follows with GET and without a body, whatever the method was (RFC 9700 §4.12). */
const redirect = (location: string, setCookies: readonly string[]): Response => {
  const headers = new Headers({ location });
  for (const line of setCookies) headers.append('set-cookie', line);
  return new Response(null, { status: 303, headers });
};

/** Renders errors for the person at the browser, because there is no page of the app to return to. */
const handleErrorsAsPage =
  (route: Route): Route =>
  async (request, state) => {
    try {
      return await route(request, state);
    } catch (error) {
      if (error instanceof CodedError) return page(error);
      throw error;
    }
  };

/** Contains constants only. */
const page = ({ code, status, message, details: { retryAfter } }: CodedError): Response =>
  new Response(
    `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n<title>Not signed in</title>\n<h1>Not signed in</h1>\n<p>${message}</p>\n<p><code>${code}</code></p>\n</html>\n`,
    {
      status,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      },
    },
  );
