import { AppError } from '../../domain/errors.ts';
import { ownerOf } from '../files/data-directory.ts';

/** By SQLite's primary result code. */
const sqliteProblems: Readonly<Record<number, string>> = {
  5: 'is in use by another process that does not let go of it. Stop that process',
  8: 'cannot be written to. Make it and its directory writable for this user',
  10: 'cannot be read or written: the disk reports an error. Check the disk',
  11: 'is damaged. Restore a backup',
  13: 'cannot grow: the disk is full. Make room',
  14: 'cannot be opened. Check its permissions',
  26: 'is not a SQLite database. Move it away, or choose another directory',
};

const systemProblems: Readonly<Record<string, string>> = {
  EISDIR: 'is a directory. Move it away, or choose another directory',
  EROFS: 'is on a read-only file system. Choose a directory that can be written to',
  ENOSPC: 'cannot be created: the disk is full. Make room',
};

/** Returns why the embedded database cannot be used, and what to do. */
export const sqliteProblem = (error: unknown, file: string): string => {
  const cause = error instanceof AppError ? error.cause : error;
  return `DATA_DIR: the database ${file} ${reasonOf(cause, file)}.`;
};

const reasonOf = (cause: unknown, file: string): string => {
  const result = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) & 0xff : 0;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
  if (code === 'EACCES' || code === 'EPERM') {
    return `cannot be read and written by this user${ownerOf(file)}. Run the server as its owner, or change the owner (chown)`;
  }
  if (cause instanceof Error && /already exists/.test(cause.message)) {
    return 'has tables that another application created, such as "users". Choose a directory for Fieldgate alone';
  }
  return sqliteProblems[result] ?? systemProblems[code] ?? `cannot be opened (${code})`;
};
