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

export type Counters = {
  /** The counter of this key; null if no window of it is running. */
  readonly findRunning: (key: string) => Counter | null;
  /** The same, and a new window where none is running. */
  readonly findOrStart: (key: string) => Counter;
};

/** The maximum number of counters in memory. A further one evicts the one whose window began first. */
const maxCounters = 100_000;

/** Creates counters in memory whose windows all last `windowMs`. */
export const createCounters = (clock: Clock, windowMs: number): Counters => {
  const counters = new Map<string, Counter>();

  const findRunning = (key: string): Counter | null => {
    const found = counters.get(key);
    return found && clock() < found.resetsAt ? found : null;
  };

  const findOrStart = (key: string): Counter => {
    const found = findRunning(key);
    if (found) return found;
    const started: Counter = { consumed: 0, unsynced: 0, resetsAt: clock() + windowMs, wasRefused: false };
    // Deleted first, so that the map stays in the order in which the windows began and the first one ends first.
    counters.delete(key);
    counters.set(key, started);
    const [oldest] = counters.size > maxCounters ? counters.keys() : [];
    if (oldest !== undefined) counters.delete(oldest);
    return started;
  };

  return { findRunning, findOrStart };
};
