import type { Clock, EpochMillis } from '../domain/clock.ts';

/** What this process knows about one caller in the running window. */
export type Counter = {
  /** By all instances, as far as this process knows. */
  consumed: number;
  /** The part of `consumed` that no other instance knows of yet. */
  unsynced: number;
  resetsAt: EpochMillis;
  /** Whether a request was refused in this window. */
  wasRefused: boolean;
};

/** The maximum number of counters in memory. A further one evicts the one whose window began first. */
const maxCounters = 100_000;

/** Creates counters in memory whose windows all last `windowMs`. `find` may return one whose window is over. */
export const createCounters = (clock: Clock, windowMs: number) => {
  const counters = new Map<string, Counter>();

  /** Begins a new window. */
  const start = (key: string): Counter => {
    const started: Counter = { consumed: 0, unsynced: 0, resetsAt: clock() + windowMs, wasRefused: false };
    // Deleted first, so that the map stays in the order in which the windows began and the first one ends first.
    counters.delete(key);
    counters.set(key, started);
    const [oldest] = counters.size > maxCounters ? counters.keys() : [];
    if (oldest !== undefined) counters.delete(oldest);
    return started;
  };

  return { find: counters.get.bind(counters), start };
};
