import { AppError } from '../domain/errors.ts';

export type BoundedQueueOptions = {
  /** How many tasks run at once. */
  readonly concurrency: number;
  /** How many may wait for one of those to end. */
  readonly maxQueue: number;
  /** What those who find the queue full are told. */
  readonly retryAfterSeconds: number;
};

/** What a queue has to do. `refused` counts from the beginning. */
export type QueueLoad = { readonly running: number; readonly waiting: number; readonly refused: number };

export type BoundedQueue = {
  readonly run: <Result>(task: () => Promise<Result>) => Promise<Result>;
  /** Throws what `run` would reject with if a task came now. For whoever has to prepare it, and need not. */
  readonly requireCapacity: () => void;
  readonly load: () => QueueLoad;
};

/**
 * Runs tasks a few at a time, in the order they came. A task that finds the queue full is not started, and its promise
 * rejects at once with SERVICE_UNAVAILABLE: waiting longer than anybody would listen helps nobody.
 */
export const createBoundedQueue = (options: BoundedQueueOptions): BoundedQueue => {
  const { concurrency, maxQueue, retryAfterSeconds } = options;
  if (!(concurrency >= 1) || !(maxQueue >= 0)) throw new RangeError('a queue must let at least one task run');
  const waiting: (() => void)[] = [];
  let running = 0;
  let refused = 0;

  const requireRoom = (): void => {
    if (running < concurrency || waiting.length < maxQueue) return;
    refused++;
    throw new AppError('SERVICE_UNAVAILABLE', { retryAfter: retryAfterSeconds });
  };

  const enter = (): Promise<void> | void => {
    requireRoom();
    if (running < concurrency) {
      running++;
      return;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };

  /** The place goes straight to the next in line, so that no newcomer can slip in between. */
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  };

  const run = async <Result>(task: () => Promise<Result>): Promise<Result> => {
    await enter();
    try {
      return await task();
    } finally {
      leave();
    }
  };

  return { run, requireCapacity: requireRoom, load: () => ({ running, waiting: waiting.length, refused }) };
};
