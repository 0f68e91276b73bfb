import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Config, parseConfig } from '../config/config.ts';
import { createRequestId } from '../crypto/identifiers.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { serverActor } from '../domain/event.ts';
import { noCookies } from '../graphql/context.ts';
import { createClientAddress, normalizeAddress } from '../http/client-address.ts';
import { createListener, type ListenerOptions, loggedPath } from '../http/listener.ts';
import type { Events } from '../services/events.ts';
import type { KeyRing } from '../services/key-ring.ts';
import { loadSigningKeys } from '../services/signing-keys.ts';
import { readKeyFile, readOrCreateKeyFile } from '../stores/files/key-file.ts';
import { openStores, type Stores } from '../stores/open.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics/metrics.ts';
import { startTracing } from '../telemetry/start-tracing.ts';
import { observeStores } from '../telemetry/store-observer.ts';
import { createThrottledLog, storeErrorMessages } from '../telemetry/throttled-log.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import { createApp } from './app.ts';
import { traceFetch, traceSocket } from './request-spans.ts';

const sweepEveryMs = 10_000;
const sweptAtOnce = 500;

/** The whole server without a socket of its own. */
export type Fieldgate = {
  /** For `http.createServer(listener)` or any server that takes one. Bodies are read here, bounded. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /**
   * For servers that speak Fetch. `ip` is what sessions, logs and limits know the client by: without it all are one. Bounding
   * the body is the caller's task.
   */
  readonly fetch: (request: Request, state?: { readonly ip?: string }) => Promise<Response>;
  /** All metrics in Prometheus' text format; null in production without METRICS_PORT. */
  readonly metrics: (() => Promise<string>) | null;
  /** From now on `/ready` says no, so that a balancer sends nothing more; everything is still answered. */
  readonly drain: () => void;
  /** Closes the stores. Call it when the last request has been answered. */
  readonly close: () => Promise<void>;
};

/**
 * Opens everything the configuration names (stores, migrations, signing keys, the first administrator) and gives the server
 * as a handler to mount. Takes the variables of the README's table, usually `process.env`.
 * Rejects with `ConfigError` or `SigningKeysError`, whose messages name every problem and hold no secret.
 *
 * @example
 * const fieldgate = await createFieldgate(process.env);
 * http.createServer(fieldgate.listener).listen(4000);
 */
export const createFieldgate = async (env: Readonly<Record<string, string | undefined>>): Promise<Fieldgate> => {
  const config = parseConfig(env);
  return openFieldgate(config, Date.now, await createLog(config.logLevel, false));
};

/** `createFieldgate` with its surroundings passed in. */
export const openFieldgate = async (config: Config, clock: Clock, log: Log): Promise<Fieldgate> => {
  const keys = await loadSigningKeys(config.signing, { read: readKeyFile, readOrCreate: readOrCreateKeyFile });
  const { database, redis, sessions: lifetimes } = config;
  const monotonic = () => performance.now();
  const followFeed = config.revocationCheck === 'feed' ? monotonic : null;
  const trouble = createThrottledLog(log, monotonic, storeErrorMessages);
  const onTrouble = trouble.report;
  const metrics = config.metricsPort !== null || config.environment !== 'production' ? createMetrics() : null;
  const tracing = await startTracing(config.tracing, log, monotonic);
  const stores = observeStores(
    await openStores({ database, redis, followFeed, lifetimes, clock, onTrouble, migrateFirst: true }),
    { metrics, tracing, onTrouble, now: monotonic },
  );
  const close = async (): Promise<void> => {
    trouble.close();
    await Promise.all([stores.close(), tracing?.close()]);
  };
  try {
    await requireGoodServers(stores, log);
    const app = createApp({ config, stores, keys, clock, log, metrics, tracing, onTrouble });
    await app.keyRing.read();
    await createFirstAdmin(config, app.accounts, log);
    const stopSweeping = sweepExpired({ ...stores, ...app }, clock, onTrouble);
    const stopFollowing = followKeys(app.keyRing, config.keyRotation.readEveryMs, onTrouble);
    return {
      ...handlersOf(app, { config, log, metrics, tracing, now: monotonic }),
      close: async () => {
        stopSweeping();
        await stopFollowing();
        app.limits.close();
        await app.events.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
};

type App = ReturnType<typeof createApp>;

type Surroundings = {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics | null;
  readonly tracing: Tracing | null;
  readonly now: () => number;
};

const handlersOf = (app: App, { config, log, metrics, tracing, now }: Surroundings): Omit<Fieldgate, 'close'> => ({
  listener: createListener({
    handle: app.handle,
    straight: app.straight,
    clientAddress: createClientAddress(config.trustedProxies),
    createId: createRequestId,
    isStopping: app.health.isStopping,
    now,
    report: (error, requestId) => log.error({ err: error, requestId }, 'a request could not be answered'),
    onAnswered: onAnswered(app, { log, metrics, now }),
    traceOf: tracing && traceSocket(tracing, app.routeOf),
  }),
  fetch: (request, { ip = null } = {}) => {
    const requestId = createRequestId();
    const client = { ip: ip && (normalizeAddress(ip) ?? ip), userAgent: request.headers.get('user-agent'), requestId };
    const handle = tracing ? traceFetch(tracing, app.routeOf, app.handle) : app.handle;
    return handle(request, { requestId, client, setCookies: noCookies, rateLimits: [] });
  },
  metrics: app.metricsText,
  drain: app.health.drain,
});

const onAnswered = (
  app: App,
  { log, metrics, now }: Pick<Surroundings, 'log' | 'metrics' | 'now'>,
): ListenerOptions['onAnswered'] => {
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
    metrics?.onAnswered(app.routeOf(url), method, status, ms / 1000);
  };
};

/** Removes what has expired now and then, a little at a time, so that they are not kept for ever. */
const sweepExpired = (
  { sessions, serviceClients, identityFlows, loginAttempts, rateCounters, events, keyRing }: Expiring,
  clock: Clock,
  onTrouble: (error: unknown) => void,
): (() => void) => {
  const sweep = () => {
    sessions.purgeExpired(sweptAtOnce).catch(onTrouble);
    serviceClients.purgeExpired(sweptAtOnce, clock()).catch(onTrouble);
    identityFlows.purgeExpired(sweptAtOnce, clock()).catch(onTrouble);
    rateCounters?.purgeExpired(sweptAtOnce).catch(onTrouble);
    events.purge(sweptAtOnce).catch(onTrouble);
    keyRing.purge().catch(onTrouble);
    loginAttempts.purgeExpired(sweptAtOnce, clock()).catch(onTrouble);
  };
  const timer = setInterval(sweep, sweepEveryMs).unref();
  return () => clearInterval(timer);
};

type Expiring = Pick<Stores, 'sessions' | 'serviceClients' | 'identityFlows' | 'loginAttempts' | 'rateCounters'> & {
  readonly events: Pick<Events, 'purge'>;
  readonly keyRing: Pick<KeyRing, 'purge'>;
};

/** Takes over what other instances do with the signing keys, and does what it is time for. Resolves when it has stopped. */
const followKeys = (
  keyRing: Pick<KeyRing, 'tick'>,
  everyMs: number,
  onTrouble: (error: unknown) => void,
): (() => Promise<void>) => {
  let running: Promise<void> | null = null;
  const follow = () => {
    running ??= keyRing
      .tick()
      .catch(onTrouble)
      .finally(() => {
        running = null;
      });
  };
  const timer = setInterval(follow, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
};

/** Rejects with every reason why these servers will not do. What they could do better goes to the log. */
const requireGoodServers = async (stores: Stores, log: Log): Promise<void> => {
  const { problems, warnings } = await stores.checkServers();
  for (const warning of warnings) log.warn(warning);
  if (problems.length > 0) throw new Error(problems.join('\n'));
};

const createFirstAdmin = async ({ firstAdmin }: Config, accounts: App['accounts'], log: Log): Promise<void> => {
  if (!firstAdmin || (await accounts.findByEmail(firstAdmin.email))) return;
  try {
    const { email, password } = firstAdmin;
    const admin = await accounts.register({ email, password: password.reveal(), role: 'ADMIN' }, serverActor);
    log.info({ userId: admin.id }, 'the first administrator has been created');
  } catch (error) {
    // Another instance that started at the same moment was first.
    if (error instanceof AppError && error.code === 'EMAIL_TAKEN') return;
    if (error instanceof AppError) throw new Error(`ADMIN_EMAIL, ADMIN_PASSWORD: ${error.message}`);
    throw error;
  }
};
