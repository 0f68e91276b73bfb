import type { KnownScopes } from '@fieldgate/guard';
import type { Config } from '../config/config.ts';
import { createAccessTokens } from '../crypto/access-token.ts';
import { createPasswordCheck } from '../crypto/common-passwords.ts';
import { digestOfEmail } from '../crypto/email-digest.ts';
import { createId, createOrderedIds } from '../crypto/identifiers.ts';
import type { ConfiguredKeys } from '../crypto/keys.ts';
import { createPasswordHasher } from '../crypto/password.ts';
import type { Clock } from '../domain/clock.ts';
import type { NewAuthEvent } from '../domain/event.ts';
import { firstPartyClient } from '../domain/ids.ts';
import { createAccounts } from '../services/accounts.ts';
import { createApiKeys } from '../services/api-keys.ts';
import { createEvents } from '../services/events.ts';
import { createIdentities } from '../services/identities.ts';
import { createKeyRing } from '../services/key-ring.ts';
import { createLoginLockout } from '../services/login-lockout.ts';
import { createServiceClients } from '../services/service-clients.ts';
import { createSessions } from '../services/sessions.ts';
import type { Stores } from '../stores/open.ts';

type Parts = {
  readonly config: Config;
  readonly stores: Stores;
  readonly keys: ConfiguredKeys;
  readonly clock: Clock;
  /** The scopes that can be granted; asked late, since the schema that says so is made from the services. */
  readonly knownScopes: () => KnownScopes | Promise<KnownScopes>;
  /** Writes the line of an event in the log. */
  readonly writeEvent: (event: NewAuthEvent) => void;
  /** Told how many events are in the log alone. */
  readonly onLostEvents: (count: number) => void;
  /** Told when this instance begins to sign with another key. */
  readonly onKeySwitch: (kid: string) => void;
  /** Told which signing keys in the database cannot be opened, whenever they are others than before. */
  readonly onSealedKeys: (kids: readonly string[]) => void;
  /** Told of trouble with a store that no caller is told of. */
  readonly onTrouble: (error: unknown) => void;
};

/** The use cases, without any way in: what the server and the command line share. */
export const createServices = ({ config, stores, keys, clock, ...parts }: Parts) => {
  const newId = () => createId(clock());
  const newOrderedId = createOrderedIds();
  const events = createEvents({
    events: stores.events,
    clock,
    createId: () => newOrderedId(clock()),
    write: parts.writeEvent,
    onBackgroundError: parts.onTrouble,
    onLost: parts.onLostEvents,
    retentionMs: config.eventRetentionMs,
  });
  const { record } = events;
  const keyRing = createKeyRing({
    store: stores.signingKeys,
    configured: keys,
    times: config.keyRotation,
    clock,
    record,
    onSwitch: parts.onKeySwitch,
    onSealed: parts.onSealedKeys,
  });
  const accessTokens = createAccessTokens({
    keys: keyRing.keys,
    issuer: config.issuer,
    audience: config.audience,
    clientId: firstPartyClient,
    ttlSeconds: config.accessTokenTtlSeconds,
  });
  const passwords = createPasswordHasher();
  const lockout = createLoginLockout({
    attempts: stores.loginAttempts,
    policy: config.lockout,
    clock,
    createId: newId,
    digest: digestOfEmail,
  });
  const accounts = createAccounts({
    accounts: stores.accounts,
    sessions: stores.sessions,
    passwords,
    passwordCheck: createPasswordCheck({ minLength: config.passwordMinLength }),
    lockout,
    clock,
    createId: newId,
    record,
  });
  const sessions = createSessions({
    sessions: stores.sessions,
    accounts,
    accessTokens,
    clock,
    createId: newId,
    record,
  });
  const apiKeys = createApiKeys({
    apiKeys: stores.apiKeys,
    accounts,
    knownScopes: parts.knownScopes,
    clock,
    createId: newId,
    record,
    onBackgroundError: parts.onTrouble,
  });
  const serviceClients = createServiceClients({
    clients: stores.serviceClients,
    accessTokens,
    clock,
    createId: newId,
    record,
  });
  const identities = createIdentities({
    identities: stores.identities,
    flows: stores.identityFlows,
    accounts,
    sessions,
    clock,
    createId: newId,
    record,
  });
  return {
    events,
    keyRing,
    accounts,
    sessions,
    apiKeys,
    serviceClients,
    identities,
    accessTokens,
    passwordHashing: passwords.load,
  };
};
