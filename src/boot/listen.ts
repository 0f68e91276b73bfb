import { createServer, type Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Config } from '../config/config.ts';
import type { Clock } from '../domain/clock.ts';
import { type TransportLimits, transportLimits } from '../http/transport-limits.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetricsListener } from '../telemetry/metrics/listener.ts';
import { createThrottledLog, type LogMessages } from '../telemetry/throttled-log.ts';
import { type Fieldgate, openFieldgate } from './fieldgate.ts';
import { createTlsServer, readTlsPair } from './tls.ts';

type Server = HttpServer | HttpsServer;

const shutdownTimeoutMs = 10_000;
const idleSweepMs = 100;
/** Connections that wait to be accepted. Node's 511 are few when all clients come back at once after an outage. */
const backlog = 4_096;

export type RunningServer = {
  readonly url: string;
  /** Of the port that serves metrics; null if none does. */
  readonly metricsUrl: string | null;
  /** Looks whether certificate and key have been renewed; null without TLS. */
  readonly reloadTls: (() => Promise<void>) | null;
  /** Stops accepting, lets requests in flight finish for at most 10 s, closes the stores. */
  readonly stop: () => Promise<void>;
};

type Surroundings = {
  readonly clock: Clock;
  readonly log: Log;
  /** Others than ours are for tests, which do not want to wait. */
  readonly limits?: TransportLimits;
};

/** Starts the server that a configuration describes, on a socket of its own. */
export const serve = async (config: Config, surroundings: Surroundings): Promise<RunningServer> => {
  const { clock, log, limits = transportLimits } = surroundings;
  // What cannot be listened with need not be opened for.
  if (config.tls) await readTlsPair(config.tls);
  const fieldgate = await openFieldgate(config, clock, log);
  const opened: Server[] = [];
  const open = async (server: Server, port: number): Promise<string> => {
    server.setTimeout(limits.silenceMs);
    await listen(server, port, config.host);
    opened.push(server);
    return urlOf(server, config.host);
  };
  const stop = async (): Promise<void> => {
    fieldgate.drain();
    await Promise.all(opened.map(shut));
    await fieldgate.close();
  };
  try {
    const metricsUrl = await openMetrics(fieldgate, { config, log, open });
    const tls = config.tls && (await createTlsServer(config.tls, fieldgate.listener, { limits, log }));
    const server = tls?.server ?? createServer(limits.options, fieldgate.listener);
    limitConnections(server, config.maxConnections, log);
    return { url: await open(server, config.port), metricsUrl, reloadTls: tls?.reload ?? null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

type Opening = {
  readonly config: Config;
  readonly log: Log;
  readonly open: (server: Server, port: number) => Promise<string>;
};

const openMetrics = async ({ metrics }: Fieldgate, { config, log, open }: Opening): Promise<string | null> => {
  if (metrics === null || config.metricsPort === null) return null;
  const report = (error: unknown) => log.error({ err: error }, 'metrics could not be told');
  return open(createServer(transportLimits.options, createMetricsListener(metrics, report)), config.metricsPort);
};

const dropping: LogMessages = {
  everyMs: 5_000,
  events: ['connections.dropped', 'connections.accepted'],
  begins: 'more connections come than MAX_CONNECTIONS; they are closed unheard',
  lasts: 'connections are still closed unheard',
  isOver: 'all connections are accepted again',
};

/** A connection beyond the bound is closed at once, so that those that are there go on; its client may come again. */
const limitConnections = (server: Server, most: number, log: Log): void => {
  const dropped = createThrottledLog(log, () => performance.now(), dropping);
  server.maxConnections = most;
  server.on('drop', () => dropped.report(null)).once('close', dropped.close);
};

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen({ port, host, backlog }, () => resolve());
  });

/** Connections are told to close with their next answer; one that had its answer already is closed as soon as it is idle. */
const shut = async (server: Server): Promise<void> => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const attention = setInterval(() => server.closeIdleConnections(), idleSweepMs);
  const impatience = setTimeout(() => server.closeAllConnections(), shutdownTimeoutMs);
  await closed;
  clearInterval(attention);
  clearTimeout(impatience);
};

const urlOf = (server: Server, host: string): string => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const name = host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const scheme = server instanceof HttpsServer ? 'https' : 'http';
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`;
};
