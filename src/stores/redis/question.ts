import { AppError } from '../../domain/errors.ts';
import { unavailable } from '../unavailable.ts';
import type { RedisMemory } from './memory.ts';
import type { RunScript } from './scripts.ts';

/**
 * Asks Redis, and believes the answer only if the memory it comes from is known to be whole: the gate was open when the
 * question was sent, and no connection has been made since. Within about a second there is an answer, or
 * SERVICE_UNAVAILABLE.
 *
 * `look` is for scripts that change nothing: asked once more if a connection was made meanwhile. `change` is sent once.
 */
export const question = ({ run, memory }: { readonly run: RunScript; readonly memory: RedisMemory }) => {
  const askOnce = async (...call: Parameters<RunScript>): Promise<readonly unknown[] | null> => {
    const generation = memory.generation();
    const answer = await run(...call);
    return memory.generation() === generation ? answer : null;
  };

  const change: RunScript = async (...call) => {
    try {
      if (!memory.isOpen()) await memory.opened();
      return (await askOnce(...call)) ?? failed(connectionMade);
    } catch (error) {
      throw outage(error);
    }
  };

  const look: RunScript = async (...call) => {
    try {
      if (!memory.isOpen()) {
        await memory.opened();
        return (await askOnce(...call)) ?? failed(connectionMade);
      }
      const answer = await askOnce(...call);
      if (answer !== null) return answer;
      await memory.opened();
      return (await askOnce(...call)) ?? failed(connectionMade);
    } catch (error) {
      throw outage(error);
    }
  };

  return { look, change };
};

const connectionMade = 'Redis was connected anew before it answered.';

const failed = (reason: string): never => {
  throw new Error(reason);
};

/** Without what was sent: the errors of ioredis carry the arguments of the command, and the log is no place for them. */
const outage = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  return unavailable(error instanceof Error ? new Error(error.message) : error);
};
