import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { User } from '../../src/domain/user.ts';
import { cacheAccounts } from '../../src/stores/account-cache.ts';
import type { SessionStore } from '../../src/stores/ports/session-store.ts';
import { openRedis } from '../../src/stores/redis/connection.ts';
import { redisSessionStore } from '../../src/stores/redis/session-store.ts';
import { createAccount } from '../support/accounts.ts';
import { type RedisServer, redisMissing, redisServer, targetOf } from '../support/redis-servers.ts';
import { lastingLifetimes, type RedisInstance, redisInstances } from '../support/redis-stores.ts';
import { type SignIn, signIn } from '../support/sign-ins.ts';
import { until } from '../support/time.ts';

const missing = await redisMissing();

describe.skipIf(missing !== null)('accounts in the cache, with sessions in Redis', () => {
  const instances = redisInstances();
  let server: RedisServer;
  /** Changes accounts and announces the changes to Redis. */
  let other: RedisInstance;
  let redis: ReturnType<typeof openRedis>;
  let now = 0;
  let reads = 0;
  let accounts: ReturnType<typeof cacheAccounts>;
  let sessions: SessionStore;
  let ada: User;
  let client: SignIn;

  beforeAll(async () => {
    server = await redisServer();
    other = await instances.open(server.url);
    redis = openRedis(targetOf(server.url));
    const counted: RedisInstance['accounts'] = {
      ...other.accounts,
      findById: (id) => {
        reads += 1;
        return other.accounts.findById(id);
      },
    };
    accounts = cacheAccounts(counted, () => now);
    sessions = redisSessionStore(redis, {
      lifetimes: lastingLifetimes,
      journal: other.journal,
      changes: other.changes,
      getCachedAccount: accounts.getCached,
    });
    await until(redis.isUp);
  });
  beforeEach(async () => {
    ada = await createAccount(other.accounts);
    client = await signIn(other.sessions, ada);
    reads = 0;
  });
  afterAll(async () => {
    redis.close();
    await instances.drop();
    await server.drop();
  });

  const check = () => sessions.check(client.user.id, client.id);

  test('a check returns the account once it was read, without reading it again', async () => {
    expect(await check()).toEqual({ kind: 'live', role: 'USER', accountVersion: 1 });
    await accounts.findById(ada.id);
    expect(await check()).toEqual({ kind: 'live', role: 'USER', accountVersion: 1, account: ada });
    expect(reads).toBe(1);
  });

  test('a check never returns an account from before an acknowledged change', async () => {
    await accounts.findById(ada.id);
    const changed = await other.accounts.change(ada.id, () => ({ role: 'MODERATOR' }));
    if (!changed) throw new Error('no account');
    await other.sessions.accountChanged(changed.after);
    expect(await check()).toEqual({ kind: 'live', role: 'MODERATOR', accountVersion: 2 });
    await accounts.findById(ada.id);
    expect(await check()).toEqual({ kind: 'live', role: 'MODERATOR', accountVersion: 2, account: changed.after });
  });

  test('a check does not return an account whose change Redis does not know yet', async () => {
    await other.accounts.change(ada.id, () => ({ role: 'MODERATOR' }));
    await accounts.findById(ada.id);
    expect(await check()).toEqual({ kind: 'live', role: 'USER', accountVersion: 1 });
  });

  test('a check returns a cached account for at most half a minute, in case an operator edits the row', async () => {
    await accounts.findById(ada.id);
    now += 30_000;
    expect(await check()).toEqual({ kind: 'live', role: 'USER', accountVersion: 1 });
  });
});
