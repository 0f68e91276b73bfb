import type { Clock } from '../domain/clock.ts';
import type { QuotaName, Rate, RateLimitStatus } from '../domain/rate-limit.ts';
import type { Signals } from '../domain/signals.ts';
import type { LimitStore } from '../stores/ports/limit-store.ts';
import { createCounterSync } from './counter-sync.ts';
import { createCounters } from './counters.ts';

type QuotaDeps = {
  readonly name: QuotaName;
  readonly rate: Rate;
  /** Where instances share what they count; null if there is one instance. */
  readonly shared: LimitStore | null;
  readonly clock: Clock;
  readonly signals: Pick<Signals, 'backgroundError'>;
};

/** The outcome of counting one request. `isFirstRefusal`: no request of this caller was refused before in this window. */
export type Outcome = RateLimitStatus & { readonly allowed: boolean; readonly isFirstRefusal: boolean };

/**
 * A limit that every request consumes from, so it never waits: each process counts in its memory and exchanges counters with
 * the others ten times a second. One caller can therefore get more than the limit by what other instances allow within a tenth of
 * a second. While the store is unavailable each process counts by itself.
 */
export const createQuota = ({ name, rate, shared, clock, signals }: QuotaDeps) => {
  const { find, start } = createCounters(clock, rate.windowMs);
  const sync = shared && createCounterSync({ name, windowMs: rate.windowMs, store: shared, clock, signals });

  return {
    /**
     * Consumes points. If fewer are left, refuses and consumes one of them, so that no request is free. Returns null for an allowed
     * request while less than half is consumed: nothing is reported then, because two headers cost a tenth of a request.
     */
    consume: (key: string, points: number): Outcome | null => {
      const now = clock();
      const found = find(key);
      const counter = found && now < found.resetsAt ? found : start(key);
      const left = rate.points - counter.consumed;
      const allowed = points <= left;
      const consumed = allowed ? points : Math.min(1, Math.max(0, left));
      counter.consumed += consumed;
      if (consumed > 0) sync?.add(key, counter, consumed);
      if (allowed && counter.consumed * 2 < rate.points) return null;
      const isFirstRefusal = !allowed && !counter.wasRefused;
      if (!allowed) counter.wasRefused = true;
      const resetsInMs = counter.resetsAt - now;
      return { name, ...rate, consumed: counter.consumed, resetsInMs, allowed, isFirstRefusal };
    },

    isExhausted: (key: string): boolean => {
      const counter = find(key);
      return counter !== undefined && clock() < counter.resetsAt && counter.consumed >= rate.points;
    },

    close: (): void => sync?.close(),
  };
};
