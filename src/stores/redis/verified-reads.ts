import { AppError } from '../../domain/errors.ts';
import { unavailable } from '../unavailable.ts';
import type { RedisMemory } from './revocation-restore.ts';

/**
 * Asks Redis, and believes the answer only if the memory it comes from is known to be whole: the gate was open when the
 * question was sent, and no connection has been made since. Within about a second there is an answer, or
 * SERVICE_UNAVAILABLE.
 *
 * `look` is for scripts that change nothing: asked once more if a connection was made meanwhile. `change` is sent once.
 */
export const question = (memory: RedisMemory): Question => {
  const askOnce: Question['change'] = async (ask) => {
    if (!memory.isOpen()) await memory.opened();
    const generation = memory.generation();
    const answer = await ask();
    if (memory.generation() !== generation) throw connectedAnew;
    return answer;
  };

  return {
    change: async (ask) => {
      try {
        return await askOnce(ask);
      } catch (error) {
        throw outage(error);
      }
    },
    look: async (ask) => {
      // Whoever had to wait before does not wait twice.
      const mayRepeat = memory.isOpen();
      try {
        return await askOnce(ask).catch((error: unknown) => {
          if (error === connectedAnew && mayRepeat) return askOnce(ask);
          throw error;
        });
      } catch (error) {
        throw outage(error);
      }
    },
  };
};

export type Question = {
  readonly look: <T>(ask: () => Promise<T>) => Promise<T>;
  readonly change: <T>(ask: () => Promise<T>) => Promise<T>;
};

const connectedAnew = new Error('Redis was connected anew before it answered.');

/** Without what was sent: the errors of ioredis carry the arguments of the command, and the log is no place for them. */
const outage = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  return unavailable(error instanceof Error ? new Error(error.message) : error);
};
