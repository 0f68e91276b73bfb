import { apiKey, basic, bearer, cookie, createAuthenticate, scopesOf } from '@fieldgate/guard';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config/config.ts';
import { createKeyedDigest } from '../crypto/keyed-digest.ts';
import type { ConfiguredKeys } from '../crypto/keys.ts';
import type { Clock } from '../domain/clock.ts';
import { grantable } from '../domain/scope.ts';
import type { Signals } from '../domain/signals.ts';
import { createCharge } from '../graphql/operation/charge.ts';
import { readFieldLimits } from '../graphql/operation/field-limits.ts';
import { createPipeline } from '../graphql/operation/pipeline.ts';
import type { OnOperation } from '../graphql/operation/report.ts';
import { createRefusalLog } from '../graphql/refusal-log.ts';
import { createSchema } from '../graphql/schema.ts';
import { createSessionCookies } from '../graphql/session-cookies.ts';
import type { ExecuteStream, StreamDeps } from '../graphql/streams/yoga.ts';
import { createCors } from '../http/cors.ts';
import { createGraphiQLPage } from '../http/graphiql-page.ts';
import { createGraphQLEndpoint } from '../http/graphql-endpoint.ts';
import { createHealth } from '../http/health.ts';
import { createMetricsRoute } from '../http/metrics-route.ts';
import { resourceMetadataUrl } from '../http/oauth/paths.ts';
import { createOAuthRoutes } from '../http/oauth/routes.ts';
import { createHeadersAround } from '../http/response.ts';
import { createRouter } from '../http/router.ts';
import { createBasicLogin } from '../services/basic-login.ts';
import { createIntrospection } from '../services/introspection.ts';
import { createRequestVerify } from '../services/key-ring.ts';
import { createLimits } from '../services/limits.ts';
import { createRevocation } from '../services/revocation.ts';
import { publicKeys } from '../services/signing-keys.ts';
import { createStepUp } from '../services/step-up.ts';
import type { Stores } from '../stores/open.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics/metrics.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import { createIdentityEdge } from './identity.ts';
import { createServices } from './services.ts';

const graphqlPath = '/graphql';

type Parts = {
  readonly config: Config;
  readonly stores: Stores;
  readonly keys: ConfiguredKeys;
  readonly clock: Clock;
  readonly log: Log;
  readonly signals: Signals;
  /** Null where nothing is counted. */
  readonly metrics: Metrics | null;
  /** Null where nothing is traced. */
  readonly tracing: Tracing | null;
};

/** The whole server, without a socket: `handle` answers requests. */
export const createApp = (parts: Parts) => {
  const { config, stores, clock, log, metrics, tracing } = parts;
  const { ports } = stores;
  const services = createServices({
    ...parts,
    ports,
    knownScopes: () => scopesOf(schema),
  });
  const { events, keyRing, accounts, sessions, apiKeys, serviceClients, identities, accessTokens, passwordHashing } =
    services;
  const isProduction = config.environment === 'production';

  const limits = createLimits({ ...parts, rates: config.rates, shared: ports.rateCounters, record: events.record });
  const tokens = {
    verify: createRequestVerify(accessTokens, keyRing, clock),
    checkSession: ports.sessions.check,
  };
  const byToken = bearer({ ...tokens, checkServiceToken: ports.serviceClients.check });
  const sessionCookies = config.sessionCookies
    ? createSessionCookies({ issuer: config.issuer, corsOrigins: config.corsOrigins, clock })
    : null;
  const authenticate = createAuthenticate([
    byToken,
    ...(sessionCookies
      ? [cookie({ ...tokens, name: sessionCookies.accessName, mayUseCookies: sessionCookies.mayUseCookies })]
      : []),
    apiKey({ verify: apiKeys.verify }),
    ...(config.basicAuth
      ? [basic({ verify: createBasicVerify({ accounts, clock, consume: limits.consume, record: events.record }) })]
      : []),
  ]);
  const reportFault = (error: unknown, requestId: string | null) => {
    log.error({ err: error, requestId }, 'a request failed by a fault of the server');
    tracing?.onFault();
  };
  const onRefusal = createRefusalLog(events.record);
  const stepUp = createStepUp({ accounts, requireRecentSignIn: services.requireRecentSignIn, consume: limits.consume });
  const schema = createSchema(
    {
      accounts,
      sessions,
      apiKeys,
      serviceClients,
      identities,
      events,
      sessionCookies,
      stepUp,
      consume: limits.consume,
    },
    onRefusal,
  );
  const fieldLimits = readFieldLimits(schema);
  const resource = config.issuer + graphqlPath;
  const operationDeps = { schema, reportFault, onOperation: onOperation(metrics, tracing) };
  const pipeline = createPipeline({
    ...operationDeps,
    authenticate,
    resourceMetadata: resourceMetadataUrl(resource),
    introspection: config.introspection,
    fieldLimits,
    charge: createCharge(fieldLimits, limits),
    documentLimit: limits.documents,
    onRefusal,
  });
  const health = createHealth(stores.pings);
  const cors = createCors(config.corsOrigins);
  const metricsText =
    metrics && (async () => metrics.text({ readiness: await health.stores(), passwordHashing: passwordHashing() }));
  const router = createRouter({
    graphqlPath,
    graphql: createGraphQLEndpoint({
      pipeline,
      executeStream: loadStreams({ ...operationDeps, executeDeps: pipeline.executeDeps }),
      graphiql: isProduction ? null : createGraphiQLPage(),
    }),
    health,
    cors,
    metrics: metricsText && config.metricsPort === null ? createMetricsRoute(metricsText) : null,
    others: {
      ...createOAuthRoutes({
        issuer: config.issuer,
        audience: config.audience,
        resource,
        scopes: () => grantable(scopesOf(schema), 'ADMIN'),
        sessions,
        serviceClients,
        revoke: createRevocation({ accessTokens, sessions, serviceClients, clock }),
        introspect: createIntrospection({ accessTokens, authenticate: byToken, clock }),
        authenticate: byToken,
        consume: limits.consume,
        publicKeys: () => publicKeys(keyRing.keys()),
        publicKeysMaxAgeSeconds: config.keyRotation.maxAgeSeconds,
        report: reportFault,
      }),
      ...createIdentityEdge({ ...parts, ports, limits }),
    },
  });
  const headersAround = createHeadersAround({ cors, graphqlPath, sessionCookies: config.sessionCookies });
  return { ...router, headersAround, health, accounts, events, keyRing, limits, metricsText };
};

/** Yoga, a third of all there is to load, is loaded when the first stream begins. */
const loadStreams = (deps: Omit<StreamDeps, 'path'>): ExecuteStream => {
  let loading: Promise<ExecuteStream> | null = null;
  return async (request, requested) => {
    loading ??= import('../graphql/streams/yoga.ts').then((streams) =>
      streams.createYogaStreams({ ...deps, path: graphqlPath }),
    );
    return (await loading)(request, requested);
  };
};

const onOperation = (metrics: Metrics | null, tracing: Tracing | null): OnOperation | null => {
  if (!metrics || !tracing) return (metrics ?? tracing)?.onOperation ?? null;
  return (kind, outcome) => {
    metrics.onOperation(kind, outcome);
    tracing.onOperation(kind, outcome);
  };
};

/** The most pairs of email and password that are cached. */
const maxCachedLogins = 10_000;

const createBasicVerify = (
  deps: Pick<Parameters<typeof createBasicLogin>[0], 'accounts' | 'clock' | 'consume' | 'record'>,
) =>
  createBasicLogin({
    ...deps,
    digest: createKeyedDigest(),
    cache: new LRUCache({ max: maxCachedLogins }),
  }).verify;
