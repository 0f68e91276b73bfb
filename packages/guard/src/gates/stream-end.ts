import { handleMaybePromise, isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { ExecutionResult } from 'graphql';
import type { Decision } from '../authorization/decision.ts';
import { toGraphQLError } from '../authorization/errors.ts';
import { CodedError, GuardError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import type { EndReason, GateOptions } from './options.ts';

export const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

type Lifetime = Pick<GateOptions, 'recheckSeconds' | 'watchSession' | 'onFault'> & {
  /** Decides the operation anew, with the credential verified again. */
  readonly recheck: () => MaybePromise<Decision>;
};

/**
 * Returns the same result. If it is a stream, or becomes one, it ends when the credential of its viewer does: at `expiresAt`,
 * when a recheck refuses it, or when `watchSession` says so. Its last event is the error, and nothing is delivered after it.
 */
export const endWithViewer = (result: unknown, viewer: Viewer, lifetime: Lifetime): unknown => {
  if (viewer.kind === 'anonymous') return result;
  if (isPromise(result)) return result.then((settled) => endWithViewer(settled, viewer, lifetime));
  return isAsyncIterable(result) ? endStream(result, (end) => watch(viewer, lifetime, end)) : result;
};

type End = (error: CodedError) => void;

/** Calls `end` once the viewer may no longer be served. Returns what stops watching. */
const watch = (viewer: Exclude<Viewer, { kind: 'anonymous' }>, lifetime: Lifetime, end: End): (() => void) => {
  const ended = (reason: EndReason): void => end(new GuardError('UNAUTHENTICATED', { reason }));
  const stops = [
    atTime(viewer.expiresAt, () => ended('TOKEN_EXPIRED')),
    lifetime.watchSession?.(viewer, ended) ?? nothing,
    recheckEvery(lifetime, end),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};

const nothing = (): void => undefined;

/** The longest time that a timer takes. */
const maxTimerMs = 2 ** 31 - 1;

const atTime = (seconds: number | null, run: () => void): (() => void) => {
  if (seconds === null) return nothing;
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    const left = seconds * 1000 - Date.now();
    timer = left > 0 ? setTimeout(wait, Math.min(left, maxTimerMs)) : setTimeout(run, 0);
  };
  wait();
  return () => clearTimeout(timer);
};

const recheckEvery = ({ recheckSeconds, recheck }: Lifetime, end: End): (() => void) => {
  if (recheckSeconds === undefined) return nothing;
  let isOver = false;
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    timer = setTimeout(ask, Math.min(recheckSeconds * 1000, maxTimerMs));
  };
  const ask = (): void =>
    void handleMaybePromise(
      recheck,
      (decision) => {
        if (isOver) return;
        if (decision.kind === 'run') wait();
        else end(decision.error);
      },
      (error) => end(error instanceof CodedError ? error : new GuardError('SERVICE_UNAVAILABLE')),
    );
  wait();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
};

type Step = IteratorResult<unknown, undefined>;
type Waiting = { readonly resolve: (step: Step) => void; readonly reject: (error: unknown) => void };

const done: Step = { done: true, value: undefined };

/** Not a generator: `return` of one that waits for an event would wait for that event too. */
const endStream = (
  stream: AsyncIterable<unknown>,
  watchEnd: (end: End) => () => void,
): AsyncIterableIterator<unknown> => {
  const events = stream[Symbol.asyncIterator]();
  const waiting: Waiting[] = [];
  let last: ExecutionResult | null = null;
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
    last = { errors: [toGraphQLError(error)] };
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
