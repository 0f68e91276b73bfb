import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessionId, userId } from '@fieldgate/guard';
import { test as base } from 'vitest';
import { createId } from '../../src/crypto/identifiers.ts';
import { createRefreshToken } from '../../src/crypto/refresh-token.ts';
import { standardRoles } from '../../src/domain/role.ts';
import { Secret } from '../../src/domain/secret.ts';
import { silentSignals } from '../../src/domain/signals.ts';
import { openStores } from '../../src/stores/open.ts';
import { postgresMissing, postgresServer } from './databases.ts';
import { redisMissing, redisServer, targetOf } from './redis-servers.ts';
import { adminEnv, type Grant, openServer, refresh, signup, type TestServer } from './server.ts';

/** Why two instances cannot be started here, or null. */
export const instancesMissing = (await postgresMissing()) ?? (await redisMissing());

/** A `test` whose functions get two instances of the server, `one` and `two`, over the same PostgreSQL and Redis. */
export const testWithInstances = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from this pattern.
  .extend('backends', { scope: 'file' }, async ({}, { onCleanup }) => {
    const [postgres, redis] = await Promise.all([postgresServer(), redisServer(['--appendonly', 'yes'])]);
    const dataDir = mkdtempSync(join(tmpdir(), 'fieldgate-'));
    onCleanup(async () => {
      await Promise.all([postgres.drop(), redis.drop()]);
      rmSync(dataDir, { recursive: true });
    });
    const env = { ...adminEnv, DATABASE_URL: postgres.url, REDIS_URL: redis.url };
    return { postgres, redis, dataDir, env };
  })
  .extend('one', { scope: 'file' }, async ({ backends: { env, dataDir } }, { onCleanup }) => {
    const server = await openServer(env, { dataDir });
    onCleanup(server.stop);
    return server;
  })
  .extend('two', { scope: 'file' }, async ({ backends: { env, dataDir } }, { onCleanup }) => {
    const server = await openServer(env, { dataDir });
    onCleanup(server.stop);
    return server;
  })
  .extend('owner', { scope: 'file' }, ({ one }) => signup(one))
  .extend('stores', { scope: 'file' }, async ({ backends: { postgres, redis }, one: _migrated }, { onCleanup }) => {
    const stores = await openStores({
      roles: standardRoles,
      database: { kind: 'postgres', url: new Secret(postgres.url) },
      redis: targetOf(redis.url),
      followFeed: null,
      lifetimes: { idleMs: 3_600_000, absoluteMs: 3_600_000, reuseWindowMs: 10_000 },
      eventRetentionMs: 86_400_000,
      apiKeyRetentionMs: 86_400_000,
      clock: Date.now,
      signals: silentSignals,
    });
    onCleanup(stores.close);
    return stores;
  })
  /** Starts a session in the stores: a thousand logins would mostly measure the hashing of passwords. */
  .extend('startSession', { scope: 'file' }, ({ stores, owner, one }) => async (): Promise<Grant> => {
    const id = sessionId(createId(Date.now()));
    const { token, digests } = createRefreshToken(userId(owner.user.id), id);
    const client = { ip: null, userAgent: null };
    const account = { userId: userId(owner.user.id), version: 1, role: 'USER', sessionsFrom: 0 } as const;
    await stores.ports.sessions.start({ id, ...account, digests, client });
    return grantOf(one, token);
  });

/** An instance that is too busy to look in its stores in time answers 503, and is asked again. */
const grantOf = async (server: TestServer, token: string): Promise<Grant> => {
  for (;;) {
    const { data, codes } = await refresh(server, token);
    if (data !== null) return data.refresh;
    if (codes[0] !== 'SERVICE_UNAVAILABLE') throw new Error(`No session could be started: ${codes.join()}`);
  }
};

export const me = (server: TestServer, token: string) => server.gql('{ me { id } }', { token });
export const logoutMutation = 'mutation { logout { endedSessions } }';
