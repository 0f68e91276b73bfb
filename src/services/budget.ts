import type { Clock } from '../domain/clock.ts';
import type { QuotaName, Rate, RateLimitStatus } from '../domain/rate-limit.ts';
import type { LimitStore } from '../stores/ports/limit-store.ts';
import { type Counter, createCounters } from './counters.ts';

type Dependencies = {
  readonly name: QuotaName;
  readonly rate: Rate;
  /** Where instances tell each other; null: there is one. */
  readonly shared: LimitStore | null;
  readonly clock: Clock;
  /** Told of trouble with the store that no caller is told of. */
  readonly onTrouble: (error: unknown) => void;
};

/** How often instances tell each other what they have counted. */
const toldEveryMs = 100;
const toldAtOnce = 1_000;

/** `first`: it was refused, and nothing before it in this window. */
export type Outcome = RateLimitStatus & { readonly allowed: boolean; readonly first: boolean };

/**
 * A budget that is asked for at each request, so asking waits for nobody: each process counts in its memory, tells the store
 * ten times a second what it has added, and takes over the sum of all. So one caller can get more than the budget by what passes
 * on the other instances within that tenth of a second. While the store is away each process counts by itself.
 */
export const createQuota = ({ name, rate, shared, clock, onTrouble }: Dependencies) => {
  const { counterOf, running } = createCounters(clock, rate);
  const untold = new Map<string, Counter>();
  let telling: NodeJS.Timeout | null = null;
  let closed = false;

  /** Counts, unless that would be more than there is left. */
  const spend = (key: string, points: number): Outcome => {
    const counter = counterOf(key);
    const allowed = counter.spent + points <= rate.points;
    return allowed ? allow(key, counter, points) : refuse(counter);
  };

  /** Counts what has been had already, beyond the rate too. */
  const add = (key: string, points: number): Outcome => allow(key, counterOf(key), points);

  const isSpent = (key: string): boolean => (running(key)?.spent ?? 0) >= rate.points;

  /** Refuses where all is spent; null: it is not. Counts nothing, and begins no window. */
  const refuseIfSpent = (key: string): Outcome | null => {
    const counter = running(key);
    return counter && counter.spent >= rate.points ? refuse(counter) : null;
  };

  const allow = (key: string, counter: Counter, points: number): Outcome => {
    counter.spent += points;
    if (shared) tellSoon(key, counter, points);
    return outcome(counter, { allowed: true, first: false });
  };

  const refuse = (counter: Counter): Outcome => {
    const first = !counter.refused;
    counter.refused = true;
    return outcome(counter, { allowed: false, first });
  };

  const outcome = ({ spent, resetsAt }: Counter, { allowed, first }: Pick<Outcome, 'allowed' | 'first'>): Outcome => ({
    bucket: name,
    points: rate.points,
    windowMs: rate.windowMs,
    consumed: spent,
    resetsInMs: resetsAt - clock(),
    allowed,
    first,
  });

  const tellSoon = (key: string, counter: Counter, points: number): void => {
    counter.unsynced += points;
    untold.set(key, counter);
    telling ??= setTimeout(tell, toldEveryMs).unref();
  };

  const tell = async (): Promise<void> => {
    const news = [...untold].slice(0, toldAtOnce).map(([key, counter]) => ({ key, counter, points: counter.unsynced }));
    for (const { key, counter } of news) {
      untold.delete(key);
      counter.unsynced = 0;
    }
    try {
      const additions = news.map(({ key, points }) => ({ key: `${name}:${key}`, points, windowMs: rate.windowMs }));
      const counts = (await shared?.add(additions)) ?? [];
      for (const [index, { consumed: spent, resetsInMs }] of counts.entries()) {
        const counter = news[index]?.counter;
        if (!counter) continue;
        counter.spent = spent + counter.unsynced;
        counter.resetsAt = clock() + resetsInMs;
      }
    } catch (error) {
      if (closed) return;
      for (const { key, counter, points } of news) {
        counter.unsynced += points;
        if (!untold.has(key)) untold.set(key, counter);
      }
      onTrouble(error);
    }
    telling = untold.size > 0 && !closed ? setTimeout(tell, toldEveryMs).unref() : null;
  };

  /** Tells nobody any more. */
  const close = (): void => {
    closed = true;
    if (telling) clearTimeout(telling);
  };

  return { spend, add, isSpent, refuseIfSpent, close };
};
