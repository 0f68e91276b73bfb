import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from './config.ts';
import type { Clock } from './domain/clock.ts';
import { serverLimits } from './http/listener.ts';
import type { Log } from './log.ts';
import { openFieldgate } from './server.ts';

const patienceMs = 10_000;

export type RunningServer = {
  readonly url: string;
  /** Stops accepting, lets requests in flight finish for at most 10 s, closes the stores. */
  readonly stop: () => Promise<void>;
};

/** Starts the server that a configuration describes, on a socket of its own. */
export const serve = async (config: Config, clock: Clock, log: Log): Promise<RunningServer> => {
  const fieldgate = await openFieldgate(config, clock, log);
  const server = createServer(serverLimits, fieldgate.listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(config.port, config.host, () => resolve());
  });

  const stop = async (): Promise<void> => {
    fieldgate.drain();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    const impatience = setTimeout(() => server.closeAllConnections(), patienceMs);
    await closed;
    clearTimeout(impatience);
    await fieldgate.close();
  };
  return { url: urlOf(config.host, server.address()), stop };
};

const urlOf = (host: string, address: AddressInfo | string | null): string => {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const name = host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
};
