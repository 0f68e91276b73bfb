import { createServer, type Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Config } from '../config/config.ts';
import { StartError } from '../domain/start-error.ts';
import { createMetricsListener } from '../http/metrics-listener.ts';
import { type TransportLimits, transportLimits } from '../http/transport-limits.ts';
import type { Log } from '../telemetry/log.ts';
import { createThrottledLog, type LogMessages } from '../telemetry/throttled-log.ts';
import { type Fieldgate, type FieldgateDeps, openFieldgate } from './fieldgate.ts';
import { type ListenAddress, listenProblem } from './listen-problem.ts';
import { createTlsServer, readTlsPair } from './tls.ts';

type Server = HttpServer | HttpsServer;

const shutdownTimeoutMs = 10_000;
const idleSweepMs = 100;
/** Connections that wait to be accepted. Node's default of 511 is too few when all clients reconnect at once after an outage. */
const backlog = 4_096;

export type RunningServer = {
  readonly url: string;
  /** The URL of the separate port for metrics; null without one. */
  readonly metricsUrl: string | null;
  /** Reads certificate and key again; null without TLS. */
  readonly reloadTls: (() => Promise<void>) | null;
  /** Stops accepting connections, lets requests in flight finish for at most 10 s, closes the stores. */
  readonly stop: () => Promise<void>;
};

type ServeDeps = FieldgateDeps & {
  /** Shorter ones are for tests. */
  readonly limits?: TransportLimits;
};

/** Starts the server that a configuration describes, on a socket of its own. */
export const serve = async (config: Config, deps: ServeDeps): Promise<RunningServer> => {
  const { log, limits = transportLimits } = deps;
  // Before the stores are opened: a bad certificate is a quick failure.
  if (config.tls) await readTlsPair(config.tls);
  const fieldgate = await openFieldgate(config, deps);
  const opened: Server[] = [];
  const open: Open = async (server, port, setting) => {
    server.setTimeout(limits.silenceMs);
    await listen(server, { port, host: config.host, setting });
    opened.push(server);
    return urlOf(server, config.host);
  };
  const stop = async (): Promise<void> => {
    fieldgate.drain();
    await Promise.all(opened.map(shutDown));
    await fieldgate.close();
  };
  try {
    const metricsUrl = await openMetrics(fieldgate, { config, log, open });
    const tls = config.tls && (await createTlsServer(config.tls, { listener: fieldgate.listener, limits, log }));
    const server = tls?.server ?? createServer(limits.options, fieldgate.listener);
    limitConnections(server, config.maxConnections, log);
    return { url: await open(server, config.port, 'PORT'), metricsUrl, reloadTls: tls?.reload ?? null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** Listens on a port and returns the URL. */
type Open = (server: Server, port: number, setting: ListenAddress['setting']) => Promise<string>;

type MetricsDeps = { readonly config: Config; readonly log: Log; readonly open: Open };

const openMetrics = async ({ metrics }: Fieldgate, { config, log, open }: MetricsDeps): Promise<string | null> => {
  if (metrics === null || config.metricsPort === null) return null;
  const report = (error: unknown) => log.error({ err: error }, 'metrics could not be collected');
  const server = createServer(
    transportLimits.options,
    createMetricsListener({ text: metrics, report, host: config.host }),
  );
  return open(server, config.metricsPort, 'METRICS_PORT');
};

const droppedMessages: LogMessages = {
  everyMs: 5_000,
  events: ['connections.dropped', 'connections.accepted'],
  failing: 'MAX_CONNECTIONS reached: further connections are closed immediately',
  stillFailing: 'further connections are still closed immediately',
  recovered: 'all connections are accepted again',
};

/** Closes connections beyond the limit immediately, so that open ones are still served. */
const limitConnections = (server: Server, most: number, log: Log): void => {
  const dropped = createThrottledLog(log, () => performance.now(), droppedMessages);
  server.maxConnections = most;
  server.on('drop', () => dropped.report(null)).once('close', dropped.close);
};

const listen = (server: Server, address: ListenAddress): Promise<void> =>
  new Promise((resolve, reject) => {
    server
      .once('error', (error) => reject(new StartError(listenProblem(error, address))))
      .listen({ port: address.port, host: address.host, backlog }, () => resolve());
  });

/** Connections close with their next response; one whose request was answered before closes as soon as it is idle. */
const shutDown = async (server: Server): Promise<void> => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const idleSweep = setInterval(() => server.closeIdleConnections(), idleSweepMs);
  const timeout = setTimeout(() => server.closeAllConnections(), shutdownTimeoutMs);
  await closed;
  clearInterval(idleSweep);
  clearTimeout(timeout);
};

const urlOf = (server: Server, host: string): string => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const name = host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const scheme = server instanceof HttpsServer ? 'https' : 'http';
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`;
};
