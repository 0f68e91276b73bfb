import { scopesOf } from '@fieldgate/guard';
import { grantable } from '../domain/scope.ts';
import type { Pipeline } from '../graphql/operation/pipeline.ts';
import type { ExecuteStream } from '../graphql/streams/yoga.ts';
import type { ExecuteWhole } from '../graphql/streams/yoga-whole.ts';
import { createGraphiQLPage } from '../http/graphiql-page.ts';
import { createGraphQLEndpoint } from '../http/graphql-endpoint.ts';
import { createHealth } from '../http/health.ts';
import { createMetricsRoute } from '../http/metrics-route.ts';
import { createOAuthRoutes } from '../http/oauth/routes.ts';
import { createHeadersFor } from '../http/response.ts';
import { createRouter } from '../http/router.ts';
import { createIntrospection } from '../services/introspection.ts';
import type { Limits } from '../services/limits.ts';
import { createRevocation } from '../services/revocation.ts';
import { publicKeys } from '../services/signing-keys.ts';
import type { AppDeps } from './app-deps.ts';
import type { Authenticators } from './authenticators.ts';
import { createIdentityRouteHandlers } from './identity.ts';
import type { Origins } from './origins.ts';
import type { Services } from './services.ts';

export const graphqlPath = '/graphql';

type RoutesDeps = Omit<AppDeps, 'keys' | 'log' | 'tracing'> & {
  readonly services: Services;
  readonly limits: Limits;
  readonly origins: Origins;
  readonly authenticators: Authenticators;
  readonly schema: Parameters<typeof scopesOf>[0];
  readonly pipeline: Pipeline;
  readonly executeStream: ExecuteStream;
  readonly executeWhole: ExecuteWhole | null;
  readonly reportFault: (error: unknown, requestId: string | null) => void;
};

/** Every path of the server, and the common headers of its responses. */
export const createRoutes = (deps: RoutesDeps) => {
  const { config, stores, services, metrics, pipeline, executeStream, executeWhole } = deps;
  const { cors } = deps.origins;
  const health = createHealth(stores.pings);
  const metricsText =
    metrics &&
    (async () => metrics.text({ readiness: await health.stores(), passwordHashing: services.passwordHashing() }));
  const graphiql = config.environment === 'production' ? null : createGraphiQLPage();
  const router = createRouter({
    graphqlPath,
    graphql: createGraphQLEndpoint({ pipeline, executeStream, executeWhole, graphiql }),
    health,
    cors,
    metrics: metricsText && config.metricsPort === null ? createMetricsRoute(metricsText) : null,
    oauthRoutes: { ...oauthRoutes(deps), ...createIdentityRouteHandlers({ ...deps, ports: stores.ports }) },
  });
  const headersFor = createHeadersFor({ cors, graphqlPath, sessionCookies: config.sessionCookies });
  return { ...router, headersFor, health, metricsText };
};

const oauthRoutes = ({ config, api, services, limits, authenticators, schema, clock, reportFault }: RoutesDeps) => {
  const { accessTokens, sessions, serviceClients, keyRing } = services;
  const { byToken } = authenticators;
  return createOAuthRoutes({
    roles: api.roles,
    issuer: config.issuer,
    audience: config.audience,
    resource: config.issuer + graphqlPath,
    scopes: () => grantable(scopesOf(schema), api.roles.administrator),
    sessions,
    serviceClients,
    revoke: createRevocation({ accessTokens, sessions, serviceClients, clock }),
    introspect: createIntrospection({ accessTokens, authenticate: byToken, clock }),
    authenticate: byToken,
    consume: limits.consume,
    publicKeys: () => publicKeys(keyRing.keys.current),
    publicKeysMaxAgeSeconds: config.keyRotation.maxAgeSeconds,
    report: reportFault,
  });
};
