import sonicBoom from 'sonic-boom';

const retryEveryMs = 100;
/** How long the end of the process waits for a reader. */
const exitRetries = { count: 50, everyMs: 20 } as const;

type LogSinkOptions = {
  /** Of a file, or of a pipe that does not block. */
  readonly descriptor: number;
  readonly maxBytes: number;
  /** Called with the number of dropped lines, once lines are written again. */
  readonly onDropped: (count: number) => void;
};

/**
 * Never blocks: buffers up to `maxBytes`, then drops lines and counts them. After a failed write (a full pipe or disk, no
 * reader) it tries again every 100 ms, and for one second at the end of the process.
 */
export const createLogSink = ({ descriptor, maxBytes, onDropped }: LogSinkOptions) => {
  const sink = openSink(descriptor, maxBytes);
  let isBuffering = false;
  let dropped = 0;
  let timer: NodeJS.Timeout | null = null;

  const write = (text: string): void => {
    isBuffering = false;
    sink.write(text); // Writes all that is buffered, or emits one of the events below.
    if (!isBuffering && timer !== null) stopRetrying(timer);
  };

  const retryLater = (): void => {
    isBuffering = true;
    if (timer !== null) return;
    timer = setInterval(write, retryEveryMs, '').unref();
    process.once('exit', retryAtExit);
  };

  const stopRetrying = (retries: NodeJS.Timeout): void => {
    clearInterval(retries);
    timer = null;
    process.removeListener('exit', retryAtExit);
    const count = dropped;
    dropped = 0;
    if (count > 0) onDropped(count);
  };

  const retryAtExit = (): void =>
    retryBlocking(() => {
      write('');
      return timer === null;
    });

  sink.on('error', retryLater).on('drop', () => {
    dropped += 1;
    retryLater();
  });
  return { write };
};

/** sync: lines stay in order, and none is in flight at the exit. Unless retryEAGAIN says no, a full pipe would block in there. */
const openSink = (descriptor: number, maxBytes: number) =>
  new sonicBoom.SonicBoom({ fd: descriptor, sync: true, maxLength: maxBytes, retryEAGAIN: () => false });

/** Blocks, because an exiting process has no event loop to wait in. */
const retryBlocking = (attempt: () => boolean): void => {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let count = 0; count < exitRetries.count; count += 1) {
    Atomics.wait(never, 0, 0, exitRetries.everyMs);
    if (attempt()) return;
  }
};
