import { AppError } from '../domain/errors.ts';

/** What every store rejects with when it cannot answer in time. The cause is for the log; no client sees it. */
export const unavailable = (cause: unknown): AppError =>
  new AppError('SERVICE_UNAVAILABLE', { retryAfter: 1 }, undefined, { cause });
