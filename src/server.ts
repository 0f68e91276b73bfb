import type { IncomingMessage, ServerResponse } from 'node:http';
import { createApp } from './app.ts';
import { type Config, parseConfig } from './config.ts';
import { createRequestId } from './crypto/identifiers.ts';
import type { Clock } from './domain/clock.ts';
import { AppError } from './domain/errors.ts';
import { createListener } from './http/listener.ts';
import { createLog, type Log } from './log.ts';
import { loadSigningKeys } from './services/signing-keys.ts';
import { readKeyFile, readOrCreateKeyFile } from './stores/files/key-file.ts';
import { openStores, type Stores } from './stores/open.ts';

const sweepEveryMs = 10_000;
const sweptAtOnce = 500;

/** The whole server without a socket of its own. */
export type Fieldgate = {
  /** For `http.createServer(listener)` or any server that takes one. Bodies are read here, bounded. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** For servers that speak Fetch. `ip` is what sessions and logs will show. Bounding the body is the caller's task. */
  readonly fetch: (request: Request, facts?: { readonly ip?: string }) => Promise<Response>;
  /** From now on `/ready` says no, so that a balancer sends nothing more; everything is still answered. */
  readonly drain: () => void;
  /** Closes the stores. Call it when the last request has been answered. */
  readonly close: () => Promise<void>;
};

/**
 * Opens everything the configuration names (stores, migrations, signing keys, the first administrator) and gives the server
 * as a handler to mount. Takes the variables of the README's table, usually `process.env`.
 * Rejects with `ConfigError` or `SigningKeysError`, whose messages name every problem and hold no secret.
 *
 * @example
 * const fieldgate = await createFieldgate(process.env);
 * http.createServer(fieldgate.listener).listen(4000);
 */
export const createFieldgate = async (env: Readonly<Record<string, string | undefined>>): Promise<Fieldgate> => {
  const config = parseConfig(env);
  return openFieldgate(config, Date.now, await createLog(config.logLevel, false));
};

/** `createFieldgate` with its surroundings passed in. */
export const openFieldgate = async (config: Config, clock: Clock, log: Log): Promise<Fieldgate> => {
  const keys = await loadSigningKeys(config.signing, { read: readKeyFile, readOrCreate: readOrCreateKeyFile });
  const { database, redis, sessions: lifetimes } = config;
  const followFeed = config.revocationCheck === 'feed' ? () => performance.now() : null;
  const onTrouble = (error: unknown) => log.warn({ err: error }, 'a store is in trouble');
  const stores = await openStores({ database, redis, followFeed, lifetimes, clock, onTrouble, migrateFirst: true });
  await requireGoodServers(stores, log);
  const app = createApp({ config, stores, keys, clock, log });
  await createFirstAdmin(config, app.accounts, log);

  const stopSweeping = sweepExpired(stores, clock, onTrouble);
  return {
    listener: createListener({
      handle: app.handle,
      straight: app.straight,
      createId: createRequestId,
      now: clock,
      report: (error, requestId) => log.error({ err: error, requestId }, 'a request could not be answered'),
      onAnswered: log.isLevelEnabled('info')
        ? ({ startedAt, ...request }) => log.info({ ...request, ms: clock() - startedAt }, 'request')
        : null,
    }),
    fetch: (request, { ip = null } = {}) =>
      app.handle(request, {
        requestId: createRequestId(),
        origin: { ip, userAgent: request.headers.get('user-agent') },
      }),
    drain: app.health.drain,
    close: () => {
      stopSweeping();
      return stores.close();
    },
  };
};

/** Removes what has expired now and then, a little at a time, so that they are not kept for ever. */
const sweepExpired = (
  { sessions, serviceClients }: Stores,
  clock: Clock,
  onTrouble: (error: unknown) => void,
): (() => void) => {
  const sweep = () => {
    sessions.purgeExpired(sweptAtOnce).catch(onTrouble);
    serviceClients.purgeExpired(sweptAtOnce, clock()).catch(onTrouble);
  };
  const timer = setInterval(sweep, sweepEveryMs).unref();
  return () => clearInterval(timer);
};

/** Rejects with every reason why these servers will not do. What they could do better goes to the log. */
const requireGoodServers = async (stores: Stores, log: Log): Promise<void> => {
  const { problems, warnings } = await stores.checkServers();
  for (const warning of warnings) log.warn(warning);
  if (problems.length === 0) return;
  await stores.close();
  throw new Error(problems.join('\n'));
};

const createFirstAdmin = async (
  { firstAdmin }: Config,
  accounts: ReturnType<typeof createApp>['accounts'],
  log: Log,
): Promise<void> => {
  if (!firstAdmin || (await accounts.findByEmail(firstAdmin.email))) return;
  try {
    const { email, password } = firstAdmin;
    const admin = await accounts.register({ email, password: password.reveal(), role: 'ADMIN' });
    log.info(
      { event: 'user.signed_up', userId: admin.id, role: admin.role },
      'the first administrator has been created',
    );
  } catch (error) {
    // Another instance that started at the same moment was first.
    if (error instanceof AppError && error.code === 'EMAIL_TAKEN') return;
    if (error instanceof AppError) throw new Error(`ADMIN_EMAIL, ADMIN_PASSWORD: ${error.message}`);
    throw error;
  }
};
