import { type Config, ConfigError, parseConfig } from '../config/config.ts';
import { readEnvironment } from '../config/environment.ts';
import { SigningKeysError } from '../services/signing-keys.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { lowerWorkerPriority } from './libuv-priority.ts';
import { serve } from './listen.ts';

/** Runs the server in this process until a signal ends it. Exits with 1 and every problem named if it cannot start. */
export const runServer = async (): Promise<void> => {
  const config = readConfigOrExit();
  const log = await createLog(config.logLevel, process.stdout.isTTY);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was rejected and nobody looked'));
  process.on('uncaughtException', (error) => log.error({ err: error }, 'an error was thrown where nobody catches'));
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

const readConfigOrExit = (): Config => {
  try {
    return parseConfig(readEnvironment());
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
  if (!(error instanceof Error)) return 'for a reason it does not know.';
  const port = 'port' in error ? error.port : config.port;
  const advice = `Choose another ${port === config.metricsPort ? 'METRICS_PORT' : 'PORT'}.`;
  if ('code' in error && error.code === 'EADDRINUSE') return `${config.host}:${port} is in use. ${advice}`;
  if ('code' in error && error.code === 'EACCES') return `${config.host}:${port} may not be listened on. ${advice}`;
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

/** Where what is kept, without what opens it. */
const describeData = ({ database, redis }: Config): string => {
  const accounts =
    database.kind === 'sqlite'
      ? `embedded, in ${database.directory}`
      : `PostgreSQL at ${new URL(database.url.reveal()).host}`;
  return redis === null ? accounts : `${accounts}; sessions in Redis (${redis.kind})`;
};

const stopOnSignal = (stop: () => Promise<void>, log: Log): void => {
  let stopping = false;
  const onSignal = (signal: string): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping: requests in flight may finish');
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the stop was not clean');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
};
