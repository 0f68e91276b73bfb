/** What a balancer and an operator ask: is the process there, and can it do its work. */
export type Health = {
  /** Says only that the process answers; never depends on a store, so that an outage restarts nobody. */
  readonly process: () => { readonly status: 'ok' };
  /** Whether requests should be sent here: every store answers and the server is not stopping. */
  readonly stores: () => Promise<Readiness>;
  /** From now on not ready, whatever the stores say. */
  readonly drain: () => void;
  readonly isStopping: () => boolean;
};

export type Readiness = {
  readonly ready: boolean;
  readonly stores: Readonly<Record<string, 'ok' | 'unreachable' | 'stopping'>>;
};

/** `pings` has one entry per store, which rejects when the store cannot answer in time. */
export const createHealth = (pings: Readonly<Record<string, () => Promise<void>>>): Health => {
  let stopping = false;
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
        ready: !stopping && states.every((state) => state === 'ok'),
        stores: stopping ? { server: 'stopping', ...stores } : stores,
      };
    },
    drain: () => {
      stopping = true;
    },
    isStopping: () => stopping,
  };
};
