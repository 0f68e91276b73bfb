import type { Clock } from '../../domain/clock.ts';
import type { SessionLifetimes } from '../../domain/session.ts';
import type { LimitStore } from '../ports/limit-store.ts';
import { sqlAccountStore } from './account-store.ts';
import { sqlApiKeyStore } from './api-key-store.ts';
import type { SqlDatabase } from './database.ts';
import { sqlEventStore } from './event-store.ts';
import { sqlIdentityFlowStore } from './identity-flow-store.ts';
import { sqlIdentityStore } from './identity-store.ts';
import { sqlLoginAttemptStore } from './login-attempt-store.ts';
import { sqlServiceClientStore } from './service-client-store.ts';
import { sqlSessionStore } from './session-store.ts';
import { sqlSigningKeyStore } from './signing-key-store.ts';

type SqlStoresDeps = {
  readonly lifetimes: SessionLifetimes;
  readonly eventRetentionMs: number;
  readonly apiKeyRetentionMs: number;
  readonly clock: Clock;
};

/** Every store there is, each in one line. Its name in snake case is its label in metrics and traces. */
export const openSqlStores = async (
  database: SqlDatabase,
  { lifetimes, eventRetentionMs, apiKeyRetentionMs, clock }: SqlStoresDeps,
) => ({
  accounts: sqlAccountStore(database),
  sessions: sqlSessionStore(database, { lifetimes, clock }),
  apiKeys: sqlApiKeyStore(database, { retentionMs: apiKeyRetentionMs }),
  serviceClients: sqlServiceClientStore(database),
  signingKeys: sqlSigningKeyStore(database),
  events: sqlEventStore(database, { retentionMs: eventRetentionMs }),
  loginAttempts: sqlLoginAttemptStore(database),
  identities: sqlIdentityStore(database),
  identityFlows: sqlIdentityFlowStore(database),
  rateCounters: await openRateCounters(database, clock),
});

/** Null in an embedded database: its only process counts in memory. */
const openRateCounters = async (database: SqlDatabase, clock: Clock): Promise<LimitStore | null> => {
  if (database.dialect === 'sqlite') return null;
  const { sqlLimitStore } = await import('./limit-store.ts');
  return sqlLimitStore(database, { clock });
};
