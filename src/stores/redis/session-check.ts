import type { SessionId, UserId } from '@fieldgate/guard/core';
import type { SessionStatus } from '../../domain/session.ts';
import type { RecentAccounts } from '../account-cache.ts';
import { batchPerTick } from '../batch.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { RedisConnection } from './connection.ts';
import { isStorable, writeSessionIds } from './encoding.ts';
import type { RevocationFeed } from './revocation-feed.ts';
import { redisScripts, type SessionState } from './scripts.ts';
import type { Question } from './verified-reads.ts';

type Options = {
  readonly redis: RedisConnection;
  readonly look: Question['look'];
  readonly key: (userId: UserId) => string;
  readonly feed: RevocationFeed | undefined;
  readonly recallAccount: RecentAccounts['recall'] | undefined;
};

type Name = { readonly userId: UserId; readonly sessionId: SessionId };

/** A server is busy for a few µs with each. */
const mostAtOnce = 100;

/**
 * `SessionStore.check`: from the feed at once where that can tell, else from Redis. A command costs a process some 20 µs
 * whatever is in it, so the checks of one turn of the event loop share one. Not in a cluster, where each account is on a
 * server of its own.
 */
export const standingCheck = ({ redis, look, key, feed, recallAccount }: Options): SessionStore['check'] => {
  const { check } = redisScripts(redis);
  const askAll = (names: readonly Name[]): Promise<readonly SessionState[]> =>
    look(() => {
      const keys = names.map(({ userId }) => key(userId));
      return check(keys, writeSessionIds(names.map(({ sessionId }) => sessionId)));
    });
  const askAlone = async (name: Name): Promise<SessionState> => (await askAll([name]))[0] ?? null;
  const ask = redis.client.isCluster ? askAlone : batchPerTick(askAll, mostAtOnce);

  const askStanding = async (userId: UserId, sessionId: SessionId): Promise<SessionStatus> => {
    if (!isStorable(userId, sessionId)) return { kind: 'ended' };
    const remember = feed?.expect(userId, sessionId);
    const state = await ask({ userId, sessionId });
    if (state === null) return { kind: 'ended' };
    remember?.(state);
    return toStanding(userId, state);
  };

  const toStanding = (userId: UserId, { role, version }: NonNullable<SessionState>): SessionStatus => ({
    kind: 'live',
    role,
    account: recallAccount?.(userId, version),
  });

  return (userId, sessionId) => {
    const known = feed?.recall(userId, sessionId);
    return known ? toStanding(userId, known) : askStanding(userId, sessionId);
  };
};
