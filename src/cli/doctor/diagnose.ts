import type { Config } from '../../config/config.ts';
import { findApi, loadKeys, type Settings } from '../services.ts';
import type { Shell } from '../shell.ts';
import { checkDatabase } from './database.ts';
import { checkFiles } from './files.ts';
import { checkPort } from './port.ts';
import { type DoctorResult, fail, ok, warn } from './result.ts';

/** Checks everything a server needs, and changes nothing. */
export const diagnose = async (shell: Shell): Promise<readonly DoctorResult[]> => {
  const { ConfigError } = await import('../../config/config.ts');
  const { readSettings } = await import('../../boot/settings.ts');
  try {
    return await checkAll(await readSettings(shell.environment(), () => findApi(shell)), shell);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) =>
      fail('configuration', problem, 'Correct it; nothing else can be checked before.'),
    );
  }
};

const checkAll = async (settings: Settings, shell: Shell): Promise<readonly DoctorResult[]> => {
  const { config, api } = settings;
  const file = api.file === null ? '' : `, and so is ${api.file}`;
  return [
    ok('configuration', `Every variable is valid${file}.`),
    ...config.warnings.map((warning) => warn('configuration', warning, 'Correct it, or remove it.')),
    checkEnvironment(config),
    ...(await checkFiles(config)),
    await checkKeys(config),
    ...(await checkDatabase(settings, shell)),
    await checkPort(config),
  ];
};

const checkEnvironment = ({ environment, issuer }: Config): DoctorResult => {
  if (environment !== 'production') {
    return ok(
      'environment',
      `NODE_ENV is ${environment}: GraphiQL and introspection are on. Set it to production before others can reach the server.`,
    );
  }
  if (issuer.startsWith('https://')) return ok('environment', 'NODE_ENV is production.');
  return warn(
    'environment',
    `NODE_ENV is production, and ISSUER is ${issuer}.`,
    'Set ISSUER to the https address that clients use. Changing it later invalidates every access token once.',
  );
};

const checkKeys = async (config: Config): Promise<DoctorResult> => {
  const { kind } = config.signing;
  try {
    const { signing, verification } = await loadKeys(config);
    const count = verification.size === 1 ? 'One key' : `${verification.size} keys`;
    return ok('keys', `${count}, signing with ${signing.alg}.`);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'The keys cannot be used.';
    if (kind === 'generated' && message.startsWith('There are no')) return ok('keys', message);
    const advice =
      kind === 'secret'
        ? 'Set JWT_SECRET to 64 random bytes.'
        : 'Correct the file, or create one: fieldgate key generate --out <file>';
    return fail('keys', message, advice);
  }
};
