import { AppError } from '../domain/errors.ts';
import type { Signals } from '../domain/signals.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Tracing } from './tracing/tracing.ts';

type StoreObserverDeps = {
  readonly metrics: Metrics | null;
  readonly tracing: Tracing | null;
  readonly signals: Pick<Signals, 'backgroundError'>;
  /** Monotonic clock, milliseconds. */
  readonly monotonic: () => number;
};

type Method = (...args: readonly unknown[]) => unknown;
/** Called when a call has ended: with its error, or with null. */
type OnEnd = (error: unknown) => void;

/**
 * Returns the same stores with every call measured and traced, under their names in snake case (`apiKeys`: `api_keys`).
 * The cause of an outage goes to the log, because the response does not name it.
 */
export const observeStores = <Ports extends Readonly<Record<string, object | null>>>(
  ports: Ports,
  deps: StoreObserverDeps,
): Ports => {
  const observed = Object.entries(ports).map(([name, store]) => {
    const label = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [name, store && observeStore(label, store, deps)] as const;
  });
  return Object.assign({}, ports, Object.fromEntries(observed));
};

/** Properties that are no methods stay. */
const observeStore = (label: string, store: object, deps: StoreObserverDeps): object => {
  const observed = Object.entries(store).map(([verb, value]: [string, unknown]) => [
    verb,
    isMethod(value) ? observeMethod(value, { ...deps, store: label, verb }) : value,
  ]);
  return Object.assign({}, store, Object.fromEntries(observed));
};

const isMethod = (value: unknown): value is Method => typeof value === 'function';

type MethodDeps = StoreObserverDeps & { readonly store: string; readonly verb: string };

const observeMethod = (method: Method, { metrics, tracing, signals, monotonic, store, verb }: MethodDeps): Method => {
  const reportOutage: OnEnd = (error) => {
    const isOutage = error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE';
    if (isOutage) signals.backgroundError(error.cause ?? error);
  };
  const count = metrics?.storeCalls(store, verb);
  const begin = tracing?.storeCalls(store, verb);
  if (!count && !begin) return withOnError(method, reportOutage);
  return withOnEnd(method, () => {
    const startedAt = monotonic();
    const end = begin?.();
    return (error) => {
      reportOutage(error);
      count?.((monotonic() - startedAt) / 1000, error !== null);
      end?.(error);
    };
  });
};

/** Calls `onError` when a call throws or rejects. Costs a call that succeeds next to nothing. */
const withOnError =
  (method: Method, onError: OnEnd): Method =>
  (...args) => {
    try {
      const result = method(...args);
      if (result instanceof Promise) result.catch(onError);
      return result;
    } catch (error) {
      onError(error);
      throw error;
    }
  };

/** Calls `onStart` before each call, and what that returns after it, with or without a promise. */
const withOnEnd =
  (method: Method, onStart: () => OnEnd): Method =>
  (...args) => {
    const onEnd = onStart();
    try {
      const result = method(...args);
      if (result instanceof Promise) result.then(() => onEnd(null), onEnd);
      else onEnd(null);
      return result;
    } catch (error) {
      onEnd(error);
      throw error;
    }
  };
