import type { Log } from './log.ts';

export type TroubleLog = {
  /** Takes note of one thing that went wrong; null if there is nothing to say about this one. */
  readonly report: (error: unknown) => void;
  readonly close: () => void;
};

/** The events, what the lines say, and how often. */
export type LogMessages = {
  /** Between two lines while the trouble lasts; it is over when as long passed without any. */
  readonly everyMs: number;
  readonly events: readonly [trouble: string, over: string];
  readonly begins: string;
  readonly lasts: string;
  readonly isOver: string;
};

export const storeErrorMessages: LogMessages = {
  everyMs: 5_000,
  events: ['store.trouble', 'store.recovered'],
  begins: 'a store is in trouble',
  lasts: 'a store is still in trouble',
  isOver: 'no more trouble with the stores',
};

/**
 * Some trouble comes in thousands. The log gets one line when it begins, one now and then while it lasts with
 * how much there was of it, and one when it is over. `now` is a clock that is never set.
 */
export const createThrottledLog = (log: Log, now: () => number, words: LogMessages): TroubleLog => {
  const [event, over] = words.events;
  let timer: NodeJS.Timeout | null = null;
  let startedAt = 0;
  let total = 0;
  let sinceSummary = 0;
  let latest: unknown = null;

  const cause = (): { readonly err?: unknown } => (latest === null ? {} : { err: latest });

  const stop = (): void => {
    if (timer) clearInterval(timer);
    timer = null;
  };

  const summarize = (): void => {
    const state = { total, lastedMs: Math.round(now() - startedAt) };
    if (sinceSummary > 0) {
      log.warn({ event, ...state, count: sinceSummary, ...cause() }, words.lasts);
      sinceSummary = 0;
      return;
    }
    stop();
    log.info({ event: over, ...state }, words.isOver);
  };

  return {
    report: (error) => {
      latest = error;
      if (timer) {
        total += 1;
        sinceSummary += 1;
        return;
      }
      startedAt = now();
      total = 1;
      sinceSummary = 0;
      timer = setInterval(summarize, words.everyMs).unref();
      log.warn({ event, ...cause() }, words.begins);
    },
    close: stop,
  };
};
