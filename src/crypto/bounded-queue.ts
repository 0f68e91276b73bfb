import { AppError } from '../domain/errors.ts';

export type BoundedQueueOptions = {
  /** How many tasks run at once. */
  readonly concurrency: number;
  /** How many may wait for one of those to end. */
  readonly maxQueue: number;
  /** What those who find the queue full are told. */
  readonly retryAfterSeconds: number;
};

/**
 * Runs tasks a few at a time, in the order they came. A task that finds the queue full is not started, and its promise
 * rejects at once with SERVICE_UNAVAILABLE: waiting longer than anybody would listen helps nobody.
 */
export const createBoundedQueue = ({ concurrency, maxQueue, retryAfterSeconds }: BoundedQueueOptions) => {
  if (!(concurrency >= 1) || !(maxQueue >= 0)) throw new RangeError('a queue must let at least one task run');
  const waiting: (() => void)[] = [];
  let running = 0;

  const enter = (): Promise<void> | void => {
    if (running < concurrency) {
      running++;
      return;
    }
    if (waiting.length >= maxQueue) throw new AppError('SERVICE_UNAVAILABLE', { retryAfter: retryAfterSeconds });
    return new Promise((resolve) => waiting.push(resolve));
  };

  /** The place goes straight to the next in line, so that no newcomer can slip in between. */
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  };

  return async <Result>(task: () => Promise<Result>): Promise<Result> => {
    await enter();
    try {
      return await task();
    } finally {
      leave();
    }
  };
};
