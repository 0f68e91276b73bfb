import { AppError } from '../domain/errors.ts';

/** The longest a caller waits in all, which is longer than most clients do. */
const timeoutMs = 20_000;
/** How often the first in a queue wakes without a notification: what it waits for may happen in another process. */
const pollIntervalMs = 50;
const maxQueueLength = 1_000;

/** The place of the caller who is first in a queue. */
export type Slot = {
  /** Resolves at the next notification, or after a short interval. */
  readonly wait: () => Promise<void>;
  /** Whether the caller waited too long, the time behind others included. */
  readonly isTimedOut: () => boolean;
};

type Queue = { length: number; last: Promise<void>; wake: () => void };

/** Creates queues, one per key, within this process: work under the same key runs one after the other, in order of arrival. */
export const createKeyedQueue = () => {
  const queues = new Map<string, Queue>();

  /** Runs the work once all earlier work under this key is done. Errors: SERVICE_UNAVAILABLE where the queue is full. */
  const runExclusive = async (key: string, work: (slot: Slot) => Promise<void>): Promise<void> => {
    const queue = queues.get(key) ?? { length: 0, last: Promise.resolve(), wake: () => {} };
    if (queue.length >= maxQueueLength) throw new AppError('SERVICE_UNAVAILABLE', { retryAfter: 1 });
    queues.set(key, queue);
    const slot = createSlot(queue);
    queue.length += 1;
    const done = queue.last.then(() => work(slot));
    queue.last = done.catch(() => {});
    try {
      await done;
    } finally {
      queue.length -= 1;
      if (queue.length === 0) queues.delete(key);
    }
  };

  /** Wakes the first in the queue of this key. */
  const notify = (key: string): void => queues.get(key)?.wake();

  return { runExclusive, notify };
};

/** Nearly always the queue is empty, so the timeout is started only by those who wait. */
const createSlot = (queue: Queue): Slot => {
  let timeout = queue.length > 0 ? AbortSignal.timeout(timeoutMs) : null;
  return {
    wait: () => {
      timeout ??= AbortSignal.timeout(timeoutMs);
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, pollIntervalMs);
        queue.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    isTimedOut: () => timeout?.aborted ?? false,
  };
};
