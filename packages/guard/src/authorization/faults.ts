import { isPromise } from '@whatwg-node/promise-helpers';

/** What went wrong on this side, not the caller's. The caller's answer says no more than its code. */
export type Fault = {
  /** A sentence for the log. It contains nothing that a caller sent. */
  readonly message: string;
  /** What was thrown, if something was. */
  readonly error?: unknown;
  /** The coordinate of the field whose rule was asked, if one was. */
  readonly coordinate?: string;
  /** The policy that was asked, if one was. */
  readonly policy?: string;
};

/**
 * Is told what the embedder should mend: a policy that throws or never answers, a callback that fails, a context that two
 * callers use at once. Default: `console.error`. What it throws is ignored.
 */
export type OnFault = (fault: Fault, context: unknown) => void;

/** Tells a fault. Never throws or rejects: a log that fails must not fail the operation. */
export const tellFault = (onFault: OnFault | undefined, fault: Fault, context: unknown): void => {
  try {
    // Declared as returning nothing, it may still be an async function.
    const told: unknown = (onFault ?? logFault)(fault, context);
    if (isPromise(told)) told.then(undefined, () => {});
  } catch {}
};

const logFault: OnFault = ({ message, error }) => {
  // biome-ignore lint/suspicious/noConsole: the default for embedders without a log; a fault must not go unheard
  console.error(`@fieldgate/guard: ${message}`, ...(error === undefined ? [] : [error]));
};

/** Calls a function of the embedder's that is only told something. What it throws or rejects with is a fault, and nothing else. */
export const callTold = (
  tell: () => unknown,
  {
    name,
    onFault,
    context,
  }: { readonly name: string; readonly onFault: OnFault | undefined; readonly context: unknown },
): void => {
  const failed = (error: unknown): void => tellFault(onFault, { message: `${name} failed.`, error }, context);
  try {
    const told = tell();
    if (isPromise(told)) told.then(undefined, failed);
  } catch (error) {
    failed(error);
  }
};
