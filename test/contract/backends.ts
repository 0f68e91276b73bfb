import { describe } from 'vitest';
import { anyPostgres, sqliteFile } from '../support/databases.ts';
import { redisCluster, redisMissing, redisServer } from '../support/redis-servers.ts';
import { redisLimits, redisSessions } from '../support/redis-stores.ts';
import * as sql from '../support/sql-stores.ts';
import { accountStoreSuite } from './account-store.ts';
import { apiKeyStoreSuite } from './api-key-store.ts';
import { eventStoreSuite } from './event-store.ts';
import { identityFlowStoreSuite } from './identity-flow-store.ts';
import { identityStoreSuite } from './identity-store.ts';
import { limitStoreSuite } from './limit-store.ts';
import { loginAttemptStoreSuite } from './login-attempt-store.ts';
import { revocationJournalSuite } from './revocation-journal.ts';
import { serviceClientStoreSuite } from './service-client-store.ts';
import { sessionAuthenticationSuite } from './session-authentication.ts';
import { sessionStoreSuite } from './session-store.ts';
import { signingKeyStoreSuite } from './signing-key-store.ts';

type Suites = Readonly<Record<string, () => void>>;

const sqlSuites = (database: sql.ProvideDatabase): Suites => ({
  accounts: () => accountStoreSuite(sql.sqlAccounts(database)),
  'API keys': () => apiKeyStoreSuite(sql.sqlApiKeys(database)),
  events: () => eventStoreSuite(sql.sqlEvents(database)),
  identities: () => identityStoreSuite(sql.sqlIdentities(database)),
  'identity flows': () => identityFlowStoreSuite(sql.sqlIdentityFlows(database)),
  'login attempts': () => loginAttemptStoreSuite(sql.sqlLoginAttempts(database)),
  'revocation journal': () => revocationJournalSuite(sql.sqlRevocations(database)),
  'service clients': () => serviceClientStoreSuite(sql.sqlServiceClients(database)),
  sessions: () => sessionStoreSuite(sql.sqlSessions(database)),
  'session authentication': () => sessionAuthenticationSuite(sql.sqlSessions(database)),
  'signing keys': () => signingKeyStoreSuite(sql.sqlSigningKeys(database)),
});

const redis = await redisMissing();

/** Which suites each backend must pass. SQLite has no shared counters: a server with it is the only one. */
const backends = {
  SQLite: { missing: null, suites: sqlSuites(sqliteFile) },
  PostgreSQL: {
    missing: null,
    suites: { ...sqlSuites(anyPostgres), limits: () => limitStoreSuite(sql.sqlLimits(anyPostgres)) },
  },
  Redis: {
    missing: redis,
    suites: {
      sessions: () => sessionStoreSuite(redisSessions(() => redisServer())),
      'session authentication': () => sessionAuthenticationSuite(redisSessions(() => redisServer())),
      limits: () => limitStoreSuite(redisLimits(() => redisServer())),
    },
  },
  'Redis Cluster': {
    missing: redis,
    suites: {
      sessions: () => sessionStoreSuite(redisSessions(() => redisCluster())),
      'session authentication': () => sessionAuthenticationSuite(redisSessions(() => redisCluster())),
      limits: () => limitStoreSuite(redisLimits(() => redisCluster())),
    },
  },
} satisfies Record<string, { readonly missing: string | null; readonly suites: Suites }>;

/** Runs every suite of one backend. Each backend is a test file, so that workers share them. */
export const describeBackend = (name: keyof typeof backends): void => {
  const { missing, suites } = backends[name];
  describe.skipIf(missing !== null).each(Object.entries(suites))(`${name}: %s`, (_port, suite) => suite());
};
