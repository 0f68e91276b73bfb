import { handleMaybePromise, isPromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import type { ExecutionResult } from 'graphql';
import type { Decision } from '../authorization/decision.ts';
import { type End, endStream, isAsyncIterable, nothing, type WatchEnd } from '../authorization/ended-stream.ts';
import { toGraphQLError } from '../authorization/errors.ts';
import { CodedError, GuardError } from '../domain/errors.ts';
import type { SignedInViewer, Viewer } from '../domain/viewer.ts';
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
    const stops = [
      atTime(viewer.expiresAt, () => ended('TOKEN_EXPIRED')),
      lifetime.watchSession?.(viewer, ended) ?? nothing,
      recheckEvery(lifetime, end),
    ];
    return () => {
      for (const stop of stops) stop();
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
