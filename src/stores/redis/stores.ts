import type { Clock } from '../../domain/clock.ts';
import type { SessionLifetimes } from '../../domain/session.ts';
import type { RedisTarget } from '../../domain/settings/redis-target.ts';
import type { Signals } from '../../domain/signals.ts';
import { cacheAccounts } from '../account-cache.ts';
import type { Backend } from '../backend.ts';
import type { AccountChanges } from '../ports/account-changes.ts';
import type { AccountStore } from '../ports/account-store.ts';
import type { RevocationJournal } from '../ports/revocation-journal.ts';
import { openRedis } from './connection.ts';
import { redisLimitStore } from './limit-store.ts';
import { revocationFeed } from './revocation-feed.ts';
import { redisSessionStore } from './session-store.ts';

type RedisStoresDeps = {
  /** The accounts in SQL. */
  readonly accounts: AccountStore;
  readonly journal: RevocationJournal;
  readonly changes: AccountChanges;
  readonly lifetimes: SessionLifetimes;
  /** Monotonic clock, milliseconds; null: session checks are not cached. */
  readonly followFeed: (() => number) | null;
  readonly clock: Clock;
  readonly signals: Pick<Signals, 'backgroundError'>;
};

/** Opens the stores that Redis holds instead of SQL, and the accounts with the cache that session checks make possible. */
export const openRedisStores = (
  target: RedisTarget,
  { accounts, journal, changes, lifetimes, followFeed, clock, signals }: RedisStoresDeps,
) => {
  const connection = openRedis(target, { signals });
  const feed = followFeed ? revocationFeed(connection, { monotonic: followFeed, signals }) : undefined;
  const { getCached, ...cachedAccounts } = cacheAccounts(accounts, clock);
  const options = { lifetimes, journal, changes, feed, getCachedAccount: getCached, signals };
  const { ping, ...sessions } = redisSessionStore(connection, options);
  const backend: Backend = {
    name: 'redis',
    ping,
    checkServer: connection.checkServer,
    close: async () => {
      feed?.close();
      connection.close();
    },
  };
  return { ports: { accounts: cachedAccounts, sessions, rateCounters: redisLimitStore(connection) }, backend };
};
