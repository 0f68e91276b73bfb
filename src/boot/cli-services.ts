import { bearer } from '@fieldgate/guard';
import type { Config } from '../config/config.ts';
import type { ConfiguredKeys } from '../crypto/keys.ts';
import { type Clock, toSeconds } from '../domain/clock.ts';
import { silentSignals } from '../domain/signals.ts';
import { loadSigningKeys } from '../services/signing-keys.ts';
import { createTokenInspection } from '../services/token-inspection.ts';
import { readKeyFile } from '../stores/files/key-file.ts';
import { databaseExists, openStores } from '../stores/open.ts';
import { createServices } from './services.ts';

/** Opens the server's services over the same data for a command. */
export const openServices = async ({ config, clock, keys = noKeys }: CliServicesDeps) => {
  // A command has no log: the database has its events, and its output what it found.
  const signals = silentSignals;
  const { database, redis, sessions: lifetimes, eventRetentionMs } = config;
  const stores = await openStores({
    ...{ database, redis, followFeed: null, lifetimes, eventRetentionMs, clock, signals },
  });
  const { ports } = stores;
  const { events, keyRing, accounts, sessions, apiKeys, serviceClients, accessTokens } = createServices({
    config,
    ports,
    keys,
    clock,
    // Loaded only when a key is created.
    knownScopes: async () => (await import('./schema-rights.ts')).serverScopes(),
    signals,
  });
  const authenticate = bearer({
    verify: (token) => accessTokens.verify(token, toSeconds(clock())),
    checkSession: ports.sessions.check,
    checkServiceToken: ports.serviceClients.check,
  });
  return {
    accounts,
    sessions,
    apiKeys,
    serviceClients,
    keyRing,
    tokens: createTokenInspection({
      accessTokens,
      authenticate,
      sessions: ports.sessions,
      accounts,
      clients: ports.serviceClients,
      apiKeys,
      clock,
    }),
    database: {
      migrate: stores.migrate,
      pendingMigrations: stores.pendingMigrations,
      latestTimestamp: stores.latestTimestamp,
      unreadableRows: stores.unreadableRows,
      pings: stores.pings,
      checkServers: stores.checkServers,
    },
    close: async () => {
      await events.close();
      await stores.close();
    },
  };
};

type CliServicesDeps = {
  readonly config: Config;
  readonly clock: Clock;
  /** Omitted where nothing is signed or verified. */
  readonly keys?: ConfiguredKeys;
};

export type OpenServices = Awaited<ReturnType<typeof openServices>>;

/** Whether the configured database exists; opening the services would create it. */
export const hasDatabase = ({ database }: Config): boolean => databaseExists(database);

/** Returns the configured keys and creates none. Rejects with `SigningKeysError`. */
export const readSigningKeys = ({ signing }: Config): Promise<ConfiguredKeys> =>
  loadSigningKeys(signing, { read: readKeyFile, readOrCreate: readKeyFile });

const noKeys: ConfiguredKeys = {
  keys: [],
  verification: new Map(),
  get signing(): never {
    throw new TypeError('this command was opened without keys');
  },
};
