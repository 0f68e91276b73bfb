import type { ServerOptions } from 'node:http';

const second = 1000;

export type TransportLimits = {
  /** For node:http and node:https. */
  readonly options: ServerOptions;
  /** How long a connection may be silent in the middle of a request or an answer. */
  readonly silenceMs: number;
};

/** Time limits for slow clients; Node's own defaults are minutes, or none. */
export const transportLimits: TransportLimits = {
  options: {
    headersTimeout: 10 * second,
    requestTimeout: 30 * second,
    // Longer than balancers keep theirs (60 s is usual), so that none sends a request into a connection that is being closed.
    keepAliveTimeout: 65 * second,
    connectionsCheckingInterval: 5 * second,
    // Otherwise Node drops a second Authorization header, and the ambiguity goes unnoticed.
    joinDuplicateHeaders: true,
  },
  silenceMs: 120 * second,
};
