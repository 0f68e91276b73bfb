import type { Api } from '../boot/api.ts';
import type { OpenServices } from '../boot/cli-services.ts';
import type { Config } from '../config/config.ts';
import { secretsOf } from '../config/secrets.ts';
import { createRedaction, messageOf } from '../domain/error-report.ts';
import { AppError } from '../domain/errors.ts';
import type { User } from '../domain/user.ts';
import { CommandFailed, type Shell } from './shell.ts';

/** The server's services over the configured data, and the configuration. */
export type ServicesContext = OpenServices & Settings;

/** What the variables say, and what the user made of the server. */
export type Settings = { readonly config: Config; readonly api: Api };

type Requirements = {
  /** `create`: a missing database is created and an old one migrated. `existing`: it must be there and up to date. */
  readonly database: 'existing' | 'create';
  readonly keys?: boolean;
};

/** Returns the configuration. Rejects with a `CommandFailed` that names every problem in it. */
export const loadSettings = async (shell: Shell): Promise<Settings> => {
  const { readSettings } = await import('../boot/settings.ts');
  return orCommandFailed(readSettings(shell.environment(), () => findApi(shell)));
};

/** Returns what the user made of the server, without reading any variable. Rejects with a `CommandFailed` that names every problem in it. */
export const requireApi = (shell: Shell): Promise<Api> => orCommandFailed(findApi(shell));

const orCommandFailed = async <Loaded>(loading: Promise<Loaded>): Promise<Loaded> => {
  const { ConfigError } = await import('../config/config.ts');
  return loading.catch((error: unknown) => {
    throw error instanceof ConfigError ? new CommandFailed(error.message) : error;
  });
};

/** Returns what the user made of the server. Rejects with `ConfigError`. */
export const findApi = async ({ folder, configFile }: Shell): Promise<Api> => {
  const { loadApi } = await import('../boot/load-api.ts');
  return loadApi({ folder, named: configFile?.() });
};

/** Runs `work` with the services over the configured data directory, and closes them whatever happens. */
export const withServices = async <Result>(
  shell: Shell,
  requirements: Requirements,
  work: (context: ServicesContext) => Promise<Result>,
): Promise<Result> => {
  const { config, api } = await loadSettings(shell);
  const { hasDatabase, openServices } = await import('../boot/cli-services.ts');
  if (requirements.database === 'existing' && !hasDatabase(config)) throw new CommandFailed(noDatabase(config));
  const keys = requirements.keys ? { keys: await loadKeys(config) } : {};
  try {
    const services = await openServices({ config, api, clock: shell.clock, ...keys });
    try {
      await prepare(services, requirements);
      if (requirements.keys) await services.keyRing.read();
      return await work({ ...services, config, api });
    } finally {
      await services.close();
    }
  } catch (error) {
    throw toCommandError(error, config);
  }
};

const prepare = async ({ database }: OpenServices, requirements: Requirements): Promise<void> => {
  if (requirements.database === 'create') return database.migrate();
  if ((await database.pendingMigrations()).length > 0) {
    throw new CommandFailed('The database is older than this version. Restart the server or run `fieldgate migrate`.');
  }
};

/** Returns the signing keys. Rejects with a `CommandFailed` that says where they are missing or what is wrong with them. */
export const loadKeys = async (config: Config) => {
  const { readSigningKeys } = await import('../boot/cli-services.ts');
  try {
    return await readSigningKeys(config);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isMissing = config.signing.kind === 'generated' && error.message.includes('no such file');
    throw new CommandFailed(
      isMissing
        ? `There are no signing keys in ${config.dataDir} yet; the server generates them when it starts.`
        : error.message,
    );
  }
};

export const noDatabase = ({ dataDir }: Pick<Config, 'dataDir'>): string =>
  `There is no database in ${dataDir} yet. Start the server or run \`fieldgate migrate\`.`;

/** Unlike a client, the operator is shown why the database does not answer. */
const toCommandError = (error: unknown, config: Config): unknown => {
  const { dataDir, database, redis } = config;
  if (error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE' && error.cause instanceof Error) {
    const isEmbedded = database.kind === 'sqlite' && redis === null;
    const what = isEmbedded ? `The database in ${dataDir} cannot be used` : 'A store cannot be reached';
    const reason = messageOf(error.cause, createRedaction(secretsOf(config)));
    return new CommandFailed(`${what}: ${reason}. \`fieldgate doctor\` says more.`);
  }
  if (error instanceof Error && 'syscall' in error) return new CommandFailed(`${dataDir}: ${messageOf(error)}.`);
  return error;
};

/** Returns the account with this email, in any spelling, or id. Rejects with a `CommandFailed` if there is none. */
export const requireUser = async (
  { accounts }: Pick<ServicesContext, 'accounts'>,
  emailOrId: string,
): Promise<User> => {
  const user = emailOrId.includes('@')
    ? await accounts.findByEmail(emailOrId)
    : await accounts.find(emailOrId.trim().toLowerCase());
  if (!user) throw new CommandFailed('There is no account with this email or id.');
  return user;
};

/** Awaits a change, and fails with `message` if what it was to change does not exist. */
export const orNotFound = async <Result>(change: Promise<Result>, message: string): Promise<Result> => {
  try {
    return await change;
  } catch (error) {
    throw error instanceof AppError && error.code === 'NOT_FOUND' ? new CommandFailed(message) : error;
  }
};
