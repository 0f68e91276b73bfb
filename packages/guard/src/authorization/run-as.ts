import { isPromise } from '@whatwg-node/promise-helpers';
import { GuardError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { bindViewer, isContextObject, releaseViewer } from '../domain/viewer-binding.ts';
import { limitDenials } from './denial-limit.ts';
import { type OnFault, tellFault } from './faults.ts';

/** What a context shows of the viewer to resolvers. The guard itself does not read this property. */
export type ViewerContext = { readonly viewer: Viewer };

export type RunAsOptions = {
  /**
   * The property of the context that shows the viewer to resolvers; null for none. It is added only where the context can be
   * extended and has no such property. Default: `viewer`.
   */
  readonly contextKey?: string | null | undefined;
  readonly onFault?: OnFault | undefined;
};

const contextInUse =
  'an operation was not run, because its context is in use by a running operation of another viewer. Make a context for each request.';

/**
 * Runs an operation as this viewer, with the embedder's own context object, which is not copied: `viewerOf(context)` is the viewer
 * until the result settles or its stream ends, and anonymous afterwards. A context that is not an object becomes a new one.
 * Throws `GuardError('INTERNAL_SERVER_ERROR')` without running anything while an operation of another viewer uses the same
 * context: one of the two would get the other's rights.
 *
 * @example
 * const answerAs = (viewer: Viewer, context: unknown) =>
 *   runAs(context, viewer, {}, (contextValue) => execute({ schema, document, contextValue }));
 */
export const runAs = <Context, Result>(
  contextValue: Context,
  viewer: Viewer,
  { contextKey = 'viewer', onFault }: RunAsOptions,
  run: (contextValue: Context & object) => Result,
): Result => {
  const context = (isContextObject(contextValue) ? contextValue : {}) as Context & object;
  if (!bindViewer(context, viewer, contextKey)) {
    tellFault(onFault, { message: contextInUse }, context);
    throw new GuardError('INTERNAL_SERVER_ERROR');
  }
  const release = once(() => releaseViewer(context));
  return releaseIfThrown(() => releaseAfter(run(context), release), release) as Result;
};

const releaseIfThrown = (run: () => unknown, release: () => void): unknown => {
  try {
    return run();
  } catch (error) {
    release();
    throw error;
  }
};

const once = (run: () => void): (() => void) => {
  let hasRun = false;
  return () => {
    if (hasRun) return;
    hasRun = true;
    run();
  };
};

/** Returns the same result, having the context released when there is nothing more of it to come. */
const releaseAfter = (result: unknown, release: () => void): unknown => {
  if (isPromise(result)) {
    return result.then(
      (settled) => releaseIfThrown(() => releaseAfter(settled, release), release),
      (error) => {
        release();
        throw error;
      },
    );
  }
  if (isAsyncIterable(result)) return releaseAtEnd(result, release);
  if (isIncremental(result)) {
    return { ...result, subsequentResults: releaseAtEnd(result.subsequentResults, release) };
  }
  release();
  return limitDenials(result);
};

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/** The shape of incremental delivery (`@defer`, `@stream`) in graphql. */
const isIncremental = (value: unknown): value is { readonly subsequentResults: AsyncIterable<unknown> } =>
  typeof value === 'object' &&
  value !== null &&
  'subsequentResults' in value &&
  isAsyncIterable(value.subsequentResults);

/** Node 20 and older browsers have none. */
const disposeKey = (Symbol as { readonly asyncDispose?: symbol }).asyncDispose;

/**
 * Returns the stream with the context released when it ends, throws or is returned, and no event is still being resolved: a
 * caller who stopped listening is still the viewer of the event that was begun.
 */
const releaseAtEnd = (stream: AsyncIterable<unknown>, release: () => void): AsyncIterableIterator<unknown> => {
  const events: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  let pending = 0;
  let hasEnded = false;
  const settle = (ends: boolean): void => {
    pending -= 1;
    hasEnded ||= ends;
    if (hasEnded && pending === 0) release();
  };
  const follow = async (next: () => Promise<IteratorResult<unknown>>, isLast: boolean) => {
    pending += 1;
    try {
      const step = await next();
      settle(isLast || step.done === true);
      return step.done === true ? step : { done: false, value: limitDenials(step.value) };
    } catch (error) {
      settle(true);
      throw error;
    }
  };
  const end = () => follow(async () => (await events.return?.()) ?? { done: true, value: undefined }, true);
  const iterator: AsyncIterableIterator<unknown> = {
    next: () => follow(async () => events.next(), false),
    return: end,
    throw: (error: unknown) =>
      follow(async () => {
        if (events.throw) return events.throw(error);
        await events.return?.();
        throw error;
      }, true),
    [Symbol.asyncIterator]: () => iterator,
    ...(disposeKey !== undefined && {
      [disposeKey]: async () => {
        await end();
      },
    }),
  };
  return iterator;
};
