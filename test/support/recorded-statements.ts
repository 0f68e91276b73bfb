import { randomUUID } from 'node:crypto';
import { apiKeyId, clientId, sessionId, type UserId, userId } from '@fieldgate/guard';
import type { KyselyPlugin } from 'kysely';
import type { AuthEvent } from '../../src/domain/event.ts';
import { emailDigest, identityId, tokenDigest } from '../../src/domain/ids.ts';
import { noAttempts } from '../../src/domain/login-attempts.ts';
import { sqlAccountStore } from '../../src/stores/sql/account-store.ts';
import { sqlApiKeyStore } from '../../src/stores/sql/api-key-store.ts';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';
import { sqlEventStore } from '../../src/stores/sql/event-store.ts';
import { sqlIdentityStore } from '../../src/stores/sql/identity-store.ts';
import { sqlLoginAttemptStore } from '../../src/stores/sql/login-attempt-store.ts';
import { sqlRevocationJournal } from '../../src/stores/sql/revocation-journal.ts';
import { sqlServiceClientStore } from '../../src/stores/sql/service-client-store.ts';
import { sqlSessionStore } from '../../src/stores/sql/session-store.ts';
import { insertSessions } from './many-rows.ts';

const lifetimes = { idleMs: 1_000, absoluteMs: 5_000, reuseWindowMs: 100 };
const clock = () => 1_000;

/**
 * Calls every store as requests do, along every branch, and returns the SQL that ran with its parameters. Leaves out what
 * lists a whole table of few rows: service clients, signing keys.
 */
export async function recordEveryStatement(database: SqlDatabase): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const statements = new Map<string, readonly unknown[]>();
  const executor = database.kysely.getExecutor();
  const recorder: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      const { sql, parameters } = executor.compileQuery(node, queryId);
      statements.set(sql, parameters);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const recorded: SqlDatabase = {
    ...database,
    kysely: database.kysely.withPlugin(recorder),
    prepareRead: (query) => (parameters) => {
      statements.set(query.sql, parameters);
      return database.prepareRead(query)(parameters);
    },
    transaction: (queries) => {
      for (const { sql, parameters } of queries) statements.set(sql, parameters);
      return database.transaction(queries);
    },
    prepareCachedRead: (query, map) => (parameters) => {
      statements.set(query.sql, parameters);
      return database.prepareCachedRead(query, map)(parameters);
    },
    prepareWrite: (query) => (parameters) => {
      statements.set(query.sql, parameters);
      return database.prepareWrite(query)(parameters);
    },
    prepareRelaxedWrite: (query) => (parameters) => {
      statements.set(query.sql, parameters);
      return database.prepareRelaxedWrite(query)(parameters);
    },
  };
  const accounts = sqlAccountStore(recorded);
  const sessions = sqlSessionStore(recorded, { lifetimes, clock });

  const id = userId(randomUUID());
  const ada = { id, email: 'ada@example.com', name: 'Ada', role: 'USER', passwordHash: 'hash', createdAt: 1 } as const;
  await accounts.create(ada);
  await accounts.findById(id);
  await accounts.findByEmail(ada.email);
  await accounts.findHashById(id);
  await accounts.list({ first: 10 });
  await accounts.list({ first: 10, after: ada });
  await accounts.list({ first: 10, after: ada, search: 'ada' });
  await accounts.rehash(id, 'hash', 'newer');
  await accounts.change(id, () => ({ passwordHash: 'other' }));
  await accounts.change(id, () => ({ role: 'ADMIN' }));

  const session = sessionId(randomUUID());
  const digests = { family: tokenDigest('family'), token: tokenDigest('token') };
  const client = { ip: null, userAgent: null };
  await sessions.start({ id: session, userId: id, version: 5, role: 'ADMIN', sessionsFrom: 0, digests, client });
  await sessions.check(id, session);
  await sessions.list(id, { first: 10, after: null });
  await sessions.list(id, { first: 10, after: { at: 1, id: session } });
  await insertSessions(database, { owner: id, count: 3_000, createdAt: 1, expiresAt: 2_000 });
  await sessions.list(id, { first: 10, after: null });
  await sessions.list(id, { first: 10, after: { at: 2_000, id: session } });
  await sessions.isFamily(id, session, digests.family);
  const successor = { successor: tokenDigest('2'), successorNonce: 'nonce' };
  const use = {
    userId: id,
    sessionId: session,
    ...successor,
    client,
    version: 5,
    role: 'ADMIN',
    sessionsFrom: 0,
  } as const;
  await sessions.rotate({ ...use, digests: { ...digests, token: tokenDigest('spent') } });
  await sessions.authenticationAge(id, session);
  const changed = await accounts.change(id, () => ({ passwordHash: 'newest' }), { id: session, digests });
  if (changed) await sessions.accountChanged(changed.after, { id: session, digests });
  await sessions.end(id, session);
  await sessions.endAll(id);
  await sessions.endAll(id, session);
  await sessions.purgeExpired(10, 1);

  const apiKeys = sqlApiKeyStore(recorded, { retentionMs: 1 });
  const key = apiKeyId(randomUUID());
  const terms = { name: 'x', scopes: [], createdAt: 1, expiresAt: 2 };
  await apiKeys.create({ id: key, userId: id, digest: tokenDigest('key'), ...terms }, 1);
  await apiKeys.find(key);
  await apiKeys.list(id, { first: 10, after: null });
  await apiKeys.list(id, { first: 10, after: { at: 1, id: key } });
  await apiKeys.recordUse(key, 2, 1);
  await apiKeys.revoke(id, key, 3);
  await apiKeys.purgeExpired(10, 3);

  const journal = sqlRevocationJournal(recorded, { clock });
  await journal.record([{ kind: 'session', userId: id, sessionId: session }]);
  await journal.purgeExpired(10, 1);

  const clients = sqlServiceClientStore(recorded);
  const service = clientId(randomUUID());
  await clients.check(service, 'token');
  await clients.find(service);
  await clients.list({ first: 10, after: null });
  await clients.list({ first: 10, after: { at: 1, id: service } });
  await clients.rotateSecret(service, { secretDigest: tokenDigest('other'), at: 1, previousExpiresAt: 2 });
  await clients.recordSecretUse(service, tokenDigest('other'), 1);
  await clients.disable(service, 1);
  await clients.revokeToken('token', 2);
  await clients.purgeExpired(10, 3);

  const identities = sqlIdentityStore(recorded);
  await identities.recordUse({ issuer: 'https://provider.example', subject: 'ada' }, 1);
  await identities.list(id, { first: 10, after: null });
  await identities.list(id, { first: 10, after: { at: 1, id } });
  await identities.unlink(id, identityId(randomUUID()));

  const attempts = sqlLoginAttemptStore(recorded);
  const email = emailDigest('digest');
  await attempts.find(email);
  for (const failedAt of [[1], [1, 2], []]) {
    await attempts.change(email, () => ({
      outcome: null,
      record: { attempts: { ...noAttempts, failedAt }, expiresAt: 2 },
    }));
  }
  await attempts.purgeExpired(10, 3);

  const events = sqlEventStore(recorded, { retentionMs: 1 });
  const event = newEvent(id);
  await events.append([event]);
  const page = { first: 10, after: event };
  await events.list({ ...page });
  await events.list({ ...page, userId: id });
  await events.list({ ...page, types: ['user.login_failed', 'user.locked'] });
  await events.purgeExpired(10, 1);
  return statements;
}

const newEvent = (id: UserId): AuthEvent => ({
  ...{
    id: randomUUID(),
    time: 1,
    type: 'user.login_failed',
    outcome: 'failure',
    actor: { kind: 'ANONYMOUS', id: null },
  },
  ...{ userId: id, sessionId: null, ip: null, userAgent: null, requestId: null, reason: null, metadata: {} },
});
