import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const groupAndOthers = 0o077;

/** Returns the files of a directory that other users may read or write by their mode, and whose names begin with `prefix`. */
export const exposedFiles = (directory: string, prefix: string): readonly string[] => {
  // Modes mean nothing there.
  if (process.platform === 'win32') return [];
  return readdirSync(directory)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(directory, name))
    .filter((path) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & groupAndOthers) !== 0);
};
