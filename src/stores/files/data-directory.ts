import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StartError } from '../../domain/start-error.ts';

/**
 * Creates the data directory and its parents where they are missing, for this user only. Throws `StartError` if it cannot be
 * used.
 */
export const prepareDataDirectory = (directory: string): void => {
  try {
    createWithParents(resolve(directory));
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StartError(`DATA_DIR: ${problemOf(directory, codeOf(error))}`);
  }
};

/** One directory at a time: with `recursive`, Node tries for ever where a parent can be seen but nothing created (/proc). */
const createWithParents = (path: string): void => {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing?.isDirectory()) return;
  if (existing) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
  if (dirname(path) !== path) createWithParents(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // Another process that starts now was first.
  }
};

const problemOf = (directory: string, code: string): string => {
  switch (code) {
    case 'ENOTDIR':
    case 'EEXIST':
      return `${directory} is a file, or below one. Choose a directory.`;
    case 'EROFS':
      return `${directory} is on a read-only file system. Choose a directory that can be written to.`;
    case 'EACCES':
    case 'EPERM':
      return `${directory} cannot be read and written by this user${ownerOf(directory)}. Run the server as its owner, change the owner (chown), or choose another directory.`;
    case 'ENOENT':
      return `${directory} cannot be created there. Choose a directory on a disk.`;
    case 'ENOSPC':
      return `${directory} cannot be created: the disk is full.`;
    default:
      return `${directory} cannot be used (${code}). Choose another directory.`;
  }
};

/** Returns who owns it, if that is another user than the one that runs this process. */
export const ownerOf = (path: string): string => {
  const me = process.getuid?.();
  try {
    const { uid } = statSync(path);
    return me === undefined || me === uid ? '' : ` (it belongs to user ${uid}, this is user ${me})`;
  } catch {
    return '';
  }
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
