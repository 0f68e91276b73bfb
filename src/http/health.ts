/** What load balancers and operators ask: is the process alive, and can it serve. */
export type Health = {
  /** The process answers. Never depends on a store, so that an outage does not restart every instance. */
  readonly process: () => { readonly status: 'ok' };
  /** Ready for requests: every store answers and the server is not stopping. */
  readonly stores: () => Promise<Readiness>;
  /** Reports not ready from now on, whatever the stores say. */
  readonly drain: () => void;
  /** Whether `drain` was called. */
  readonly lifecycle: { readonly isStopping: boolean };
};

export type Readiness = {
  readonly ready: boolean;
  readonly stores: Readonly<Record<string, 'ok' | 'unreachable' | 'stopping'>>;
};

/** `pings` has one entry per store, which rejects when the store cannot answer in time. */
export const createHealth = (pings: Readonly<Record<string, () => Promise<void>>>): Health => {
  const lifecycle = { isStopping: false };
  return {
    process: () => ({ status: 'ok' }),
    stores: async () => {
      const entries = Object.entries(pings);
      const states = await Promise.all(
        entries.map(([, ping]) =>
          ping().then(
            () => 'ok' as const,
            () => 'unreachable' as const,
          ),
        ),
      );
      const stores = Object.fromEntries(entries.map(([name], index) => [name, states[index] ?? 'unreachable']));
      return {
        ready: !lifecycle.isStopping && states.every((state) => state === 'ok'),
        stores: lifecycle.isStopping ? { server: 'stopping', ...stores } : stores,
      };
    },
    drain: () => {
      lifecycle.isStopping = true;
    },
    lifecycle,
  };
};
