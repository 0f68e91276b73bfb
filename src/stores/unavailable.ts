import { AppError } from '../domain/errors.ts';

/** The error of a store that cannot answer in time. The cause is for the log and is never sent to a client. */
export const unavailable = (cause: unknown): AppError =>
  new AppError('SERVICE_UNAVAILABLE', { retryAfter: 1 }, undefined, { cause });
