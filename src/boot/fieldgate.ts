import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Config, ConfigError } from '../config/config.ts';
import type { FieldgateConfig } from '../config/define-config.ts';
import { secretsOf } from '../config/secrets.ts';
import type { Variables } from '../config/variables.ts';
import { createRequestId } from '../crypto/identifiers.ts';
import type { Clock } from '../domain/clock.ts';
import { framesOf } from '../domain/error-report.ts';
import { createClientAddress } from '../http/client-address.ts';
import { createFetchHandler, type FetchHandler } from '../http/fetch-handler.ts';
import { createNodeListener, loggedPath, type NodeListenerDeps } from '../http/node-listener.ts';
import { loadSigningKeys } from '../services/signing-keys.ts';
import { prepareDataDirectory } from '../stores/files/data-directory.ts';
import { readKeyFile, readOrCreateKeyFile } from '../stores/files/key-file.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics/metrics.ts';
import { startTracing } from '../telemetry/start-tracing.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import { type Api, standardApi } from './api.ts';
import { createApp } from './app.ts';
import { startBackgroundJobs } from './background-jobs.ts';
import { createApi } from './check-api.ts';
import { createFirstAdmin } from './first-admin.ts';
import { traceFetch, traceSocket } from './request-spans.ts';
import { readSettings } from './settings.ts';
import { createSignals } from './signals.ts';
import { openServerStores } from './stores.ts';

/** The whole server without a socket. */
export type Fieldgate = {
  /** For `http.createServer(listener)` and every server that takes such a listener. Reads bodies up to a limit. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /**
   * For servers that speak Fetch. Sessions, logs and limits tell clients apart by `ip`: without it all are one.
   */
  readonly fetch: FetchHandler;
  /** Returns all metrics in Prometheus' text format; null in production without METRICS_PORT. */
  readonly metrics: (() => Promise<string>) | null;
  /** Makes `/ready` answer 503, so that load balancers send no more requests. Requests are still answered. */
  readonly drain: () => void;
  /** Stops background work and closes the stores. Call it when the last request has been answered. */
  readonly close: () => Promise<void>;
};

/** The variables, and the API of one's own. */
export type FieldgateOptions = FieldgateConfig & { readonly env: Variables };

/**
 * Opens what the configuration names (signing keys, stores, migrations, the first administrator) and returns the server as
 * handlers to mount. `env`: the variables of docs/configuration.md, usually `process.env`. All other options are those of `defineConfig`;
 * no configuration file is looked for.
 * Rejects with `ConfigError`, `SigningKeysError` or `StartError`, whose messages name every problem and contain no secret.
 *
 * @example
 * const fieldgate = await createFieldgate({ env: process.env });
 * http.createServer(fieldgate.listener).listen(4000);
 */
export const createFieldgate = async ({ env, ...own }: FieldgateOptions): Promise<Fieldgate> => {
  requireVariables(env);
  const { config, api } = await readSettings(env, () => createApi(own));
  const log = await createLog({ level: config.logLevel, isTerminal: false, secrets: secretsOf(config) });
  return openFieldgate(config, { api, env, clock: Date.now, log });
};

/** `createFieldgate(process.env)` was the form of earlier versions. */
const requireVariables = (env: unknown): void => {
  if (typeof env === 'object' && env !== null) return;
  throw new ConfigError(['env: is missing. Pass the variables as createFieldgate({ env, ...config }).']);
};

export type FieldgateDeps = {
  readonly clock: Clock;
  readonly log: Log;
  /** What the user made of the server; left out: nothing. */
  readonly api?: Api;
  /** The variables that `setup` of the user gets. */
  readonly env?: Variables;
};

/** `createFieldgate` with configuration, clock and log passed in. Whatever was opened is closed if it rejects. */
export const openFieldgate = async (config: Config, deps: FieldgateDeps): Promise<Fieldgate> => {
  const { clock, log, api = standardApi, env = {} } = deps;
  for (const warning of config.warnings) log.warn({ event: 'configuration.warning' }, warning);
  if (config.signing.kind === 'generated') prepareDataDirectory(config.dataDir);
  const keys = await loadSigningKeys(config.signing, { read: readKeyFile, readOrCreate: readOrCreateKeyFile });
  const telemetry = await openTelemetry(config, log);
  const closers = [telemetry.close];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.toReversed()) await closeOne();
  };
  try {
    const stores = await openServerStores({ config, roles: api.roles, clock, ...telemetry });
    closers.push(stores.close);
    const app = createApp({ config, api, stores, keys, clock, ...telemetry });
    closers.push(app.events.close, async () => app.limits.close());
    await app.keyRing.read();
    await createFirstAdmin(config, app.accounts, { roles: api.roles, log });
    closers.push(app.own.close);
    await app.own.setUp(env);
    closers.push(
      startBackgroundJobs({ config, clock, signals: telemetry.signals, ports: stores.ports, keyRing: app.keyRing }),
    );
    return { ...handlersOf(app, { config, ...telemetry, now: telemetry.monotonic }), close };
  } catch (error) {
    await close();
    throw error;
  }
};

const openTelemetry = async (config: Config, log: Log) => {
  const monotonic = performance.now.bind(performance);
  const metrics = config.metricsPort !== null || config.environment !== 'production' ? createMetrics() : null;
  const tracing = await startTracing(config.tracing, log, monotonic);
  const signals = createSignals({ log, metrics, monotonic });
  const close = async (): Promise<void> => {
    signals.close();
    await tracing?.close();
  };
  return { log, metrics, tracing, signals, monotonic, close };
};

type App = ReturnType<typeof createApp>;

type HandlersDeps = {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics | null;
  readonly tracing: Tracing | null;
  readonly now: () => number;
};

const handlersOf = (app: App, { config, log, metrics, tracing, now }: HandlersDeps): Omit<Fieldgate, 'close'> => ({
  listener: createNodeListener({
    handle: app.handle,
    countRefused: app.countRefused,
    headersFor: app.headersFor,
    clientAddress: createClientAddress(config.trustedProxies),
    createId: createRequestId,
    lifecycle: app.health.lifecycle,
    now,
    reportFault: reportFault(log),
    onCompleted: onCompleted(app, { log, metrics, now }),
    traceOf: tracing && traceSocket(tracing, app.routeOf),
  }),
  fetch: createFetchHandler({
    handle: app.handle,
    countRefused: app.countRefused,
    headersFor: app.headersFor,
    createId: createRequestId,
    reportFault: reportFault(log),
    trace: tracing && traceFetch(tracing, app.routeOf),
  }),
  metrics: app.metricsText,
  drain: app.health.drain,
});

const reportFault =
  (log: Log) =>
  (error: unknown, requestId: string): void =>
    log.error({ err: error, stack: framesOf(error), requestId }, 'a request could not be answered');

const onCompleted = (
  app: App,
  { log, metrics, now }: Pick<HandlersDeps, 'log' | 'metrics' | 'now'>,
): NodeListenerDeps['onCompleted'] => {
  const isLogged = log.isLevelEnabled('info');
  if (!isLogged && metrics === null) return null;
  return ({ request: { method = '', url = '' }, requestId, status, startedAt, traceId }) => {
    const ms = now() - startedAt;
    if (isLogged) {
      const traced = traceId === null ? null : { traceId };
      log.info(
        { requestId, method, path: loggedPath(url), status, ms: Math.round(ms * 10) / 10, ...traced },
        'request',
      );
    }
    metrics?.onCompleted(app.routeOf(url), method, status, ms / 1000);
  };
};
