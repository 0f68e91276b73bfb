import type { Config } from './config.ts';
import { createAccessTokens } from './crypto/access-token.ts';
import { createPasswordCheck } from './crypto/common-passwords.ts';
import { createId } from './crypto/identifiers.ts';
import type { KeySet } from './crypto/keys.ts';
import { createPasswordHasher } from './crypto/password.ts';
import type { Clock } from './domain/clock.ts';
import { firstPartyClient } from './domain/ids.ts';
import type { KnownScopes } from './domain/scope.ts';
import { createAccounts } from './services/accounts.ts';
import { type ApiKeyEvent, createApiKeys } from './services/api-keys.ts';
import { createServiceClients } from './services/service-clients.ts';
import { createSessions } from './services/sessions.ts';
import type { Stores } from './stores/open.ts';

type Parts = {
  readonly config: Config;
  readonly stores: Stores;
  readonly keys: () => KeySet;
  readonly clock: Clock;
  /** The scopes that can be granted; asked late, since the schema that says so is made from the services. */
  readonly knownScopes: () => KnownScopes | Promise<KnownScopes>;
  readonly onKeyEvent: (event: ApiKeyEvent) => void;
  /** Told of trouble with a store that no caller is told of. */
  readonly onTrouble: (error: unknown) => void;
  readonly onReuse: Parameters<typeof createSessions>[0]['onReuse'];
};

/** The use cases, without any way in: what the server and the command line share. */
export const createServices = ({ config, stores, keys, clock, ...parts }: Parts) => {
  const newId = () => createId(clock());
  const accessTokens = createAccessTokens({
    keys,
    issuer: config.issuer,
    audience: config.audience,
    clientId: firstPartyClient,
    ttlSeconds: config.accessTokenTtlSeconds,
  });
  const accounts = createAccounts({
    accounts: stores.accounts,
    sessions: stores.sessions,
    passwords: createPasswordHasher(),
    passwordCheck: createPasswordCheck({ minLength: config.passwordMinLength }),
    clock,
    createId: newId,
  });
  const sessions = createSessions({
    sessions: stores.sessions,
    accounts,
    accessTokens,
    clock,
    createId: newId,
    onReuse: parts.onReuse,
  });
  const apiKeys = createApiKeys({
    apiKeys: stores.apiKeys,
    accounts,
    knownScopes: parts.knownScopes,
    clock,
    createId: newId,
    onEvent: parts.onKeyEvent,
    onTrouble: parts.onTrouble,
  });
  const serviceClients = createServiceClients({ clients: stores.serviceClients, accessTokens, clock, createId: newId });
  return { accounts, sessions, apiKeys, serviceClients, accessTokens };
};
