import type { OpenServices } from '../../boot/cli-services.ts';
import { secretsOf } from '../../config/secrets.ts';
import { createRedaction, messageOf } from '../../domain/error-report.ts';
import { AppError } from '../../domain/errors.ts';
import { StartError } from '../../domain/start-error.ts';
import { formatDuration, formatTime } from '../output/format-time.ts';
import { loadKeys, noDatabase, type Settings } from '../services.ts';
import type { Shell } from '../shell.ts';
import { type DoctorResult, fail, ok, warn } from './result.ts';

/** Whether the database servers answer and suit, the schema is up to date, its keys can be opened, and the clock agrees. */
export const checkDatabase = async ({ config, api }: Settings, shell: Shell): Promise<readonly DoctorResult[]> => {
  const { hasDatabase, openServices } = await import('../../boot/cli-services.ts');
  if (!hasDatabase(config)) {
    return [warn('database', noDatabase(config), 'Start the server or run `fieldgate migrate`.')];
  }
  try {
    const keys = await loadKeys(config).catch(() => undefined); // Reported by the check of the keys.
    const services = await openServices({ config, api, clock: shell.clock, ...(keys && { keys }) });
    try {
      return await checkOpenDatabase(services, shell.clock());
    } finally {
      await services.close();
    }
  } catch (error) {
    if (error instanceof StartError)
      return [fail('database', error.message, 'Correct it; the server does not start like this.')];
    const cause = error instanceof AppError && error.cause instanceof Error ? error.cause : error;
    return [
      fail(
        'database',
        `It cannot be used: ${messageOf(cause, createRedaction(secretsOf(config)))}.`,
        'Check the permissions and the free space of DATA_DIR; if the file is damaged, restore a backup.',
      ),
    ];
  }
};

const checkOpenDatabase = async (
  { database, keyRing }: OpenServices,
  now: number,
): Promise<readonly DoctorResult[]> => {
  const { problems, warnings } = await database.checkServers();
  const servers = [
    ...problems.map((problem) => fail('servers', problem, 'Correct it; the server does not start like this.')),
    ...warnings.map((warning) => warn('servers', warning, 'See docs/deployment.md.')),
  ];
  if (problems.length > 0) return servers;
  const pending = await database.pendingMigrations();
  if (pending.length > 0) {
    const message = `It answers, but is older than this version. Pending migrations: ${pending.join(', ')}.`;
    return [...servers, fail('database', message, 'Restart the server or run `fieldgate migrate`.')];
  }
  return [
    ...servers,
    ok('database', 'It answers and is up to date.'),
    ...(await checkStoredKeys(keyRing)),
    ...(await checkRows(database)),
    checkClock(await database.latestTimestamp(), now),
  ];
};

const checkStoredKeys = async (keyRing: OpenServices['keyRing']): Promise<readonly DoctorResult[]> => {
  await keyRing.read();
  const sealed = keyRing.list().filter(({ state }) => state === 'sealed');
  if (sealed.length === 0) return [];
  const count = sealed.length === 1 ? 'One signing key' : `${sealed.length} signing keys`;
  const kids = sealed.map(({ kid }) => kid).join(', ');
  return [
    warn(
      'kept keys',
      `${count} in the database (${kids}) cannot be opened with this key file: sealed under another one, neither signing nor verifying.`,
      'Restore the old key file, or append its first key to the new one. If it was replaced for good, delete these rows from the table signing_keys.',
    ),
  ];
};

const listedRows = 20;

const checkRows = async ({ unreadableRows }: OpenServices['database']): Promise<readonly DoctorResult[]> => {
  const found = await unreadableRows(listedRows + 1);
  if (found.length === 0) return [];
  const ids = found.slice(0, listedRows).map(({ table, id }) => `${table} ${id}`);
  const more = found.length > listedRows ? ', and more' : '';
  return [
    fail(
      'rows',
      `These rows are invalid and are ignored, so that nobody can sign in with them: ${ids.join(', ')}${more}.`,
      'Correct them in the database: role is one of the roles of the configuration, times are milliseconds since 1970.',
    ),
  ];
};

/** More than the clocks of two machines usually differ. */
const toleranceMs = 5_000;

const checkClock = (newest: number | null, now: number): DoctorResult => {
  if (newest === null || newest <= now + toleranceMs) return ok('clock', `It is ${formatTime(now)}.`);
  return fail(
    'clock',
    `This clock is ${formatDuration(newest - now)} behind the newest record in the database.`,
    'Set the clock (NTP): lifetimes of tokens and sessions depend on it.',
  );
};
