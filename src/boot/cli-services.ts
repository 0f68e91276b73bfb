import { bearer } from '@fieldgate/guard';
import type { Config } from '../config/config.ts';
import type { ConfiguredKeys } from '../crypto/keys.ts';
import type { Clock } from '../domain/clock.ts';
import { silentSignals } from '../domain/signals.ts';
import { loadSigningKeys } from '../services/signing-keys.ts';
import { createTokenInspection } from '../services/token-inspection.ts';
import { readKeyFile } from '../stores/files/key-file.ts';
import { databaseExists, openStores } from '../stores/open.ts';
import type { Api } from './api.ts';
import { createServices } from './services.ts';

/** Opens the server's services over the same data for a command. */
export const openServices = async ({ config, api, clock, keys = noKeys }: CliServicesDeps) => {
  // A command has no log: the database has its events, and its output what it found.
  const signals = silentSignals;
  const { sessions: lifetimes, ...stored } = config;
  const stores = await openStores({ ...stored, roles: api.roles, followFeed: null, lifetimes, clock, signals });
  const { ports } = stores;
  const { events, keyRing, accounts, sessions, apiKeys, serviceClients, accessTokens } = createServices({
    config,
    roles: api.roles,
    ports,
    keys,
    clock,
    // Loaded only when a key is created.
    knownScopes: async () => (await import('./schema-rights.ts')).serverScopes(api),
    signals,
  });
  const authenticate = bearer({
    verify: (token) => accessTokens.verify(token, clock()),
    checkSession: ports.sessions.check,
    checkServiceToken: ports.serviceClients.check,
  });
  const tokens = createTokenInspection({
    ...{ accessTokens, authenticate, accounts, apiKeys, clock },
    sessions: ports.sessions,
    clients: ports.serviceClients,
  });
  const { migrate, pendingMigrations, mapRole, latestTimestamp, unreadableRows, pings, checkServers } = stores;
  return {
    ...{ accounts, sessions, apiKeys, serviceClients, keyRing, tokens },
    record: events.record,
    database: { migrate, pendingMigrations, mapRole, latestTimestamp, unreadableRows, pings, checkServers },
    close: async () => {
      await events.close();
      await stores.close();
    },
  };
};

type CliServicesDeps = {
  readonly config: Config;
  readonly api: Api;
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
