import { AppError } from '../domain/errors.ts';

/** How long somebody waits in all. Longer than most clients listen. */
const timeoutMs = 20_000;
/** How often the first in a line looks up without being told: what it waits for may happen in another process. */
const lookUpEveryMs = 50;
const mostInLine = 1_000;

/** Being the first in a line. */
export type Slot = {
  /** Resolves when something has happened, or after a moment. */
  readonly wait: () => Promise<void>;
  /** Whether it took too long, waiting behind others included. */
  readonly isTimedOut: () => boolean;
};

type Line = { length: number; last: Promise<void>; wake: () => void };

/** Lines, each with a key, in which everybody waits for those who came before, within this process. */
export const createKeyedQueue = () => {
  const lines = new Map<string, Line>();

  /** Does the work when its turn has come, and lets the next go on when it is done. Errors: SERVICE_UNAVAILABLE. */
  const runExclusive = async (key: string, work: (turn: Slot) => Promise<void>): Promise<void> => {
    const line = lines.get(key) ?? { length: 0, last: Promise.resolve(), wake: () => {} };
    if (line.length >= mostInLine) throw new AppError('SERVICE_UNAVAILABLE', { retryAfter: 1 });
    lines.set(key, line);
    const turn = createTurn(line);
    line.length += 1;
    const done = line.last.then(() => work(turn));
    line.last = done.catch(() => {});
    try {
      await done;
    } finally {
      line.length -= 1;
      if (line.length === 0) lines.delete(key);
    }
  };

  /** Tells the first in a line that something has happened. */
  const tell = (key: string): void => lines.get(key)?.wake();

  return { inTurn: runExclusive, tell };
};

/** Nearly always nobody waits: the time is taken only of those who do. */
const createTurn = (line: Line): Slot => {
  let patience = line.length > 0 ? AbortSignal.timeout(timeoutMs) : null;
  return {
    wait: () => {
      patience ??= AbortSignal.timeout(timeoutMs);
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, lookUpEveryMs);
        line.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    isTimedOut: () => patience?.aborted ?? false,
  };
};
