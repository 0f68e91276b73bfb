import { readdir, readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';

const threads = '/proc/self/task';

/**
 * Lowers the OS priority of libuv's worker threads, so password hashing never delays responses (Linux, where each thread has
 * a priority of its own). Changes nothing elsewhere, or where it is not permitted.
 */
export const lowerWorkerPriority = async (): Promise<void> => {
  try {
    // Reading this directory starts the worker threads, if nothing has before.
    for (const thread of await readdir(threads)) {
      const name = await readFile(`${threads}/${thread}/comm`, 'utf8');
      if (name === 'libuv-worker\n') setPriority(Number(thread), constants.priority.PRIORITY_BELOW_NORMAL);
    }
  } catch {
    // An optimisation: the server works without it.
  }
};
