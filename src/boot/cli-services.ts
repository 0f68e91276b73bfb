import { bearer } from '@fieldgate/guard';
import type { Config } from '../config/config.ts';
import type { ConfiguredKeys } from '../crypto/keys.ts';
import { type Clock, toSeconds } from '../domain/clock.ts';
import { loadSigningKeys } from '../services/signing-keys.ts';
import { createTokenInspection } from '../services/token-inspection.ts';
import { readKeyFile } from '../stores/files/key-file.ts';
import { isDatabaseThere, openStores } from '../stores/open.ts';
import { createServices } from './services.ts';

/** What the command line works with: the server's services over the same data, without a server. */
export const openServices = async ({ config, clock, keys = noKeys }: Options) => {
  const { database, redis, sessions: lifetimes } = config;
  const stores = await openStores({ database, redis, followFeed: null, lifetimes, clock, onTrouble: () => {} });
  const { events, keyRing, accounts, sessions, apiKeys, serviceClients, accessTokens } = createServices({
    config,
    stores,
    keys,
    clock,
    // Loaded when a key is made, and by no other command.
    knownScopes: async () => (await import('./schema-rights.ts')).serverScopes(),
    writeEvent: () => {}, // A command has no log; the database has it.
    onLostEvents: () => {},
    onKeySwitch: () => {},
    onSealedKeys: () => {}, // Whoever asks is shown them.
    onTrouble: () => {},
  });
  const authenticate = bearer({
    verify: (token) => accessTokens.verify(token, toSeconds(clock())),
    checkSession: stores.sessions.check,
    checkServiceToken: stores.serviceClients.check,
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
      sessions: stores.sessions,
      accounts,
      clients: stores.serviceClients,
      apiKeys,
      clock,
    }),
    database: {
      migrate: stores.migrate,
      pendingMigrations: stores.pendingMigrations,
      newestRecordAt: stores.newestRecordAt,
      pings: stores.pings,
      checkServers: stores.checkServers,
    },
    close: async () => {
      await events.close();
      await stores.close();
    },
  };
};

type Options = {
  readonly config: Config;
  readonly clock: Clock;
  /** Left out where nothing is signed or verified. */
  readonly keys?: ConfiguredKeys;
};

export type OpenServices = Awaited<ReturnType<typeof openServices>>;

/** Whether the configuration's database exists; opening would create it. */
export const hasDatabase = ({ database }: Config): boolean => isDatabaseThere(database);

/** The keys of the configuration, as they are: makes none. Rejects with `SigningKeysError`. */
export const readSigningKeys = ({ signing }: Config): Promise<ConfiguredKeys> =>
  loadSigningKeys(signing, { read: readKeyFile, readOrCreate: readKeyFile });

const noKeys: ConfiguredKeys = {
  keys: [],
  verification: new Map(),
  get signing(): never {
    throw new TypeError('this command was opened without keys');
  },
};
