import { existsSync } from 'node:fs';
import { link, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ownerOf } from './data-directory.ts';

/** Returns the text of a key file. Rejects with a sentence for the operator. */
export const readKeyFile = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(problemOf(error, path), { cause: error });
  }
};

/**
 * Returns the text of a key file, created with the text of `create` if it does not exist; its directory must. Only its owner can read it. Of
 * processes that start at once on one directory exactly one creates it, and all get the same text; an existing file is
 * complete and on disk.
 */
export const readOrCreateKeyFile = async (path: string, create: () => Promise<string>): Promise<string> => {
  const existing = await readFile(path, 'utf8').catch((error: unknown) => nullIfMissing(error, path));
  if (existing !== null) return existing;
  const directory = await mkdtemp(`${path}.`);
  try {
    const draft = join(directory, 'draft');
    await writeDurably(draft, await create());
    await link(draft, path).catch(ignoreExisting);
  } finally {
    await rm(directory, { recursive: true });
  }
  return readKeyFile(path);
};

const writeDurably = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
};

const nullIfMissing = (error: unknown, path: string): null => {
  if (hasCode(error, 'ENOENT')) return null;
  throw new Error(problemOf(error, path), { cause: error });
};

/** A key that was given in place of its path must not be printed: only what is certainly a path is. */
const shown = (path: string): string =>
  /^[\w./ ~-]{1,200}$/.test(path) && (isBelowDirectory(path) || /\.(?:json|jwks|pem|key|crt)$/.test(path))
    ? ` (${resolve(path)})`
    : '';

const isBelowDirectory = (path: string): boolean => /^\.{0,2}\//.test(path) && existsSync(dirname(path));

const problemOf = (error: unknown, path: string): string => {
  if (hasCode(error, 'ENOENT')) {
    const from = isAbsolute(path) ? '' : ` from ${process.cwd()}, where relative paths begin`;
    return `there is no such file${shown(path) || from}. Create one with: fieldgate key generate --out <file>`;
  }
  if (hasCode(error, 'EISDIR')) return 'this is a directory. Give the path of a file.';
  if (hasCode(error, 'EACCES') || hasCode(error, 'EPERM')) {
    return `the file cannot be read by this user${ownerOf(path)}. Change its owner (chown), or run the server as that user.`;
  }
  return `the file${shown(path)} cannot be read.`;
};

const ignoreExisting = (error: unknown): void => {
  if (!hasCode(error, 'EEXIST')) throw error;
};

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
