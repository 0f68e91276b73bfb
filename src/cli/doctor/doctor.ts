import type { OpenServices } from '../../boot/cli-services.ts';
import type { Config } from '../../config/config.ts';
import { AppError } from '../../domain/errors.ts';
import { formatDuration, formatTime } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { loadKeys, noDatabase } from '../services.ts';
import { type ExitCode, print, printJson, type Shell } from '../shell.ts';
import { examineFiles } from './files.ts';
import { examinePort } from './port.ts';
import { type Finding, fail, ok, warn } from './result.ts';

/** Looks at everything a server needs, changes nothing, and says what to do. */
export const doctorCommand = async (shell: Shell, { json }: { readonly json?: boolean }): Promise<ExitCode> => {
  const findings = await examine(shell);
  const isWell = findings.every(({ status }) => status !== 'fail');
  if (json) printJson(shell, { ok: isWell, checks: findings });
  else printFindings(shell, findings);
  return isWell ? 0 : 1;
};

const examine = async (shell: Shell): Promise<readonly Finding[]> => {
  const config = await readConfig(shell);
  if (Array.isArray(config)) return config;
  return [
    ok('configuration', 'Every variable can be used.'),
    ...examineEnvironment(config),
    ...(await examineFiles(config)),
    await examineKeys(config),
    ...(await examineDatabase(config, shell)),
    await examinePort(config),
  ];
};

const readConfig = async (shell: Shell): Promise<Config | Finding[]> => {
  const { ConfigError, parseConfig } = await import('../../config/config.ts');
  try {
    return parseConfig(shell.environment());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) =>
      fail('configuration', problem, 'Correct it; until then nothing else can be looked at.'),
    );
  }
};

const examineEnvironment = ({ environment, issuer }: Config): readonly Finding[] => {
  if (environment !== 'production') {
    return [
      ok(
        'environment',
        `NODE_ENV is ${environment}: GraphiQL and introspection are on. Set it to production where strangers come.`,
      ),
    ];
  }
  if (issuer.startsWith('https://')) return [ok('environment', 'NODE_ENV is production.')];
  const advice =
    'Set ISSUER to the https address clients use; changing it later makes every access token invalid once.';
  return [warn('environment', `NODE_ENV is production, and ISSUER is ${issuer}.`, advice)];
};

const examineKeys = async (config: Config): Promise<Finding> => {
  const { kind } = config.signing;
  try {
    const { signing, verification } = await loadKeys(config);
    return ok(
      'keys',
      `${verification.size === 1 ? 'One key' : `${verification.size} keys`}, signing with ${signing.alg}.`,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : 'The keys cannot be used.';
    if (kind === 'generated' && message.startsWith('There are no')) return ok('keys', message);
    const advice =
      kind === 'secret'
        ? 'Set JWT_SECRET to 64 random bytes.'
        : 'Correct the file, or make one: fieldgate key generate --out <file>';
    return fail('keys', message, advice);
  }
};

const examineDatabase = async (config: Config, shell: Shell): Promise<readonly Finding[]> => {
  const { hasDatabase, openServices } = await import('../../boot/cli-services.ts');
  if (!hasDatabase(config)) {
    return [warn('database', noDatabase(config), 'Start the server or run `fieldgate migrate`.')];
  }
  try {
    const keys = await loadKeys(config).catch(() => undefined); // What is wrong with them has been said.
    const services = await openServices({ config, clock: shell.clock, ...(keys && { keys }) });
    try {
      return await examineOpenDatabase(services, shell.clock());
    } finally {
      await services.close();
    }
  } catch (error) {
    const cause = error instanceof AppError && error.cause instanceof Error ? error.cause : error;
    const advice = 'Look at the rights and the free space of DATA_DIR; if the file is damaged, restore a backup.';
    return [fail('database', `It cannot be used: ${cause instanceof Error ? cause.message : 'unknown'}.`, advice)];
  }
};

const examineOpenDatabase = async ({ database, keyRing }: OpenServices, now: number): Promise<readonly Finding[]> => {
  const { problems, warnings } = await database.checkServers();
  const servers = [
    ...problems.map((problem) => fail('servers', problem, 'Correct it; the server does not start like this.')),
    ...warnings.map((warning) => warn('servers', warning, 'See docs/deployment.md.')),
  ];
  if (problems.length > 0) return servers;
  const pending = await database.pendingMigrations();
  if (pending.length > 0) {
    const message = `It answers, and is older than this version: ${pending.join(', ')} to run.`;
    return [...servers, fail('database', message, 'Restart the server or run `fieldgate migrate`.')];
  }
  return [
    ...servers,
    ok('database', 'It answers and is up to date.'),
    ...(await examineKeptKeys(keyRing)),
    examineClock(await database.latestTimestamp(), now),
  ];
};

const examineKeptKeys = async (keyRing: OpenServices['keyRing']): Promise<readonly Finding[]> => {
  await keyRing.read();
  const sealed = keyRing.list().filter(({ state }) => state === 'sealed');
  if (sealed.length === 0) return [];
  const message = `${sealed.length === 1 ? 'One signing key' : `${sealed.length} signing keys`} in the database, ${sealed.map(({ kid }) => kid).join(', ')}, cannot be opened with this key file: sealed under another one, neither signing nor verifying.`;
  const advice =
    'Put the old key file back, or its first key behind the new one; if it was exchanged for good, delete these rows from the table signing_keys.';
  return [warn('kept keys', message, advice)];
};

/** More than two machines' clocks usually differ. */
const toleranceMs = 5_000;

const examineClock = (newest: number | null, now: number): Finding => {
  if (newest === null || newest <= now + toleranceMs) return ok('clock', `It is ${formatTime(now)}.`);
  const message = `This clock is ${formatDuration(newest - now)} behind the newest record in the database.`;
  return fail('clock', message, 'Set the clock (NTP): lifetimes of tokens and sessions hang on it.');
};

const printFindings = (shell: Shell, findings: readonly Finding[]): void => {
  printTable(
    shell,
    ['', 'CHECK', 'WHAT WAS FOUND'],
    findings.map(({ status, check, message }) => [marks[status], check, message]),
  );
  const advice = findings.filter((finding) => finding.advice !== null);
  if (advice.length === 0) return;
  print(shell, '\nWhat to do:');
  for (const finding of advice) print(shell, `  ${finding.check}: ${finding.advice}`);
};

const marks = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const;
