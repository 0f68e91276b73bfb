import { writeSync } from 'node:fs';

const tryAgainMs = 100;
/** At the end of the process, in steps. */
const lastPatience = { steps: 50, stepMs: 20 } as const;

type Options = {
  readonly descriptor: number;
  /** The most that waits, in bytes. */
  readonly mostWaiting: number;
  /** Told how many lines are missing, when lines can be written again. */
  readonly onDropped: (count: number) => void;
};

/**
 * Writes lines to a descriptor that is told not to block, at once as long as somebody takes them. A full pipe or disk holds
 * up nobody: lines wait, then new ones are dropped and counted. The end of the process waits for a second.
 */
export const createLogSink = ({ descriptor, mostWaiting, onDropped }: Options) => {
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | null = null;

  const write = (line: string): void => {
    const bytes = Buffer.from(line);
    if (waiting.length === 0) {
      const rest = put(bytes);
      if (rest.length > 0) keep(rest);
      return;
    }
    if (waitingBytes + bytes.length > mostWaiting) dropped += 1;
    else keep(bytes);
    flush();
  };

  /** What is left after as much as is taken; all of it if writing fails, whatever the reason. */
  const put = (bytes: Buffer): Buffer => {
    try {
      return bytes.subarray(writeSync(descriptor, bytes));
    } catch {
      return bytes;
    }
  };

  const keep = (bytes: Buffer): void => {
    waiting.push(bytes);
    waitingBytes += bytes.length;
    if (timer !== null) return;
    timer = setInterval(flush, tryAgainMs).unref();
    process.once('exit', waitForReader);
  };

  const flush = (): void => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const rest = put(first);
      waitingBytes -= first.length - rest.length;
      if (rest.length > 0) {
        waiting[0] = rest;
        return;
      }
      waiting.shift();
    }
    if (timer !== null) clearInterval(timer);
    timer = null;
    process.removeListener('exit', waitForReader);
    if (dropped === 0) return;
    const count = dropped;
    dropped = 0;
    onDropped(count);
  };

  const waitForReader = (): void => {
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (let step = 0; step < lastPatience.steps && waiting.length > 0; step += 1) {
      Atomics.wait(never, 0, 0, lastPatience.stepMs);
      flush();
    }
  };

  return { write };
};
