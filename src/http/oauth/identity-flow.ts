import { AppError, errorTable } from '../../domain/errors.ts';
import type { IdentityFlows } from '../../services/identity-flows.ts';
import { anonymousCaller, type Limits } from '../../services/limits.ts';
import type { Route } from '../router.ts';
import type { FlowCookies } from './identity-flow-cookie.ts';
import { identityPaths } from './paths.ts';

type Options = {
  readonly providers: readonly string[];
  readonly flows: IdentityFlows;
  readonly cookies: FlowCookies;
  readonly consume: Limits['consume'];
};

/** `GET /oauth/<provider>` and its callback, for each provider there is: a browser passes through both. */
export const createIdentityRoutes = (options: Options): Readonly<Record<string, Readonly<Record<string, Route>>>> =>
  Object.fromEntries(
    options.providers.flatMap((provider) => {
      const paths = identityPaths(provider);
      return [
        [paths.begin, { GET: asPage(begin(provider, options)) }],
        [paths.callback, { GET: asPage(finish(provider, options)) }],
      ];
    }),
  );

const begin =
  (provider: string, { flows, cookies }: Options): Route =>
  async (request) => {
    const { searchParams } = new URL(request.url);
    const [returnTo, codeChallenge] = [single(searchParams, 'returnTo'), single(searchParams, 'codeChallenge')];
    const { location, cookie } = await flows.begin(provider, { returnTo, codeChallenge });
    return redirect(location, cookie ? cookies.keep(request, cookie.state, cookie.value) : []);
  };

const finish =
  (provider: string, { flows, cookies, consume: attempt }: Options): Route =>
  async (request, { client, rateLimits }) => {
    // Anybody can make up a cookie and its state; each answer is a row of ours and a question to the provider.
    const refusal = await attempt('refresh', anonymousCaller(client, rateLimits));
    if (refusal) throw refusal;
    const { searchParams } = new URL(request.url);
    const state = single(searchParams, 'state') ?? '';
    const location = await flows.finish(provider, searchParams, cookies.read(request, state));
    return redirect(location, [cookies.clear(state)]);
  };

/** Null also where there are several: which of them was meant? */
const single = (parameters: URLSearchParams, name: string): string | null => {
  const [value = null, ...others] = parameters.getAll(name);
  return others.length === 0 ? value : null;
};

/** 303: whatever the method, the browser comes with GET and brings no body along (RFC 9700 §4.12). */
const redirect = (location: string, setCookies: readonly string[]): Response => {
  const headers = new Headers({ location });
  for (const line of setCookies) headers.append('set-cookie', line);
  return new Response(null, { status: 303, headers });
};

/** There is somebody at a browser, and no page of the app's to send them to. */
const asPage =
  (route: Route): Route =>
  async (request, state) => {
    try {
      return await route(request, state);
    } catch (error) {
      if (error instanceof AppError) return page(error);
      throw error;
    }
  };

/** Nothing in it but words of ours. */
const page = ({ code, message, details: { retryAfter } }: AppError): Response =>
  new Response(
    `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n<title>Not signed in</title>\n<h1>Not signed in</h1>\n<p>${message}</p>\n<p><code>${code}</code></p>\n</html>\n`,
    {
      status: errorTable[code].status,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      },
    },
  );
