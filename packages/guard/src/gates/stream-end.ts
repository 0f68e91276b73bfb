import { handleMaybePromise, isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { ExecutionResult } from 'graphql';
import type { Decision } from '../authorization/decision.ts';
import { type End, endStream, isAsyncIterable, nothing, type WatchEnd } from '../authorization/ended-stream.ts';
import { toGraphQLError } from '../authorization/errors.ts';
import { callTold, tellFault } from '../authorization/faults.ts';
import { CodedError, GuardError } from '../domain/errors.ts';
import { isSameViewer, type SignedInViewer, type Viewer } from '../domain/viewer.ts';
import type { EndReason, GateOptions } from './options.ts';

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
  return isAsyncIterable(result) ? endStream(result, watchViewer(viewer, lifetime), refusedEvent) : result;
};

const refusedEvent = (error: CodedError): ExecutionResult => ({ errors: [toGraphQLError(error)] });

/** Returns what calls `end` once the viewer may no longer be served, and returns what stops watching. */
export const watchViewer =
  (viewer: SignedInViewer, lifetime: Lifetime): WatchEnd =>
  (end) => {
    const ended = (reason: EndReason): void => end(new GuardError('UNAUTHENTICATED', { reason }));
    const expire = (): void => ended('TOKEN_EXPIRED');
    let stopClock = atTime(viewer.expiresAt, expire);
    const onRecheck = (now: Viewer): void => {
      // What resolvers and policies of the stream see is the viewer that it was opened by: another one opens another stream.
      if (now.kind === 'anonymous' || !isSameViewer(viewer, now) || roleOf(viewer) !== roleOf(now))
        ended('TOKEN_STALE');
      else {
        stopClock();
        stopClock = atTime(now.expiresAt, expire);
      }
    };
    const stopWatching = watchSession(viewer, lifetime, { end, ended });
    const stopRecheck = recheckEvery(lifetime, { end, onRecheck });
    return () => {
      stopClock();
      stopRecheck();
      stopWatching();
    };
  };

const roleOf = (viewer: Viewer): string | null => (viewer.kind === 'account' ? viewer.role : null);

type Ends = { readonly end: End; readonly ended: (reason: EndReason) => void };

/** A session whose end cannot be heard of is not served: what goes wrong in `watchSession` is told, and ends the stream. */
const watchSession = (
  viewer: SignedInViewer,
  { watchSession: watch, onFault }: Lifetime,
  { end, ended }: Ends,
): (() => void) => {
  if (watch === undefined) return nothing;
  const fail = (message: string, error?: unknown): void => {
    tellFault(onFault, { message: `watchSession ${message}.`, error }, undefined);
    end(new GuardError('SERVICE_UNAVAILABLE'));
  };
  const stopped = (stop: unknown): void => {
    if (typeof stop === 'function') {
      callTold(() => stop(), { name: 'what watchSession returned', onFault, context: undefined });
    }
  };
  let isOver = false;
  let stop: unknown = nothing;
  const started = (returned: unknown): void => {
    stop = returned ?? nothing;
    if (typeof stop !== 'function') fail('returned no function that stops it');
    else if (isOver) stopped(stop);
  };
  try {
    const returned: unknown = watch(viewer, ended);
    if (isPromise(returned)) returned.then(started, (error) => fail('rejected', error));
    else started(returned);
  } catch (error) {
    fail('threw', error);
  }
  return () => {
    isOver = true;
    stopped(stop);
  };
};

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

type OnRecheck = { readonly end: End; readonly onRecheck: (viewer: Viewer) => void };

const recheckEvery = ({ recheckSeconds, recheck }: Lifetime, { end, onRecheck }: OnRecheck): (() => void) => {
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
        if (decision.kind === 'refuse') return end(decision.error);
        onRecheck(decision.viewer);
        if (!isOver) wait();
      },
      (error) => end(error instanceof CodedError ? error : new GuardError('SERVICE_UNAVAILABLE')),
    );
  wait();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
};
