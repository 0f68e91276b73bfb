import type { ServerOptions } from 'node:http';

const second = 1000;

export type TransportLimits = {
  /** For node:http and node:https. */
  readonly options: ServerOptions;
  /** How long a connection may be silent in the middle of something; one that reads its answer too slowly is that too. */
  readonly silenceMs: number;
};

/** How long slow clients are waited for; Node's own defaults are minutes, or for ever. */
export const transportLimits: TransportLimits = {
  options: {
    headersTimeout: 10 * second,
    requestTimeout: 30 * second,
    // Longer than balancers keep theirs (60 s is usual), so that none sends a request into a connection that is being closed.
    keepAliveTimeout: 65 * second,
    connectionsCheckingInterval: 5 * second,
    // Otherwise a second Authorization header would vanish, and with it the question which of the two is meant.
    joinDuplicateHeaders: true,
  },
  silenceMs: 120 * second,
};
