import { AppError } from '../domain/errors.ts';
import type { AuthEvent } from '../domain/event.ts';
import type { Signals } from '../domain/signals.ts';
import type { EventStore } from '../stores/ports/event-store.ts';

const writtenAtOnce = 200;
const writeEveryMs = 100;
const tryAgainAfterMs = 1_000;
const mostWaiting = 10_000;

type Options = {
  readonly append: EventStore['append'];
  readonly signals: Pick<Signals, 'backgroundError' | 'eventsLost'>;
};

/**
 * Between those who record events and the store: takes them at once and writes them in batches, so that no request waits
 * for one. While the store is away they wait, a bounded number of them, and then the oldest go: the log has them.
 */
export const createEventBuffer = ({ append, signals }: Options) => {
  let waiting: AuthEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let writing: Promise<boolean> | null = null;

  const add = (event: AuthEvent): void => {
    waiting.push(event);
    if (waiting.length > mostWaiting) signals.eventsLost(waiting.splice(0, writtenAtOnce).length);
    schedule(writeEveryMs);
  };

  const schedule = (delayMs: number): void => {
    timer ??= setTimeout(() => {
      timer = null;
      void flush();
    }, delayMs).unref();
  };

  /** Writes everything that waits. False if the store did not take it; then it is tried again. Never rejects. */
  const flush = (): Promise<boolean> => {
    if (waiting.length === 0 && writing === null) return Promise.resolve(true);
    writing ??= writeAll();
    return writing;
  };

  const writeAll = async (): Promise<boolean> => {
    try {
      while (waiting.length > 0) {
        const batch = waiting.splice(0, writtenAtOnce);
        if (!(await write(batch))) return false;
      }
      return true;
    } finally {
      writing = null;
    }
  };

  const write = async (batch: readonly AuthEvent[]): Promise<boolean> => {
    try {
      await append(batch);
      return true;
    } catch (error) {
      signals.backgroundError(error);
      if (error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE') {
        waiting = [...batch, ...waiting];
        schedule(tryAgainAfterMs);
        return false;
      }
      // A mistake of ours: trying again would not help, and would hold up all that come after.
      signals.eventsLost(batch.length);
      return true;
    }
  };

  /** Writes what waits, if the store takes it now. What it does not take is counted as lost. */
  const close = async (): Promise<void> => {
    while (waiting.length > 0 || writing !== null) {
      if (!(await flush())) break;
    }
    if (timer !== null) clearTimeout(timer);
    if (waiting.length > 0) signals.eventsLost(waiting.splice(0).length);
  };

  return { add, flush, close };
};
