import type { ClientInfo } from '@fieldgate/guard';
import { createAccessTokens } from '../../src/crypto/access-token.ts';
import { digestOfEmail } from '../../src/crypto/email-digest.ts';
import { createId } from '../../src/crypto/identifiers.ts';
import { keySetFromSecret } from '../../src/crypto/keys.ts';
import type { PasswordHasher } from '../../src/crypto/password.ts';
import { AppError } from '../../src/domain/errors.ts';
import { firstPartyClient } from '../../src/domain/ids.ts';
import { standardRoles } from '../../src/domain/role.ts';
import { Secret } from '../../src/domain/secret.ts';
import { silentSignals } from '../../src/domain/signals.ts';
import { createAccounts } from '../../src/services/accounts.ts';
import { createApiKeys } from '../../src/services/api-keys.ts';
import { createIdentities } from '../../src/services/identities.ts';
import { createLoginLockout } from '../../src/services/login-lockout.ts';
import { createRequireRecentSignIn } from '../../src/services/recent-sign-in.ts';
import { createServiceClients } from '../../src/services/service-clients.ts';
import { createSessions } from '../../src/services/sessions.ts';
import type { StorePorts } from '../../src/stores/open.ts';

export const browser: ClientInfo = { ip: '203.0.113.9', userAgent: 'Browser' };
const keys = keySetFromSecret(new Secret('tests only: 32 bytes and more, never used by a server that runs'), 'HS256');

/** The use cases over these ports, with passwords that cost nothing. */
export const openCutServices = (ports: StorePorts, clock: () => number) => {
  let looks = 0;
  const passwords: PasswordHasher = {
    hash: async (password) => `${createId(clock())}:${password}`,
    verify: async (hash, password) => {
      looks += 1;
      return { match: hash.slice(hash.indexOf(':') + 1) === password, needsRehash: false };
    },
    verifyDummy: async () => ({ match: false, needsRehash: false }),
    requireCapacity: () => {},
    reserve: () => () => {},
    load: () => ({ running: 0, waiting: 0, refused: 0 }),
  };
  const common = { roles: standardRoles, clock, createId: () => createId(clock()), record: () => {} };
  const accessTokens = createAccessTokens({
    ...{ keys: { current: keys }, issuer: 'http://issuer', audience: 'http://issuer', clientId: firstPartyClient },
    ttlSeconds: 900,
  });
  const policy = { maxFailures: 5, lockMs: 900_000 };
  const lockout = createLoginLockout({
    ...{ attempts: ports.loginAttempts, policy, digest: digestOfEmail },
    ...common,
  });
  const accounts = createAccounts({
    ...{ accounts: ports.accounts, sessions: ports.sessions, passwords, passwordCheck: async () => null, lockout },
    ...common,
  });
  const sessions = createSessions({
    ...{ sessions: ports.sessions, accounts, accessTokens, ...common },
    requireRecentSignIn: createRequireRecentSignIn({ sessions: ports.sessions, maxAgeMs: 600_000 }),
  });
  return {
    ...{ ports, accounts, sessions, accessTokens },
    apiKeys: createApiKeys({
      ...{ apiKeys: ports.apiKeys, accounts, signals: silentSignals, ...common },
      knownScopes: () => new Map(),
    }),
    serviceClients: createServiceClients({ clients: ports.serviceClients, accessTokens, ...common }),
    identities: createIdentities({
      ...{ identities: ports.identities, flows: ports.identityFlows, accounts, sessions, ...common },
    }),
    /** How many passwords were compared. */
    looks: () => looks,
  };
};

export type CutServices = ReturnType<typeof openCutServices>;

/** `done`, or the code of the error. */
export const outcomeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof AppError) return error.code;
      throw error;
    },
  );
