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
  /**
   * `requireCapacity`, which counts its caller until the returned function is called: of many callers who prepare tasks at once no more
   * get through than have a place.
   */
  readonly reserve: () => () => void;
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
  let reserved = 0;

  const refuseIf = (isFull: boolean): void => {
    if (!isFull) return;
    refused++;
    throw tooMany(retryAfterSeconds);
  };
  const isFull = (): boolean => running >= concurrency && waiting.length >= maxQueue;
  const requireCapacity = (): void => refuseIf(isFull() || reserved >= concurrency + maxQueue);

  const reserve = (): (() => void) => {
    requireCapacity();
    reserved++;
    return () => {
      reserved--;
    };
  };

  const enter = (): Promise<void> | void => {
    // Whoever has reserved is let in by this alone: their own reservation must not keep them out.
    refuseIf(isFull());
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

  return { run, requireCapacity, reserve, load: () => ({ running, waiting: waiting.length, refused }) };
};

/** In a flood it is thrown by the hundred, and graphql reads the stack of each: writing that out would be half the work of a refusal. */
const tooMany = (retryAfter: number): AppError => {
  const error = new AppError('SERVICE_UNAVAILABLE', { retryAfter });
  Object.defineProperty(error, 'stack', { value: String(error) });
  return error;
};
