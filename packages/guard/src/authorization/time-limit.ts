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
    const waiting = deadlinesOf(milliseconds).add(() => resolve(timedOut));
    promise.then(
      (value) => {
        waiting.expire = null;
        resolve(value);
      },
      (error) => {
        waiting.expire = null;
        reject(error);
      },
    );
  });

/** `expire` is null once the promise has settled. */
type Waiting = { readonly deadline: number; expire: (() => void) | null };

type Deadlines = { readonly add: (expire: () => void) => Waiting };

const byLimit = new Map<number, Deadlines>();

const deadlinesOf = (milliseconds: number): Deadlines => {
  const deadlines = byLimit.get(milliseconds) ?? createDeadlines(milliseconds);
  byLimit.set(milliseconds, deadlines);
  return deadlines;
};

/** How many settled ones may be kept before the others are moved to the front. */
const maxSettled = 1_000;

/**
 * One timer for all promises with the same limit, which are over in the order in which they began: a timer for each would take as long as
 * a guarded field.
 */
const createDeadlines = (milliseconds: number): Deadlines => {
  let queue: Waiting[] = [];
  let first = 0;
  let isTimed = false;

  const startTimer = (delay: number): void => {
    isTimed = true;
    unref(setTimeout(onTimer, Math.max(1, delay)));
  };

  /** Ends those whose time is over, and forgets the settled ones before the next that waits. Returns that one. */
  const advance = (now: number): Waiting | undefined => {
    let next = queue[first];
    while (next !== undefined && (next.expire === null || next.deadline <= now)) {
      next.expire?.();
      first += 1;
      next = queue[first];
    }
    if (first > maxSettled) {
      queue = queue.slice(first);
      first = 0;
    }
    return next;
  };

  const onTimer = (): void => {
    isTimed = false;
    const now = performance.now();
    const next = advance(now);
    if (next !== undefined) startTimer(next.deadline - now);
  };

  const add = (expire: () => void): Waiting => {
    const now = performance.now();
    advance(now);
    const waiting: Waiting = { deadline: now + milliseconds, expire };
    queue.push(waiting);
    if (!isTimed) startTimer(milliseconds);
    return waiting;
  };

  return { add };
};

/** Node's timers keep the process alive unless they are told not to; those of browsers are numbers. */
const unref = (timer: unknown): void => {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') {
    timer.unref();
  }
};
