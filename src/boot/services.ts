import type { KnownScopes } from '@fieldgate/guard';
import type { Config } from '../config/config.ts';
import { createAccessTokens } from '../crypto/access-token.ts';
import { createPasswordCheck } from '../crypto/common-passwords.ts';
import { digestOfEmail } from '../crypto/email-digest.ts';
import { createId, createOrderedIds } from '../crypto/identifiers.ts';
import type { ConfiguredKeys } from '../crypto/keys.ts';
import { createPasswordHasher } from '../crypto/password.ts';
import type { Clock } from '../domain/clock.ts';
import { firstPartyClient } from '../domain/ids.ts';
import type { Roles } from '../domain/role.ts';
import type { Signals } from '../domain/signals.ts';
import { createAccounts } from '../services/accounts.ts';
import { createApiKeys } from '../services/api-keys.ts';
import { createEvents } from '../services/events.ts';
import { createIdentities } from '../services/identities.ts';
import { createKeyRing } from '../services/key-ring.ts';
import { createLoginLockout } from '../services/login-lockout.ts';
import { createRequireRecentSignIn } from '../services/recent-sign-in.ts';
import { createServiceClients } from '../services/service-clients.ts';
import { createSessions } from '../services/sessions.ts';
import type { StorePorts } from '../stores/open.ts';

type ServicesDeps = {
  readonly config: Config;
  readonly roles: Roles;
  readonly ports: StorePorts;
  readonly keys: ConfiguredKeys;
  readonly clock: Clock;
  /** Returns the scopes that can be granted. Called late: the schema that defines them is built from the services. */
  readonly knownScopes: () => KnownScopes | Promise<KnownScopes>;
  readonly signals: Signals;
};

/** The use cases, which the server and the command line share. */
export const createServices = ({ config, roles, ports, keys, clock, knownScopes, signals }: ServicesDeps) => {
  const newOrderedId = createOrderedIds();
  const events = createEvents({ events: ports.events, clock, createId: () => newOrderedId(clock()), signals });
  const { record } = events;
  const newId = () => createId(clock());
  const common = { roles, clock, createId: newId, record };
  const keyRing = createKeyRing({
    ...{ store: ports.signingKeys, configured: keys, times: config.keyRotation, clock, record, signals },
  });
  const accessTokens = createAccessTokens({
    keys: keyRing.keys,
    issuer: config.issuer,
    audience: config.audience,
    clientId: firstPartyClient,
    ttlSeconds: config.accessTokenTtlSeconds,
  });
  const passwords = createPasswordHasher();
  const passwordCheck = createPasswordCheck({ minLength: config.passwordMinLength });
  const lockout = createLoginLockout({
    attempts: ports.loginAttempts,
    policy: config.lockout,
    digest: digestOfEmail,
    clock,
    createId: newId,
  });
  const accounts = createAccounts({
    ...{ accounts: ports.accounts, sessions: ports.sessions, passwords, passwordCheck, lockout, ...common },
  });
  const requireRecentSignIn = createRequireRecentSignIn({ sessions: ports.sessions, maxAgeMs: config.recentSignInMs });
  const sessions = createSessions({ sessions: ports.sessions, accounts, accessTokens, requireRecentSignIn, ...common });
  const apiKeys = createApiKeys({ apiKeys: ports.apiKeys, accounts, knownScopes, signals, ...common });
  const serviceClients = createServiceClients({ clients: ports.serviceClients, accessTokens, ...common });
  const identities = createIdentities({
    ...{ identities: ports.identities, flows: ports.identityFlows, accounts, sessions, ...common },
  });
  return {
    ...{ events, keyRing, accounts, sessions, apiKeys, serviceClients, identities, accessTokens, requireRecentSignIn },
    passwordHashing: passwords.load,
  };
};

export type Services = ReturnType<typeof createServices>;
