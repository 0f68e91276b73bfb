/** What a limited promise resolves to when the time is over. */
export const timedOut: unique symbol = Symbol('fieldgate.timed-out');

/** The longest time that timers count. */
const maxTimeoutMs = 2 ** 31 - 1;

/** Throws TypeError unless it is a time that timers count. */
export const checkTimeoutMs = (name: string, value: unknown): void => {
  if (typeof value === 'number' && value > 0 && value <= maxTimeoutMs) return;
  throw new TypeError(`The option ${name} must be a number of milliseconds above 0 and at most ${maxTimeoutMs}.`);
};

/**
 * Settles as the promise does, or resolves to `timedOut` if it has not settled in time. The timer does not keep a process alive. What
 * the promise does later is ignored.
 */
export const withTimeLimit = <Value>(
  promise: PromiseLike<Value>,
  milliseconds: number,
): Promise<Value | typeof timedOut> =>
  new Promise((resolve, reject) => {
    const timer: unknown = setTimeout(resolve, milliseconds, timedOut);
    unref(timer);
    const end = (): void => clearTimeout(timer as number);
    promise.then(
      (value) => {
        end();
        resolve(value);
      },
      (error) => {
        end();
        reject(error);
      },
    );
  });

/** Node's timers keep the process alive unless they are told not to; those of browsers are numbers. */
const unref = (timer: unknown): void => {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') {
    timer.unref();
  }
};
