import { isDecodable } from '../domain/form-encoding.ts';
import type { WholeResponse } from '../graphql/operation/result.ts';
import type { Cors } from './cors.ts';
import { hasCredential } from './credentials-in-url.ts';
import { errorResponse } from './error-response.ts';
import type { Health } from './health.ts';
import type { Handle, HttpResponse, Route } from './route.ts';

type Methods = Readonly<Record<string, Route>>;

type RouterDeps = {
  readonly graphqlPath: string;
  readonly graphql: Handle;
  readonly health: Health;
  readonly cors: Cors;
  /** Null where metrics are served elsewhere or not at all. */
  readonly metrics: Route | null;
  /** OAuth and its metadata: by path, then by method. */
  readonly oauthRoutes: Readonly<Record<string, Methods>>;
};

export type Router = {
  /** Answers every request the server gets: by its exact path, then by its method. */
  readonly handle: Handle;
  /** The path of a request's target as far as it is one of ours, else `none`. */
  readonly routeOf: (target: string) => string;
};

export const createRouter = ({ graphqlPath, graphql, health, cors, metrics, oauthRoutes }: RouterDeps): Router => {
  const routes: ReadonlyMap<string, Methods> = new Map<string, Methods>([
    ['/health', { GET: () => json(200, health.process()) }],
    ['/ready', { GET: async () => readiness(await health.stores()) }],
    ...(metrics ? [['/metrics', { GET: metrics }] as const] : []),
    ...Object.entries(oauthRoutes),
  ]);
  const isOurs = (path: string): boolean => path === graphqlPath || routes.has(path);

  const handle: Handle = (request, state) => {
    const { method, path, search } = request;
    // The common request by itself: POST to GraphQL, without a query string that could hold anything.
    if (path === graphqlPath && search === '' && method === 'POST') return graphql(request, state);
    if (hasCredential(path, search)) return refuseCredentialInUrl(Object.hasOwn(oauthRoutes, path));
    if (method === 'OPTIONS' && isOurs(path)) return preflight(cors, request.header('origin'));
    if (path === graphqlPath) return graphql(request, state);
    if (!isDecodable(search)) return errorResponse(400, { code: 'BAD_REQUEST', message: undecodable });
    const methods = routes.get(path);
    if (!methods)
      return errorResponse(404, { code: 'NOT_FOUND', message: `There is nothing here. GraphQL is at ${graphqlPath}.` });
    const route = methods[method === 'HEAD' ? 'GET' : method];
    if (route) return route(request.toRequest(), state);
    const allow = [...Object.keys(methods), 'OPTIONS'].join(', ');
    return errorResponse(405, { code: 'METHOD_NOT_ALLOWED', message: `Use ${allow}.`, headers: { allow } });
  };

  const routeOf = (target: string): string => {
    const path = target.split('?', 1)[0] ?? '';
    return isOurs(path) ? path : 'none';
  };
  return { handle, routeOf };
};

const preflight = (cors: Cors, origin: string | null): WholeResponse => ({
  status: 204,
  headers: cors.preflightHeadersFor(origin),
  body: null,
});

const undecodable = 'An escape in the URL is not UTF-8. Percent-encode the bytes of UTF-8.';

const credentialInUrl =
  'Credentials are not accepted in a URL, which ends up in logs, histories and referrers: send X-API-Key or Authorization as a header. Revoke the one that was sent.';

/** In the form that the clients of the path read: RFC 6749 §5.2 for the OAuth endpoints, else GraphQL's. */
const refuseCredentialInUrl = (isOAuth: boolean): HttpResponse =>
  isOAuth
    ? json(400, { error: 'invalid_request', error_description: credentialInUrl })
    : errorResponse(400, { code: 'BAD_REQUEST', message: credentialInUrl, reason: 'CREDENTIAL_IN_URL' });

const readiness = (stores: Awaited<ReturnType<Health['stores']>>): Response => json(stores.ready ? 200 : 503, stores);

export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  });
