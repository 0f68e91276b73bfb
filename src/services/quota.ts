import type { Clock } from '../domain/clock.ts';
import type { QuotaName, Rate, RateLimitStatus } from '../domain/rate-limit.ts';
import type { Signals } from '../domain/signals.ts';
import type { LimitStore } from '../stores/ports/limit-store.ts';
import { createCounterSync } from './counter-sync.ts';
import { type Counter, createCounters } from './counters.ts';

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
  const { findOrStart, findRunning } = createCounters(clock, rate.windowMs);
  const sync = shared && createCounterSync({ name, windowMs: rate.windowMs, store: shared, clock, signals });

  const outcome = (counter: Counter, decision: Pick<Outcome, 'allowed' | 'isFirstRefusal'>): Outcome => ({
    name,
    points: rate.points,
    windowMs: rate.windowMs,
    consumed: counter.consumed,
    resetsInMs: counter.resetsAt - clock(),
    allowed: decision.allowed,
    isFirstRefusal: decision.isFirstRefusal,
  });

  const allow = (key: string, counter: Counter, points: number): Outcome => {
    counter.consumed += points;
    sync?.add(key, counter, points);
    return outcome(counter, { allowed: true, isFirstRefusal: false });
  };

  const refuse = (counter: Counter): Outcome => {
    const isFirstRefusal = !counter.wasRefused;
    counter.wasRefused = true;
    return outcome(counter, { allowed: false, isFirstRefusal });
  };

  return {
    /** Consumes points, or none if fewer are left. */
    consume: (key: string, points: number): Outcome => {
      const counter = findOrStart(key);
      return counter.consumed + points <= rate.points ? allow(key, counter, points) : refuse(counter);
    },

    /** Counts work that is done already, also beyond the limit. */
    add: (key: string, points: number): Outcome => allow(key, findOrStart(key), points),

    isExhausted: (key: string): boolean => (findRunning(key)?.consumed ?? 0) >= rate.points,

    /** Refuses if nothing is left; null if something is. Consumes nothing and starts no window. */
    refuseIfExhausted: (key: string): Outcome | null => {
      const counter = findRunning(key);
      return counter && counter.consumed >= rate.points ? refuse(counter) : null;
    },

    close: (): void => sync?.close(),
  };
};
