import { type Config, ConfigError } from '../config/config.ts';
import { secretsOf } from '../config/secrets.ts';
import type { Variables } from '../config/variables.ts';
import { createRedaction, describeError, framesOf, messageOf, type Redact } from '../domain/error-report.ts';
import { StartError } from '../domain/start-error.ts';
import { SigningKeysError } from '../services/signing-keys.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import type { Api } from './api.ts';
import { lowerWorkerPriority } from './libuv-priority.ts';
import { serve } from './listen.ts';
import { type ApiLocation, loadApi } from './load-api.ts';
import { readSettings } from './settings.ts';
import { TlsError } from './tls.ts';

/** Runs the server in this process until a signal ends it. If it cannot start, exits with 1 and names every problem. */
export const runServer = async (env: Variables, location: ApiLocation): Promise<void> => {
  const { config, api } = await readSettingsOrExit(env, location);
  const secrets = secretsOf(config);
  try {
    const log = await createLog({ level: config.logLevel, isTerminal: process.stdout.isTTY, secrets });
    process.on('unhandledRejection', logFault(log, 'unhandled promise rejection'));
    process.on('uncaughtException', logFault(log, 'uncaught exception'));
    const server = await serve(config, { clock: Date.now, log, api, env });
    announce(config, { url: server.url, api, log });
    stopOnSignal(server.stop, log);
    if (server.reloadTls) process.on('SIGHUP', server.reloadTls);
    await lowerWorkerPriority();
  } catch (error) {
    exitWith(`Fieldgate cannot start: ${explain(error, createRedaction(secrets))}`);
  }
};

const logFault =
  (log: Log, message: string) =>
  (error: unknown): void =>
    log.error({ err: error, stack: framesOf(error) }, message);

const readSettingsOrExit = async (env: Variables, location: ApiLocation) => {
  try {
    return await readSettings(env, () => loadApi(location));
  } catch (error) {
    if (error instanceof ConfigError) return exitWith(error.message);
    throw error;
  }
};

const exitWith = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

/** Sentences of ours as they are; of any other error no more than may be logged. */
const explain = (error: unknown, redact: Redact): string => {
  const isOurs = error instanceof StartError || error instanceof SigningKeysError || error instanceof TlsError;
  if (isOurs) return error.message;
  const { type, code = 'no code' } = describeError(error, redact);
  return `unexpected error: ${messageOf(error, redact)} (${type}, ${code}).\n${framesOf(error) ?? ''}`.trimEnd();
};

type Announcement = { readonly url: string; readonly api: Api; readonly log: Log };

const announce = (config: Config, { url, api, log }: Announcement): void => {
  const graphql = `${url}/graphql`;
  const newAdmin = `npx fieldgate user create --role ${api.roles.administrator}`;
  if (!process.stdout.isTTY) {
    log.info({ url: graphql, data: describeData(config), roles: api.roles.names, newAdmin }, 'Fieldgate is listening');
    return;
  }
  const hint = config.environment === 'production' ? '' : ' (open it in a browser for GraphiQL)';
  process.stdout.write(
    `\n  Fieldgate is listening\n\n    GraphQL         ${graphql}${hint}\n    Data            ${describeData(config)}\n    Roles           ${api.roles.names.join(' < ')}\n    Administrators  ${newAdmin}\n\n`,
  );
};

/** Says where data is kept, without any credentials. */
const describeData = ({ database, redis }: Config): string => {
  const accounts =
    database.kind === 'sqlite'
      ? `embedded, in ${database.directory}`
      : `PostgreSQL at ${new URL(database.url.reveal()).host}`;
  return redis === null ? accounts : `${accounts}; sessions in Redis (${redis.kind})`;
};

/** The first signal stops gracefully, the second at once. */
const stopOnSignal = (stop: () => Promise<void>, log: Log): void => {
  let isStopping = false;
  const onSignal = (signal: string): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    log.info({ signal }, 'stopping: requests in flight may finish');
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'shutdown failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
};
