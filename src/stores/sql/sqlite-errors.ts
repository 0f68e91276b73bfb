import { AppError } from '../../domain/errors.ts';
import { unavailable } from '../unavailable.ts';

/** Runs `work`. Throws `AppError('SERVICE_UNAVAILABLE')` where the file cannot be used; any other error is a bug. */
export function mapErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    return throwMapped(error);
  }
}

/** Throws what `mapErrors` would throw for this error. For `catch` of a promise. */
export function throwMapped(error: unknown): never {
  throw isUnavailable(error) ? unavailable(error) : error;
}

/** Whether another process is using the file. Waiting does not help against other causes. */
export const isBusy = (error: unknown): boolean => {
  const code = error instanceof AppError ? resultCode(error.cause) : null;
  return code === 5 || code === 6;
};

/** Primary result codes that report on the file, the disk or another process, not on the statement. */
const unavailableCodes: ReadonlySet<number> = new Set([
  5, // BUSY
  6, // LOCKED
  7, // NOMEM
  8, // READONLY
  10, // IOERR
  11, // CORRUPT
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL
  26, // NOTADB
]);

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  if (error.code === 'ERR_INVALID_STATE') return true; // the database is closed
  const code = resultCode(error);
  return code !== null && unavailableCodes.has(code);
}

/** SQLite's primary result code; null if the error is not SQLite's. */
const resultCode = (error: unknown): number | null =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : null;
