import { apiKey, basic, bearer, cookie, createAuthenticate, scopesOf } from '@fieldgate/guard';
import type { Config } from '../config/config.ts';
import { createKeyedDigest } from '../crypto/keyed-digest.ts';
import type { ConfiguredKeys } from '../crypto/keys.ts';
import type { Clock } from '../domain/clock.ts';
import { createRecentEntries } from '../domain/recent-entries.ts';
import { grantable } from '../domain/scope.ts';
import { createCharge } from '../graphql/charge.ts';
import { readFieldLimits } from '../graphql/field-limits.ts';
import type { OnOperation } from '../graphql/operation-report.ts';
import { createRefusalLog } from '../graphql/refusals.ts';
import { createSchema } from '../graphql/schema.ts';
import { createSessionCookies } from '../graphql/session-cookies.ts';
import { createStraightWay } from '../graphql/straight/way.ts';
import type { GraphQLServer } from '../graphql/yoga.ts';
import { createCors } from '../http/cors.ts';
import { createGraphiQLPage } from '../http/graphiql-page.ts';
import { createHealth } from '../http/health.ts';
import { resourceMetadataUrl } from '../http/oauth/paths.ts';
import { createOAuthRoutes } from '../http/oauth/routes.ts';
import { createRouter, type Route } from '../http/router.ts';
import { createStraightAnswers } from '../http/straight.ts';
import { createBasicLogin } from '../services/basic-login.ts';
import { createIntrospection } from '../services/introspection.ts';
import { createRequestVerify } from '../services/key-ring.ts';
import { createLimits } from '../services/limits.ts';
import { createRevocation } from '../services/revocation.ts';
import { publicKeys } from '../services/signing-keys.ts';
import type { Stores } from '../stores/open.ts';
import { type Log, writeEvent } from '../telemetry/log.ts';
import { createMetricsRoute } from '../telemetry/metrics/endpoint.ts';
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
  /** Told of trouble with a store that no caller is told of. */
  readonly onTrouble: (error: unknown) => void;
  /** Null where nothing is counted. */
  readonly metrics: Metrics | null;
  /** Null where nothing is traced. */
  readonly tracing: Tracing | null;
};

/** The whole server, without a socket: `handle` answers requests. */
export const createApp = (parts: Parts) => {
  const { config, stores, clock, log, metrics, tracing } = parts;
  const { events, keyRing, accounts, sessions, apiKeys, serviceClients, identities, accessTokens, passwordHashing } =
    createServices({
      ...parts,
      knownScopes: () => scopesOf(schema),
      writeEvent: (event) => {
        writeEvent(log, event);
        metrics?.onEvent(event);
      },
      onKeySwitch: (kid) => log.info({ kid }, 'access tokens are signed with another key from now on'),
      onSealedKeys: (kids) =>
        log.warn(
          { kids },
          'these signing keys are sealed under a key that is not in the key file: they neither sign nor verify',
        ),
      onLostEvents: (count) => log.error({ count }, 'events are in this log alone: the database did not take them'),
    });
  const isProduction = config.environment === 'production';

  const limits = createLimits({ ...parts, rates: config.rates, shared: stores.rateCounters, record: events.record });
  const tokens = {
    verify: createRequestVerify(accessTokens, keyRing, clock),
    checkSession: stores.sessions.check,
  };
  const byToken = bearer({ ...tokens, checkServiceToken: stores.serviceClients.check });
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
      ? [basic({ verify: createBasicVerify({ accounts, clock, attempt: limits.consume, record: events.record }) })]
      : []),
  ]);
  const report = (error: unknown, requestId: string | null) => {
    log.error({ err: error, requestId }, 'a request failed by a fault of the server');
    tracing?.onFault();
  };
  const onRefusal = createRefusalLog(events.record);
  const schema = createSchema(
    { accounts, sessions, apiKeys, serviceClients, identities, events, sessionCookies },
    onRefusal,
  );
  const fieldLimits = readFieldLimits(schema);
  const resource = config.issuer + graphqlPath;
  const engine = {
    schema,
    authenticate,
    resourceMetadata: resourceMetadataUrl(resource),
    introspection: config.introspection,
    fieldLimits,
    charge: createCharge(fieldLimits, limits),
    documentLimit: limits.documents,
    report,
    onRefusal,
    onOperation: onOperation(metrics, tracing),
  };
  const { way, isKnown } = createStraightWay(engine);
  // What does not go straight is rare: Yoga, a third of all there is to load, is loaded when it is first needed.
  let yoga: Promise<GraphQLServer> | null = null;
  const throughYoga: Route = async (request, state) => {
    yoga ??= import('../graphql/yoga.ts').then((module) =>
      module.createGraphQLServer({ ...engine, isKnown, path: graphqlPath }),
    );
    return (await yoga).fetch(request, { state });
  };
  const health = createHealth(stores.pings);
  const cors = createCors(config.corsOrigins);
  const metricsText =
    metrics && (async () => metrics.text({ readiness: await health.stores(), passwordHashing: passwordHashing() }));
  const router = createRouter({
    graphqlPath,
    graphql: throughYoga,
    graphiql: isProduction ? null : createGraphiQLPage({ endpoint: graphqlPath }),
    health,
    cors,
    sessionCookies: config.sessionCookies,
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
        attempt: limits.consume,
        publicKeys: () => publicKeys(keyRing.keys()),
        publicKeysMaxAgeSeconds: config.keyRotation.maxAgeSeconds,
        report,
      }),
      ...createIdentityEdge({ ...parts, limits }),
    },
  });
  const straight = {
    answer: createStraightAnswers({ graphqlPath, way }),
    cors,
    sessionCookies: config.sessionCookies,
  };
  return { ...router, straight, health, accounts, events, keyRing, limits, metricsText };
};

const onOperation = (metrics: Metrics | null, tracing: Tracing | null): OnOperation | null => {
  if (!metrics || !tracing) return (metrics ?? tracing)?.onOperation ?? null;
  return (kind, outcome) => {
    metrics.onOperation(kind, outcome);
    tracing.onOperation(kind, outcome);
  };
};

/** How many pairs of email and password are known at once. */
const mostRemembered = 10_000;

const createBasicVerify = (
  deps: Pick<Parameters<typeof createBasicLogin>[0], 'accounts' | 'clock' | 'attempt' | 'record'>,
) =>
  createBasicLogin({
    ...deps,
    digest: createKeyedDigest(),
    remembered: createRecentEntries(mostRemembered),
  }).verify;
