import type { AddressInfo } from 'node:net';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { createId } from './crypto/identifiers.ts';
import type { Clock } from './domain/clock.ts';
import { AppError } from './domain/errors.ts';
import { createNodeServer } from './http/node-server.ts';
import type { Log } from './log.ts';
import { loadSigningKeys } from './services/signing-keys.ts';
import { readKeyFile, readOrCreateKeyFile } from './stores/files/key-file.ts';
import { openStores } from './stores/open.ts';

const patienceMs = 10_000;

export type RunningServer = {
  readonly url: string;
  /** Stops accepting, lets requests in flight finish for at most 10 s, closes the stores. */
  readonly stop: () => Promise<void>;
};

/** Starts the server that a configuration describes: stores, migrations, keys, first administrator, socket. */
export const serve = async (config: Config, clock: Clock, log: Log): Promise<RunningServer> => {
  const keys = await loadSigningKeys({ ...config.signing, read: readKeyFile, readOrCreate: readOrCreateKeyFile });
  const stores = openStores({ dataDir: config.dataDir, lifetimes: config.sessions, clock });
  await stores.migrate();
  const app = createApp({ config, stores, keys, clock, log });
  await createFirstAdmin(config, app.accounts, log);

  const server = createNodeServer({
    handle: app.handle,
    createId: () => createId(clock()),
    now: clock,
    report: (error, requestId) => log.error({ err: error, requestId }, 'a request could not be answered'),
    onAnswered: ({ startedAt, ...request }) => log.info({ ...request, ms: clock() - startedAt }, 'request'),
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(config.port, config.host, () => resolve());
  });

  const stop = async (): Promise<void> => {
    app.health.drain();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    const impatience = setTimeout(() => server.closeAllConnections(), patienceMs);
    await closed;
    clearTimeout(impatience);
    await stores.close();
  };
  return { url: urlOf(config.host, server.address()), stop };
};

const createFirstAdmin = async (
  { firstAdmin }: Config,
  accounts: ReturnType<typeof createApp>['accounts'],
  log: Log,
): Promise<void> => {
  if (!firstAdmin || (await accounts.findByEmail(firstAdmin.email))) return;
  try {
    const admin = await accounts.register({
      email: firstAdmin.email,
      password: firstAdmin.password.reveal(),
      role: 'ADMIN',
    });
    log.info(
      { event: 'user.signed_up', userId: admin.id, role: admin.role },
      'the first administrator has been created',
    );
  } catch (error) {
    // Another instance that started at the same moment was first.
    if (error instanceof AppError && error.code === 'EMAIL_TAKEN') return;
    throw error;
  }
};

const urlOf = (host: string, address: AddressInfo | string | null): string => {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const name = host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
};
