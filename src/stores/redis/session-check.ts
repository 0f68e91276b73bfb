import type { SessionId, UserId } from '@fieldgate/guard/core';
import type { SessionStatus } from '../../domain/session.ts';
import type { CachedAccounts } from '../account-cache.ts';
import { batchPerTick } from '../batch.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { RedisConnection } from './connection.ts';
import { isStorable, writeSessionIds } from './encoding.ts';
import type { RevocationFeed } from './revocation-feed.ts';
import { redisScripts, type SessionState } from './scripts.ts';
import type { VerifiedReads } from './verified-reads.ts';

type SessionCheckDeps = {
  readonly redis: RedisConnection;
  readonly read: VerifiedReads['read'];
  readonly key: (userId: UserId) => string;
  readonly feed: RevocationFeed | undefined;
  readonly getCachedAccount: CachedAccounts['getCached'] | undefined;
};

type SessionName = { readonly userId: UserId; readonly sessionId: SessionId };

/** Each session keeps the server busy for a few µs. */
const maxBatch = 100;

/**
 * Returns `SessionStore.check`: answers at once from the feed where it can, else asks Redis. A command costs a process some
 * 20 µs whatever it asks, so the checks of one turn of the event loop share one command. Not in a cluster, where accounts are
 * on different servers.
 */
export const createSessionCheck = ({
  redis,
  read,
  key,
  feed,
  getCachedAccount,
}: SessionCheckDeps): SessionStore['check'] => {
  const { check } = redisScripts(redis);
  const readAll = (names: readonly SessionName[]): Promise<readonly SessionState[]> =>
    read(() => {
      const keys = names.map(({ userId }) => key(userId));
      return check(keys, writeSessionIds(names.map(({ sessionId }) => sessionId)));
    });
  const readOne = async (name: SessionName): Promise<SessionState> => (await readAll([name]))[0] ?? null;
  const readState = redis.client.isCluster ? readOne : batchPerTick(readAll, maxBatch);

  const checkInRedis = async (userId: UserId, sessionId: SessionId): Promise<SessionStatus> => {
    if (!isStorable(userId, sessionId)) return { kind: 'ended' };
    const remember = feed?.expect(userId, sessionId);
    const state = await readState({ userId, sessionId });
    if (state === null) return { kind: 'ended' };
    remember?.(state);
    return toStatus(userId, state);
  };

  const toStatus = (userId: UserId, { role, version }: NonNullable<SessionState>): SessionStatus => ({
    kind: 'live',
    role,
    accountVersion: version,
    account: getCachedAccount?.(userId, version),
  });

  return (userId, sessionId) => {
    const cached = feed?.getCached(userId, sessionId);
    return cached ? toStatus(userId, cached) : checkInRedis(userId, sessionId);
  };
};
