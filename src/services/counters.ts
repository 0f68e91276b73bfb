import type { Clock, EpochMillis } from '../domain/clock.ts';
import type { Rate } from '../domain/rate-limit.ts';

/** What one process has counted of one caller, and not told anybody yet. */
export type Counter = {
  /** In the running window, by everybody as far as this process knows. */
  spent: number;
  /** Of that, what only this process knows of. */
  unsynced: number;
  resetsAt: EpochMillis;
  /** Whether somebody was refused for it. */
  refused: boolean;
};

/** Callers counted at once; beyond that the one is forgotten whose window began first. */
const mostCounters = 100_000;

/** Counters of windows of one length, in memory. */
export const createCounters = (clock: Clock, { windowMs }: Rate) => {
  const known = new Map<string, Counter>();

  /** The one of this key, if a window of it is running. */
  const running = (key: string): Counter | null => {
    const found = known.get(key);
    return found && clock() < found.resetsAt ? found : null;
  };

  /** The one of this key, of the window that is running now or begins with it. */
  const counterOf = (key: string): Counter => {
    const found = running(key);
    if (found) return found;
    const begun: Counter = { spent: 0, unsynced: 0, resetsAt: clock() + windowMs, refused: false };
    // In the order in which they began: what is first is over first.
    known.delete(key);
    known.set(key, begun);
    const [oldest] = known.size > mostCounters ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    return begun;
  };

  return { counterOf, running };
};
