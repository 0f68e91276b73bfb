import { link, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Returns the text of a key file. Rejects with a sentence that does not contain the path. */
export const readKeyFile = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(hasCode(error, 'ENOENT') ? 'there is no such file.' : 'the file cannot be read.', { cause: error });
  }
};

/**
 * Returns the text of a key file, created with the text of `create` if it does not exist. Only its owner can read it. Of
 * processes that start at once on one directory exactly one creates it, and all get the same text; an existing file is
 * complete and on disk.
 */
export const readOrCreateKeyFile = async (path: string, create: () => Promise<string>): Promise<string> => {
  const existing = await readFile(path, 'utf8').catch(nullIfMissing);
  if (existing !== null) return existing;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
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

const nullIfMissing = (error: unknown): null => {
  if (hasCode(error, 'ENOENT')) return null;
  throw error;
};

const ignoreExisting = (error: unknown): void => {
  if (!hasCode(error, 'EEXIST')) throw error;
};

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
