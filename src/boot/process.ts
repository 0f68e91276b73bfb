import { type Config, ConfigError, parseConfig } from '../config/config.ts';
import type { Variables } from '../config/variables.ts';
import { SigningKeysError } from '../services/signing-keys.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { lowerWorkerPriority } from './libuv-priority.ts';
import { serve } from './listen.ts';

/** Runs the server in this process until a signal ends it. If it cannot start, exits with 1 and names every problem. */
export const runServer = async (env: Variables): Promise<void> => {
  const config = parseConfigOrExit(env);
  const log = await createLog(config.logLevel, process.stdout.isTTY);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled promise rejection'));
  process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'));
  try {
    const server = await serve(config, { clock: Date.now, log });
    announce(config, server.url, log);
    stopOnSignal(server.stop, log);
    if (server.reloadTls) process.on('SIGHUP', server.reloadTls);
    await lowerWorkerPriority();
  } catch (error) {
    exitWith(error instanceof SigningKeysError ? error.message : `Fieldgate cannot start: ${describe(error, config)}`);
  }
};

const parseConfigOrExit = (env: Variables): Config => {
  try {
    return parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) exitWith(error.message);
    throw error;
  }
};

const exitWith = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

const describe = (error: unknown, config: Config): string => {
  if (!(error instanceof Error)) return 'unknown reason.';
  const port = 'port' in error ? error.port : config.port;
  const advice = `Choose another ${port === config.metricsPort ? 'METRICS_PORT' : 'PORT'}.`;
  if ('code' in error && error.code === 'EADDRINUSE') return `${config.host}:${port} is in use. ${advice}`;
  if ('code' in error && error.code === 'EACCES') return `no permission to listen on ${config.host}:${port}. ${advice}`;
  return error.message;
};

const announce = (config: Config, url: string, log: Log): void => {
  const graphql = `${url}/graphql`;
  const newAdmin = 'npx fieldgate user create --role ADMIN';
  if (!process.stdout.isTTY) {
    log.info({ url: graphql, data: describeData(config), newAdmin }, 'Fieldgate is listening');
    return;
  }
  const hint = config.environment === 'production' ? '' : ' (open it in a browser for GraphiQL)';
  process.stdout.write(
    `\n  Fieldgate is listening\n\n    GraphQL         ${graphql}${hint}\n    Data            ${describeData(config)}\n    Administrators  ${newAdmin}\n\n`,
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
