import type { CodedError } from '../domain/errors.ts';

export type End = (error: CodedError) => void;

/** Calls `end` once a stream must end. Returns what stops watching. */
export type WatchEnd = (end: End) => () => void;

export const nothing = (): void => undefined;

export const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

type Step = IteratorResult<unknown, undefined>;
type Waiting = { readonly resolve: (step: Step) => void; readonly reject: (error: unknown) => void };

const done: Step = { done: true, value: undefined };

/**
 * Returns the stream, which ends when `watchEnd` says so, with a last value that tells the error. Nothing is delivered after it.
 * Not a generator: `return` of one that waits for an event would wait for that event too.
 */
export const endStream = <Last>(
  stream: AsyncIterable<unknown>,
  watchEnd: WatchEnd,
  lastOf: (error: CodedError) => Last,
): AsyncIterableIterator<unknown> => {
  const events = stream[Symbol.asyncIterator]();
  const waiting: Waiting[] = [];
  let last: Last | null = null;
  let isOver = false;
  let stop = nothing;

  const finish = (): void => {
    isOver = true;
    stop();
    for (const { resolve } of waiting.splice(0)) resolve(last === null ? done : takeLast());
  };
  const takeLast = (): Step => {
    const value = last;
    last = null;
    return value === null ? done : { done: false, value };
  };
  const close = (): Promise<unknown> => Promise.resolve(events.return?.()).catch(nothing);
  const stopWatching = watchEnd((error) => {
    if (isOver) return;
    last = lastOf(error);
    finish();
    void close();
  });
  stop = stopWatching;
  if (isOver) stop();
  const settle = (step: IteratorResult<unknown>): void => {
    if (isOver) return;
    if (step.done) finish();
    else waiting.shift()?.resolve({ done: false, value: step.value });
  };
  const fail = (error: unknown): void => {
    if (isOver) return;
    waiting.shift()?.reject(error);
    finish();
  };
  const iterator: AsyncIterableIterator<unknown> = {
    next: () => {
      if (isOver) return Promise.resolve(takeLast());
      return new Promise<Step>((resolve, reject) => {
        waiting.push({ resolve, reject });
        Promise.resolve(events.next()).then(settle, fail);
      });
    },
    return: async () => {
      last = null;
      if (!isOver) finish();
      await close();
      return done;
    },
    throw: async (error) => {
      last = null;
      if (!isOver) finish();
      await close();
      throw error;
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
};
