import { AppError } from '../domain/errors.ts';
import type { AuthEvent } from '../domain/event.ts';
import type { Signals } from '../domain/signals.ts';
import type { EventStore } from '../stores/ports/event-store.ts';

const batchSize = 200;
const writeIntervalMs = 100;
const retryDelayMs = 1_000;
const maxBuffered = 10_000;

type EventBufferDeps = {
  readonly append: EventStore['append'];
  /** `eventsLost` gets the number of events that the store will never hold: the buffer was full, or the store rejected them. */
  readonly signals: Pick<Signals, 'backgroundError' | 'eventsLost'>;
};

/**
 * Buffers events on their way to the store and writes them in batches, so that no request waits for one. While the store is
 * unavailable a bounded number waits; then the oldest are dropped, which the log still has.
 */
export const createEventBuffer = ({ append, signals }: EventBufferDeps) => {
  let buffered: AuthEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let writing: Promise<boolean> | null = null;

  const add = (event: AuthEvent): void => {
    buffered.push(event);
    if (buffered.length > maxBuffered) signals.eventsLost(buffered.splice(0, batchSize).length);
    schedule(writeIntervalMs);
  };

  const schedule = (delayMs: number): void => {
    timer ??= setTimeout(() => {
      timer = null;
      void flush();
    }, delayMs).unref();
  };

  /** Writes everything in the buffer. Resolves with false if the store did not take it; it is retried then. Never rejects. */
  const flush = (): Promise<boolean> => {
    if (buffered.length === 0 && writing === null) return Promise.resolve(true);
    writing ??= writeAll();
    return writing;
  };

  const writeAll = async (): Promise<boolean> => {
    try {
      while (buffered.length > 0) {
        const batch = buffered.splice(0, batchSize);
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
        buffered = [...batch, ...buffered];
        schedule(retryDelayMs);
        return false;
      }
      // A bug of ours: a retry would fail too, and would hold up all events that follow.
      signals.eventsLost(batch.length);
      return true;
    }
  };

  /** Writes the buffer if the store takes it now. What it does not take is counted as lost. */
  const close = async (): Promise<void> => {
    while (buffered.length > 0 || writing !== null) {
      if (!(await flush())) break;
    }
    if (timer !== null) clearTimeout(timer);
    if (buffered.length > 0) signals.eventsLost(buffered.splice(0).length);
  };

  return { add, flush, close };
};
