import { scopesOf } from '@fieldgate/guard';
import { createKeyedDigest } from '../crypto/keyed-digest.ts';
import { framesOf } from '../domain/error-report.ts';
import { readFieldLimits } from '../graphql/operation/field-limits.ts';
import type { OnOperation } from '../graphql/operation/outcome.ts';
import { createPipeline } from '../graphql/operation/pipeline.ts';
import { createRequestQuota, type RequestQuota } from '../graphql/operation/request-quota.ts';
import { createRefusalLog } from '../graphql/refusal-log.ts';
import { createSchema } from '../graphql/schema.ts';
import type { ExecuteStream, StreamDeps } from '../graphql/streams/yoga.ts';
import { resourceMetadataUrl } from '../http/oauth/paths.ts';
import type { CountRefused } from '../http/route.ts';
import { createLimits } from '../services/limits.ts';
import { createStepUp } from '../services/step-up.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics/metrics.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import type { AppDeps } from './app-deps.ts';
import { createAuthenticators } from './authenticators.ts';
import { createOrigins } from './origins.ts';
import { createRoutes, graphqlPath } from './routes.ts';
import { createServices } from './services.ts';

/** The whole server, without a socket: `handle` answers requests. */
export const createApp = (deps: AppDeps) => {
  const { config, stores, clock, log, metrics, tracing } = deps;
  const { ports } = stores;
  const services = createServices({ ...deps, ports, knownScopes: () => scopesOf(schema) });
  const { accounts, events, keyRing } = services;
  const limits = createLimits({ ...deps, rates: config.rates, shared: ports.rateCounters, record: events.record });
  const origins = createOrigins(config, log);
  const authenticators = createAuthenticators({ ...deps, ports, services, limits, origins });

  const onRefusal = createRefusalLog(events.record);
  const stepUp = createStepUp({ accounts, requireRecentSignIn: services.requireRecentSignIn, consume: limits.consume });
  const schema = createSchema({ ...services, ...authenticators, stepUp, consume: limits.consume }, onRefusal);
  const fieldLimits = readFieldLimits(schema);
  const reportFault = createFaultReport(log, tracing);
  const consume = createRequestQuota({
    ...{ fieldLimits, limits, clock, digest: createKeyedDigest(), verifyToken: services.accessTokens.verify },
    tokenInCookies: authenticators.sessionCookies?.accessTokenIn ?? (() => null),
  });
  const operationDeps = {
    schema,
    authenticate: authenticators.authenticate,
    consume,
    resourceMetadata: resourceMetadataUrl(config.issuer + graphqlPath),
    reportFault,
    onRefusal,
    onOperation: onOperation(metrics, tracing),
  };
  const pipeline = createPipeline({ ...operationDeps, introspection: config.introspection, fieldLimits });
  const routes = createRoutes({
    ...deps,
    services,
    limits,
    origins,
    authenticators,
    schema,
    pipeline,
    executeStream: loadStreams(operationDeps),
    reportFault,
  });
  return { ...routes, countRefused: countRefused(consume), accounts, events, keyRing, limits };
};

const createFaultReport = (log: Log, tracing: Tracing | null) => (error: unknown, requestId: string | null) => {
  log.error({ err: error, stack: framesOf(error), requestId }, 'a request failed by a fault of the server');
  tracing?.onFault();
};

const countRefused =
  (consume: RequestQuota): CountRefused =>
  ({ path, header }, state) => {
    if (path === graphqlPath) consume.request({ header, client: state.client, state });
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
