import { constants, type Stats } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { type DoctorResult, fail, ok, warn } from './result.ts';

const groupAndOthers = 0o077;
const othersMayEnter = 0o011;

/** Whether this user, and no other, can use the data directory and the key file, and TLS its certificate. */
export const checkFiles = async (config: Config): Promise<readonly DoctorResult[]> => [
  ...(await checkDirectory(config)),
  ...(await checkKeyFile(config)),
  ...(await checkCertificate(config)),
];

const checkDirectory = async ({ dataDir }: Config): Promise<readonly DoctorResult[]> => {
  const directory = await statOrNull(dataDir);
  if (directory === null) {
    return [warn('data directory', `${dataDir} does not exist yet.`, 'Start the server or run `fieldgate migrate`.')];
  }
  if (!directory.isDirectory()) {
    return [fail('data directory', `${dataDir} is not a directory.`, 'Point DATA_DIR to a directory.')];
  }
  if (!(await isAccessible(dataDir, constants.R_OK | constants.W_OK | constants.X_OK))) {
    return [
      fail(
        'data directory',
        `You cannot read and write ${dataDir}.`,
        'Run fieldgate as the user that runs the server.',
      ),
    ];
  }
  return [...checkOwner(dataDir, directory), await checkPermissions(dataDir, directory)];
};

/** The server may be unable to read files that another user creates. */
const checkOwner = (dataDir: string, { uid }: Stats): readonly DoctorResult[] => {
  const me = process.getuid?.();
  if (me === undefined || me === uid) return [];
  return [
    warn(
      'data directory',
      `${dataDir} belongs to another user (${uid}) than you (${me}).`,
      'Run fieldgate as the user that runs the server.',
    ),
  ];
};

/** The permissions of a file do not matter while others cannot enter its directory. */
const checkPermissions = async (dataDir: string, directory: Stats): Promise<DoctorResult> => {
  if ((directory.mode & othersMayEnter) === 0) return ok('data directory', `Only you can enter ${dataDir}.`);
  const names = (await readdir(dataDir)).filter((name) => name.startsWith('fieldgate.sqlite'));
  const files = await Promise.all(names.map(async (name) => ({ name, stats: await statOrNull(join(dataDir, name)) })));
  const exposed = files.filter(({ stats }) => stats !== null && (stats.mode & groupAndOthers) !== 0);
  return warn(
    'data directory',
    exposed.length === 0
      ? `Other users of this machine can enter ${dataDir}.`
      : `Other users of this machine can read ${exposed.map(({ name }) => name).join(', ')}.`,
    `chmod 700 ${dataDir}`,
  );
};

const checkKeyFile = async ({ signing: source }: Config): Promise<readonly DoctorResult[]> => {
  if (source.kind === 'secret') return [];
  const file = await statOrNull(source.file);
  if (file === null || (file.mode & groupAndOthers) === 0) return [];
  return [
    warn('key file', `Other users of this machine can read or write ${source.file}.`, `chmod 600 ${source.file}`),
  ];
};

const checkCertificate = async ({ tls }: Config): Promise<readonly DoctorResult[]> => {
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
