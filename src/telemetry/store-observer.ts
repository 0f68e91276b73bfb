import { AppError } from '../domain/errors.ts';
import type { Signals } from '../domain/signals.ts';
import { type Instrument, instrumentStore, onSettled } from './instrument.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Tracing } from './tracing/tracing.ts';

type StoreObserverDeps = {
  readonly metrics: Metrics | null;
  readonly tracing: Tracing | null;
  readonly signals: Pick<Signals, 'backgroundError'>;
  /** Monotonic clock, milliseconds. */
  readonly monotonic: () => number;
};

/**
 * Returns the same stores with every call measured and traced, under their names in snake case (`apiKeys`: `api_keys`).
 * The cause of an outage goes to the log, because the client is not told of it.
 */
export const observeStores = <Ports extends Readonly<Record<string, object | null>>>(
  ports: Ports,
  deps: StoreObserverDeps,
): Ports => {
  const observe = createObserver(deps);
  const observed = Object.entries(ports).map(([name, store]) => {
    const label = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [name, store && instrumentStore(label, store, observe)] as const;
  });
  return Object.assign({}, ports, Object.fromEntries(observed));
};

const createObserver =
  ({ metrics, tracing, signals, monotonic }: StoreObserverDeps): Instrument =>
  (store, verb) => {
    const count = metrics?.storeCalls(store, verb);
    const begin = tracing?.storeCalls(store, verb);
    return (call) => {
      const startedAt = count ? monotonic() : 0;
      const end = begin ? begin() : null;
      return onSettled(call, (error) => {
        const isOutage = error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE';
        if (isOutage) signals.backgroundError(error.cause ?? error);
        count?.((monotonic() - startedAt) / 1000, error !== null);
        end?.(error);
      });
    };
  };
