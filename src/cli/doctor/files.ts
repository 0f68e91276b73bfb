import { constants, type Stats } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { type Finding, fail, ok, warn } from './result.ts';

const groupAndOthers = 0o077;
const othersMayPass = 0o011;

/** Whether the data directory can be used by this user, and by nobody else. */
export const examineFiles = async (config: Config): Promise<readonly Finding[]> => [
  ...(await examineDirectory(config)),
  ...(await examineKeyFile(config)),
  ...(await examineCertificate(config)),
];

const examineDirectory = async ({ dataDir }: Config): Promise<readonly Finding[]> => {
  const directory = await statOrNull(dataDir);
  if (directory === null) {
    return [warn('data directory', `${dataDir} is not there yet.`, 'Start the server or run `fieldgate migrate`.')];
  }
  if (!directory.isDirectory()) {
    return [fail('data directory', `${dataDir} is not a directory.`, 'Point DATA_DIR to a directory.')];
  }
  if (!(await isAccessible(dataDir, constants.R_OK | constants.W_OK | constants.X_OK))) {
    return [
      fail(
        'data directory',
        `${dataDir} cannot be read and written by you.`,
        'Run this as the user the server runs as.',
      ),
    ];
  }
  return [await examineOwner(dataDir, directory), await examineOpenness(dataDir, directory)].filter(
    (found) => found !== null,
  );
};

/** Files made by another user than the server's may be closed to the server. */
const examineOwner = async (dataDir: string, { uid }: Stats): Promise<Finding | null> => {
  const me = process.getuid?.();
  if (me === undefined || me === uid) return null;
  return warn(
    'data directory',
    `${dataDir} belongs to another user (${uid}) than you (${me}).`,
    'Run fieldgate as the user the server runs as.',
  );
};

/** A file that others may read is closed to them all the same as long as they may not pass its directory. */
const examineOpenness = async (dataDir: string, directory: Stats): Promise<Finding> => {
  const advice = `chmod 700 ${dataDir}`;
  if ((directory.mode & othersMayPass) === 0) return ok('data directory', `${dataDir} is yours alone.`);
  const names = (await readdir(dataDir)).filter((name) => name.startsWith('fieldgate.sqlite'));
  const files = await Promise.all(names.map(async (name) => ({ name, stats: await statOrNull(join(dataDir, name)) })));
  const open = files.filter(({ stats }) => stats !== null && (stats.mode & groupAndOthers) !== 0);
  return open.length === 0
    ? warn('data directory', `Others on this machine may look into ${dataDir}.`, advice)
    : warn('data directory', `Others on this machine may read ${open.map(({ name }) => name).join(', ')}.`, advice);
};

const examineKeyFile = async ({ signing: source }: Config): Promise<readonly Finding[]> => {
  if (source.kind === 'secret') return [];
  const file = await statOrNull(source.file);
  if (file === null || (file.mode & groupAndOthers) === 0) return [];
  return [warn('key file', `Others on this machine may read ${source.file}, or write it.`, `chmod 600 ${source.file}`)];
};

const examineCertificate = async ({ tls }: Config): Promise<readonly Finding[]> => {
  if (tls === null) return [];
  const { readTlsPair, TlsError } = await import('../../boot/tls.ts');
  try {
    await readTlsPair(tls);
    return [ok('certificate', 'TLS_CERT and TLS_KEY belong together.')];
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    return [fail('certificate', error.message, 'Point both to the PEM files of one certificate and its key.')];
  }
};

const statOrNull = async (path: string): Promise<Stats | null> => {
  try {
    return await stat(path);
  } catch {
    return null;
  }
};

const isAccessible = async (path: string, mode: number): Promise<boolean> => {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
};
