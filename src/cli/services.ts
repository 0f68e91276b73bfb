import type { OpenServices } from '../boot/cli-services.ts';
import type { Config } from '../config/config.ts';
import { AppError } from '../domain/errors.ts';
import type { User } from '../domain/user.ts';
import { CommandFailed, type Shell } from './shell.ts';

export type Workplace = OpenServices & { readonly config: Config };

type Requirements = {
  /** `create`: a missing database is made and an old one brought up to date. Otherwise it must be there and ready. */
  readonly database: 'existing' | 'create';
  readonly keys?: boolean;
};

/** The configuration, or a failure that names every problem in it. */
export const loadConfig = async (shell: Shell): Promise<Config> => {
  const { ConfigError, parseConfig } = await import('../config/config.ts');
  try {
    return parseConfig(shell.environment());
  } catch (error) {
    throw error instanceof ConfigError ? new CommandFailed(error.message) : error;
  }
};

/** Does the work with the services over the configured data directory, and closes them whatever comes of it. */
export const withServices = async <Result>(
  shell: Shell,
  needs: Requirements,
  work: (place: Workplace) => Promise<Result>,
): Promise<Result> => {
  const config = await loadConfig(shell);
  const { hasDatabase, openServices } = await import('../boot/cli-services.ts');
  if (needs.database === 'existing' && !hasDatabase(config)) throw new CommandFailed(noDatabase(config));
  const keys = needs.keys ? { keys: await loadKeys(config) } : {};
  try {
    const services = await openServices({ config, clock: shell.clock, ...keys });
    try {
      await prepare(services, needs);
      if (needs.keys) await services.keyRing.read();
      return await work({ ...services, config });
    } finally {
      await services.close();
    }
  } catch (error) {
    throw toCommandError(error, config);
  }
};

const prepare = async ({ database }: OpenServices, needs: Requirements): Promise<void> => {
  if (needs.database === 'create') return database.migrate();
  if ((await database.pendingMigrations()).length > 0) {
    throw new CommandFailed('The database is older than this version: restart the server or run `fieldgate migrate`.');
  }
};

/** The signing keys as they are, or a failure that says where none are or what is wrong with them. */
export const loadKeys = async (config: Config) => {
  const { readSigningKeys } = await import('../boot/cli-services.ts');
  try {
    return await readSigningKeys(config);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const missing = config.signing.kind === 'generated' && error.message.includes('no such file');
    throw new CommandFailed(
      missing
        ? `There are no signing keys in ${config.dataDir} yet; the server makes them when it starts.`
        : error.message,
    );
  }
};

export const noDatabase = ({ dataDir }: Pick<Config, 'dataDir'>): string =>
  `There is no database in ${dataDir} yet; start the server or run \`fieldgate migrate\`.`;

/** An operator may know what a client may not: why the database does not answer. */
const toCommandError = (error: unknown, { dataDir, database, redis }: Config): unknown => {
  if (error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE' && error.cause instanceof Error) {
    const isEmbedded = database.kind === 'sqlite' && redis === null;
    const what = isEmbedded ? `The database in ${dataDir} cannot be used` : 'A store cannot be reached';
    return new CommandFailed(`${what}: ${error.cause.message}. \`fieldgate doctor\` says more.`);
  }
  if (error instanceof Error && 'syscall' in error) return new CommandFailed(`${dataDir}: ${error.message}.`);
  return error;
};

/** The account that is meant, by its email in any spelling or by its id. */
export const requireUser = async ({ accounts }: Pick<Workplace, 'accounts'>, emailOrId: string): Promise<User> => {
  const user = emailOrId.includes('@')
    ? await accounts.findByEmail(emailOrId)
    : await accounts.find(emailOrId.trim().toLowerCase());
  if (!user) throw new CommandFailed('There is no account with this email or id.');
  return user;
};
