import type { RequestState } from '../graphql/context.ts';
import type { Cors } from './cors.ts';
import { hasCredential } from './credentials-in-url.ts';
import type { Health } from './health.ts';
import { isAcceptable } from './media-types.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import { responseHeaders } from './response-headers.ts';

/** One way from a request to an answer; the path is matched exactly before it is called. */
export type Route = (request: Request, state: RequestState) => Promise<Response> | Response;

type Methods = Readonly<Record<string, Route>>;

type Options = {
  readonly graphqlPath: string;
  readonly graphql: Route;
  readonly graphiql: Route | null;
  readonly health: Health;
  readonly cors: Cors;
  /** Whether GraphQL takes credentials from cookies. No other endpoint ever does. */
  readonly sessionCookies: boolean;
  /** Null where metrics are served elsewhere or not at all. */
  readonly metrics: Route | null;
  /** Further endpoints: by path, then by method. */
  readonly others: Readonly<Record<string, Methods>>;
};

export type Handle = (request: Request, state: RequestState) => Promise<Response>;

const credentialInUrl =
  'Credentials are not taken from a URL, which ends up in logs, histories and referrers: send X-API-Key or Authorization as a header. Revoke the one that was sent.';

/** In the form that the clients of the path read: RFC 6749 §5.2 beside GraphQL, else GraphQL's. */
const refuseCredentialInUrl = (isOAuth: boolean): Response =>
  isOAuth
    ? json(400, { error: 'invalid_request', error_description: credentialInUrl })
    : refusal(400, 'BAD_REQUEST', credentialInUrl, {}, 'CREDENTIAL_IN_URL');

export type Router = {
  /** Answers every request the server gets: by its exact path, then by its method. */
  readonly handle: Handle;
  /** Of the target of a request its path, as far as that is one of ours, else `none`. */
  readonly routeOf: (target: string) => string;
};

export const createRouter = (options: Options): Router => {
  const routes: ReadonlyMap<string, Methods> = new Map<string, Methods>([
    [options.graphqlPath, graphqlRoutes(options)],
    ['/health', { GET: () => json(200, options.health.process()) }],
    ...(options.metrics ? [['/metrics', { GET: options.metrics }] as const] : []),
    ...Object.entries(options.others),
    ['/ready', { GET: async () => readiness(await options.health.stores()) }],
  ]);

  const route = (request: Request, url: URL, state: RequestState): Promise<Response> | Response => {
    if (hasCredential(url)) return refuseCredentialInUrl(Object.hasOwn(options.others, url.pathname));
    const methods = routes.get(url.pathname);
    if (!methods) return refusal(404, 'NOT_FOUND', `There is nothing here. GraphQL is at ${options.graphqlPath}.`);
    if (request.method === 'OPTIONS') {
      return new Response(null, {
        status: 204,
        headers: options.cors.preflightHeadersFor(request.headers.get('origin')),
      });
    }
    const handler = methods[request.method === 'HEAD' ? 'GET' : request.method];
    if (handler) return handler(request, state);
    const allow = [...Object.keys(methods), 'OPTIONS'].join(', ');
    return refusal(405, 'METHOD_NOT_ALLOWED', `Use ${allow}.`, { allow });
  };

  const handle: Handle = async (request, state) => {
    const url = new URL(request.url);
    const response = await route(request, url, state);
    const { requestId } = state;
    const origin = request.headers.get('origin');
    const readsCookies = options.sessionCookies && url.pathname === options.graphqlPath;
    const headers = responseHeaders(options.cors, { origin, requestId, readsCookies }, response.headers.has('etag'));
    for (const [name, value] of Object.entries({ ...headers, ...rateLimitHeaders(state.rateLimits) })) {
      response.headers.set(name, value);
    }
    for (const cookie of state.setCookies) response.headers.append('set-cookie', cookie);
    return response;
  };
  const routeOf = (target: string): string => {
    const path = target.split('?', 1)[0] ?? '';
    return routes.has(path) ? path : 'none';
  };
  return { handle, routeOf };
};

const graphqlRoutes = ({ graphql, graphiql }: Options): Record<string, Route> => {
  const execute: Route = (request, state) => {
    if (!isAcceptable(request.headers.get('accept'))) {
      return refusal(406, 'NOT_ACCEPTABLE', 'Answers are application/graphql-response+json or application/json.');
    }
    return graphql(request, state);
  };
  return {
    GET: (request, state) =>
      graphiql && (request.headers.get('accept') ?? '').includes('text/html')
        ? graphiql(request, state)
        : execute(request, state),
    POST: (request, state) => {
      // Forms and plain text can be sent by any page without asking (no preflight); JSON cannot.
      if (!isJson(request.headers.get('content-type'))) {
        return refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.');
      }
      return execute(request, state);
    },
  };
};

const isJson = (contentType: string | null): boolean =>
  /^application\/(?:graphql\+)?json\s*(?:;|$)/i.test(contentType ?? '');

const readiness = (stores: Awaited<ReturnType<Health['stores']>>): Response => json(stores.ready ? 200 : 503, stores);

export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  });

/** A refusal by the edge itself, in the form GraphQL clients read. */
export const refusal = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  reason?: string,
): Response => json(status, { errors: [{ message, extensions: { code, reason } }] }, headers);
