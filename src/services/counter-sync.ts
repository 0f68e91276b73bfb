import type { Clock } from '../domain/clock.ts';
import type { Signals } from '../domain/signals.ts';
import type { LimitStore } from '../stores/ports/limit-store.ts';
import type { Counter } from './counters.ts';

type CounterSyncDeps = {
  /** Begins every key in the store. */
  readonly name: string;
  readonly windowMs: number;
  readonly store: LimitStore;
  readonly clock: Clock;
  readonly signals: Pick<Signals, 'backgroundError'>;
};

const syncIntervalMs = 100;
const maxPerSync = 1_000;

/**
 * Exchanges counters with the other instances through the store: ten times a second what this process added goes to the
 * store, and the sum of all instances comes back. While the store is unavailable the additions wait.
 */
export const createCounterSync = (deps: CounterSyncDeps) => {
  const unsynced = new Map<string, Counter>();
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;

  const add = (key: string, counter: Counter, points: number): void => {
    counter.unsynced += points;
    unsynced.set(key, counter);
    timer ??= schedule();
  };

  const schedule = (): NodeJS.Timeout => setTimeout(sync, syncIntervalMs).unref();

  const sync = async (): Promise<void> => {
    const additions = [...unsynced].slice(0, maxPerSync).map(([key, counter]) => takeAddition(key, counter));
    for (const { key } of additions) unsynced.delete(key);
    try {
      await send(additions, deps);
    } catch (error) {
      if (isClosed) return;
      for (const { key, counter, points } of additions) {
        counter.unsynced += points;
        if (!unsynced.has(key)) unsynced.set(key, counter);
      }
      deps.signals.backgroundError(error);
    }
    timer = unsynced.size > 0 && !isClosed ? schedule() : null;
  };

  /** Stops the exchange. What is unsynced then stays in this process. */
  const close = (): void => {
    isClosed = true;
    if (timer) clearTimeout(timer);
  };

  return { add, close };
};

type PendingAddition = { readonly key: string; readonly counter: Counter; readonly points: number };

const takeAddition = (key: string, counter: Counter): PendingAddition => {
  const points = counter.unsynced;
  counter.unsynced = 0;
  return { key, counter, points };
};

const send = async (additions: readonly PendingAddition[], deps: CounterSyncDeps): Promise<void> => {
  const { name, windowMs, store, clock } = deps;
  const sums = await store.add(additions.map(({ key, points }) => ({ key: `${name}:${key}`, points, windowMs })));
  for (const [index, { consumed, resetsInMs }] of sums.entries()) {
    const counter = additions[index]?.counter;
    if (!counter) continue;
    // What was consumed here while the store was answering is not in its sum.
    counter.consumed = consumed + counter.unsynced;
    counter.resetsAt = clock() + resetsInMs;
  }
};
