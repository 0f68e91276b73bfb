import type { Clock } from '../domain/clock.ts';
import type { Count, ExactLimit, Rate } from '../domain/rate-limit.ts';
import type { Signals } from '../domain/signals.ts';
import type { LimitStore } from '../stores/ports/limit-store.ts';
import { createCounters } from './counters.ts';
import type { Outcome } from './quota.ts';

type BucketDeps = {
  readonly name: ExactLimit;
  readonly rate: Rate;
  /** Where instances share what they count; null if there is one instance. */
  readonly shared: LimitStore | null;
  readonly clock: Clock;
  readonly signals: Pick<Signals, 'backgroundError'>;
};

/**
 * A limit that is exact over all instances: every use goes to the store. While the store is unavailable each process counts by
 * itself, so that there is always a limit.
 */
export const createBucket = ({ name, rate, shared, clock, signals }: BucketDeps) => {
  const { find, start } = createCounters(clock, rate.windowMs);

  const countLocally = (key: string, points: number): Count => {
    const found = find(key);
    const counter = found && clock() < found.resetsAt ? found : start(key);
    counter.consumed += points;
    return { consumed: counter.consumed, resetsInMs: counter.resetsAt - clock() };
  };

  const countInStore = async (store: LimitStore, key: string, points: number): Promise<Count> => {
    try {
      const [count] = await store.add([{ key: `${name}:${key}`, points, windowMs: rate.windowMs }]);
      return count ?? countLocally(key, points);
    } catch (error) {
      signals.backgroundError(error);
      return countLocally(key, points);
    }
  };

  /** Consumes points in any case, also those of a request that is refused. */
  const consume = async (key: string, points: number): Promise<Outcome> => {
    const count = shared ? await countInStore(shared, key, points) : countLocally(key, points);
    const allowed = count.consumed <= rate.points;
    const isFirstRefusal = !allowed && count.consumed - points <= rate.points;
    return { name, ...rate, ...count, allowed, isFirstRefusal };
  };

  return { consume };
};
