import { AppError } from '../domain/errors.ts';

export type BoundedQueueOptions = {
  /** How many tasks run at once. */
  readonly concurrency: number;
  /** How many may wait for one of those to finish. */
  readonly maxQueue: number;
  /** Sent with the error where the queue is full. */
  readonly retryAfterSeconds: number;
};

/** The load of a queue. `refused` counts since the start. */
export type QueueLoad = { readonly running: number; readonly waiting: number; readonly refused: number };

export type BoundedQueue = {
  readonly run: <Result>(task: () => Promise<Result>) => Promise<Result>;
  /** Throws what `run` would reject with now, for callers that can skip the preparation of a task. */
  readonly requireCapacity: () => void;
  readonly load: () => QueueLoad;
};

/**
 * Creates a queue that runs a few tasks at a time, in order of arrival. Where the queue is full a task is not started and `run`
 * rejects at once with SERVICE_UNAVAILABLE, since no client would wait that long.
 */
export const createBoundedQueue = (options: BoundedQueueOptions): BoundedQueue => {
  const { concurrency, maxQueue, retryAfterSeconds } = options;
  if (!(concurrency >= 1) || !(maxQueue >= 0))
    throw new RangeError('concurrency must be at least 1, and maxQueue at least 0');
  const waiting: (() => void)[] = [];
  let running = 0;
  let refused = 0;

  const requireCapacity = (): void => {
    if (running < concurrency || waiting.length < maxQueue) return;
    refused++;
    throw new AppError('SERVICE_UNAVAILABLE', { retryAfter: retryAfterSeconds });
  };

  const enter = (): Promise<void> | void => {
    requireCapacity();
    if (running < concurrency) {
      running++;
      return;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };

  /** The place goes straight to the next in the queue, so that no newcomer can take it. */
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

  return { run, requireCapacity, load: () => ({ running, waiting: waiting.length, refused }) };
};
