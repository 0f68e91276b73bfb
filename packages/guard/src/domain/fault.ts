/**
 * Called with what is wrong in the embedding program and no caller may be told: a function that returned something that is not
 * understood, a bug in a policy, a context that two callers share. What was asked was denied. `context` is that of the
 * operation, if there is one. Default: `console.error`.
 */
export type OnFault = (fault: Error, context?: unknown) => unknown;

/** Reports a fault. Never throws, and never leaves a rejection unhandled: a log that fails must not end the process. */
export const reportFault = (onFault: OnFault | undefined, fault: Error, context?: unknown): void => {
  try {
    // biome-ignore lint/suspicious/noConsole: where nobody asked to be told, a fault must still not be silent.
    const logged = onFault ? onFault(fault, context) : console.error(fault);
    if (isThenable(logged)) Promise.resolve(logged).catch(ignore);
  } catch {
    // The log itself is broken: nothing is left to tell.
  }
};

const ignore = (): void => undefined;

/** Returns whether `await` would call the value: promises, and query builders of the database libraries. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  'then' in value &&
  typeof value.then === 'function';
