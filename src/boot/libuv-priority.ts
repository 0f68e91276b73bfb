import { readdir, readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';

const threads = '/proc/self/task';

/**
 * Puts the threads of Node's pool, where passwords are hashed, behind the event loop: where both want a processor, answers
 * go first. Linux gives each thread a priority of its own; elsewhere, and where that is not allowed, all stays as it is.
 */
export const lowerWorkerPriority = async (): Promise<void> => {
  try {
    // Asking for this list starts the pool, if nothing has before.
    for (const thread of await readdir(threads)) {
      const name = await readFile(`${threads}/${thread}/comm`, 'utf8');
      if (name === 'libuv-worker\n') setPriority(Number(thread), constants.priority.PRIORITY_BELOW_NORMAL);
    }
  } catch {
    // Nothing depends on it.
  }
};
