import type { Log } from './log.ts';

export type ThrottledLog = {
  /** Counts one failure. `null` where there is nothing to say about it. */
  readonly report: (error: unknown) => void;
  readonly close: () => void;
};

/** The events and sentences of the lines, and how often there is one. */
export type LogMessages = {
  /** Between two lines while failures go on. After as long without a failure, the outage has ended. */
  readonly everyMs: number;
  readonly events: readonly [failing: string, recovered: string];
  readonly failing: string;
  readonly stillFailing: string;
  readonly recovered: string;
};

export const storeErrorMessages: LogMessages = {
  everyMs: 5_000,
  events: ['store.failing', 'store.recovered'],
  failing: 'store failing',
  stillFailing: 'store still failing',
  recovered: 'store recovered',
};

/** A row of failures with less than `everyMs` between them. */
type Outage = {
  readonly timer: NodeJS.Timeout;
  readonly startedAt: number;
  total: number;
  sinceLastLine: number;
  latest: unknown;
};

/**
 * For failures that come by the thousand: writes one line at the first, one every `everyMs` with their number, and one
 * when they have ended. `now` is a monotonic clock in milliseconds.
 */
export const createThrottledLog = (log: Log, now: () => number, messages: LogMessages): ThrottledLog => {
  const [event, recovered] = messages.events;
  let outage: Outage | null = null;

  const close = (): void => {
    if (outage) clearInterval(outage.timer);
    outage = null;
  };

  const summarize = (): void => {
    if (!outage) return;
    const { total, sinceLastLine: count, latest } = outage;
    const fields = { total, lastedMs: Math.round(now() - outage.startedAt) };
    if (count > 0) {
      log.warn({ event, ...fields, count, ...causeOf(latest) }, messages.stillFailing);
      outage.sinceLastLine = 0;
    } else {
      close();
      log.info({ event: recovered, ...fields }, messages.recovered);
    }
  };

  const report = (error: unknown): void => {
    if (outage) {
      outage.total += 1;
      outage.sinceLastLine += 1;
      outage.latest = error;
      return;
    }
    const timer = setInterval(summarize, messages.everyMs).unref();
    outage = { timer, startedAt: now(), total: 1, sinceLastLine: 0, latest: error };
    log.warn({ event, ...causeOf(error) }, messages.failing);
  };

  return { report, close };
};

const causeOf = (error: unknown): { readonly err?: unknown } => (error === null ? {} : { err: error });
