import { type OnFault, scopesOf } from '@fieldgate/guard';
import { createKeyedDigest } from '../crypto/keyed-digest.ts';
import { framesOf } from '../domain/error-report.ts';
import { readFieldLimits } from '../graphql/operation/field-limits.ts';
import type { OnOperation } from '../graphql/operation/outcome.ts';
import { createPipeline } from '../graphql/operation/pipeline.ts';
import { createRequestQuota, type RequestQuota } from '../graphql/operation/request-quota.ts';
import { ownFieldsOf } from '../graphql/own/own-fields.ts';
import { createRefusalLog } from '../graphql/refusal-log.ts';
import { createSchema } from '../graphql/schema.ts';
import type { ExecuteStream, StreamDeps } from '../graphql/streams/yoga.ts';
import type { ExecuteWhole, WholeYogaDeps } from '../graphql/streams/yoga-whole.ts';
import { resourceMetadataUrl } from '../http/oauth/paths.ts';
import type { CountRefused } from '../http/route.ts';
import { createLimits, type Limits } from '../services/limits.ts';
import { createStepUp } from '../services/step-up.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics/metrics.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import type { AppDeps } from './app-deps.ts';
import { type Authenticators, createAuthenticators } from './authenticators.ts';
import { createOrigins } from './origins.ts';
import { createOwnApi } from './own-api.ts';
import { createRoutes, graphqlPath } from './routes.ts';
import { createServices, type Services } from './services.ts';

/** The whole server, without a socket: `handle` answers requests. */
export const createApp = (deps: AppDeps) => {
  const { config, api, stores, log, tracing } = deps;
  const { ports } = stores;
  const services = createServices({ ...deps, roles: api.roles, ports, knownScopes: () => scopesOf(schema) });
  const { accounts, events, keyRing } = services;
  const limits = createLimits({ ...deps, rates: config.rates, shared: ports.rateCounters, record: events.record });
  const origins = createOrigins(config, log);
  const authenticators = createAuthenticators({ ...deps, ports, services, limits, origins });

  const onRefusal = createRefusalLog(events.record);
  const stepUp = createStepUp({ accounts, requireRecentSignIn: services.requireRecentSignIn, consume: limits.consume });
  const onFault = createGuardFaultReport(log, tracing);
  const schemaDeps = { ...services, ...authenticators, stepUp, consume: limits.consume, onFault };
  const schema = createSchema(schemaDeps, api, onRefusal);
  const own = createOwnApi({ api, accounts, schema: () => schema, log });
  const reportFault = createFaultReport(log, tracing);
  const parts = { ...deps, services, limits, authenticators, schema, onRefusal, reportFault };
  const { consume, ...operations } = createOperations({ ...parts, createOwnContext: own.createContext });
  const routes = createRoutes({ ...parts, ...operations, origins });
  return { ...routes, countRefused: countRefused(consume), accounts, events, keyRing, limits, own };
};

type OperationsDeps = Pick<AppDeps, 'config' | 'api' | 'clock' | 'metrics' | 'tracing'> &
  Pick<StreamDeps, 'schema' | 'onRefusal' | 'reportFault' | 'createOwnContext'> & {
    readonly services: Services;
    readonly limits: Limits;
    readonly authenticators: Authenticators;
  };

/** What runs GraphQL operations. */
const createOperations = (deps: OperationsDeps) => {
  const { config, api, services, limits, authenticators, schema, metrics, tracing } = deps;
  const { onRefusal, reportFault, createOwnContext } = deps;
  const fieldLimits = readFieldLimits(schema);
  const consume = createRequestQuota({
    ...{ fieldLimits, limits, clock: deps.clock, digest: createKeyedDigest() },
    verifyToken: services.accessTokens.verify,
    tokenInCookies: authenticators.sessionCookies?.accessTokenIn ?? (() => null),
  });
  const operationDeps = {
    ...{ schema, consume, reportFault, onRefusal, createOwnContext },
    authenticate: authenticators.authenticate,
    resourceMetadata: resourceMetadataUrl(config.issuer + graphqlPath),
    onOperation: onOperation(metrics, tracing),
  };
  const pipeline = createPipeline({
    ...{ ...operationDeps, introspection: config.introspection, fieldLimits },
    ownFields: ownFieldsOf(api.own.definitions),
  });
  const { yoga: plugins } = api;
  const executeWhole = plugins.length > 0 ? loadWhole({ ...operationDeps, plugins, run: pipeline.run }) : null;
  return { pipeline, executeStream: loadStreams(operationDeps), executeWhole, consume };
};

const createFaultReport = (log: Log, tracing: Tracing | null) => (error: unknown, requestId: string | null) => {
  log.error({ err: error, stack: framesOf(error), requestId }, 'a request failed by a fault of the server');
  tracing?.onFault();
};

/** `what` names rules and policies of the schema, and nothing that a caller sent. */
const createGuardFaultReport =
  (log: Log, tracing: Tracing | null): OnFault =>
  ({ message: what, error, coordinate, policy }) => {
    const rule = { ...(coordinate !== undefined && { coordinate }), ...(policy !== undefined && { policy }) };
    log.error(
      { err: error, stack: framesOf(error), what, ...rule },
      'a rule was not decided, by a fault of the server',
    );
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

const loadWhole = (deps: Omit<WholeYogaDeps, 'path'>): ExecuteWhole => {
  let loading: Promise<ExecuteWhole> | null = null;
  return async (...request) => {
    loading ??= import('../graphql/streams/yoga-whole.ts').then((whole) =>
      whole.createWholeYoga({ ...deps, path: graphqlPath }),
    );
    return (await loading)(...request);
  };
};

const onOperation = (metrics: Metrics | null, tracing: Tracing | null): OnOperation | null => {
  if (!metrics || !tracing) return (metrics ?? tracing)?.onOperation ?? null;
  return (kind, outcome) => {
    metrics.onOperation(kind, outcome);
    tracing.onOperation(kind, outcome);
  };
};
