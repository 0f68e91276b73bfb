import { AppError } from '../../domain/errors.ts';
import { unavailable } from '../unavailable.ts';
import type { RevocationRestore } from './revocation-restore.ts';

/** Both settle within about a second; failures of Redis become SERVICE_UNAVAILABLE. */
export type VerifiedReads = {
  /** Runs a command that changes nothing; once more if a connection was made before its answer arrived. */
  readonly read: <T>(command: () => Promise<T>) => Promise<T>;
  /** Runs a command that may change something, exactly once. */
  readonly write: <T>(command: () => Promise<T>) => Promise<T>;
};

/**
 * Accepts an answer of Redis only from a server that knows every revocation: they were restored when the command was sent,
 * and no connection has been made since.
 */
export const createVerifiedReads = (restore: RevocationRestore): VerifiedReads => {
  const runOnce: VerifiedReads['write'] = async (command) => {
    if (!restore.isRestored()) await restore.untilRestored();
    const generation = restore.generation();
    const answer = await command();
    if (restore.generation() !== generation) throw reconnected;
    return answer;
  };

  return {
    write: async (command) => {
      try {
        return await runOnce(command);
      } catch (error) {
        throw toUnavailable(error);
      }
    },
    read: async (command) => {
      // A call that had to wait for the restore is not repeated, so that no caller waits twice.
      const mayRepeat = restore.isRestored();
      try {
        return await runOnce(command).catch((error: unknown) => {
          if (error === reconnected && mayRepeat) return runOnce(command);
          throw error;
        });
      } catch (error) {
        throw toUnavailable(error);
      }
    },
  };
};

const reconnected = new Error('Redis was reconnected before it answered.');

/** Drops the command: the errors of ioredis carry its arguments, which must not reach the log. */
const toUnavailable = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  return unavailable(error instanceof Error ? new Error(error.message) : error);
};
