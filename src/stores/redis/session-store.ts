import type { SessionId, UserId } from '@fieldgate/guard/core';
import type { Rotation, Session, SessionLifetimes } from '../../domain/session.ts';
import type { RecentAccounts } from '../account-cache.ts';
import type { RecalledRevocation, RevocationJournal } from '../ports/revocation-journal.ts';
import type { RefreshUse, SessionStore } from '../ports/session-store.ts';
import { writeClientInfo } from './client-info-codec.ts';
import type { RedisConnection } from './connection.ts';
import {
  accountKey,
  isStorable,
  noDigest,
  readBytes,
  readNonce,
  readSession,
  readSessionId,
  writeDigest,
  writeDigests,
  writeNonce,
  writeSessionId,
} from './encoding.ts';
import { purger } from './purge.ts';
import { feedKey, type RevocationFeed } from './revocation-feed.ts';
import { redisMemory } from './revocation-restore.ts';
import { redisScripts } from './scripts.ts';
import { standingCheck } from './session-check.ts';
import { question } from './verified-reads.ts';

export type RedisSessionStoreOptions = {
  readonly lifetimes: SessionLifetimes;
  readonly journal: RevocationJournal;
  /** Begins every key. Letters, digits, `-` and `_`. */
  readonly prefix?: string;
  /** If given, `check` answers from it at once where it can, else from Redis. */
  readonly feed?: RevocationFeed | undefined;
  /** If given, `check` brings accounts along that are known as they are now. */
  readonly recallAccount?: RecentAccounts['recall'];
  /** Told of trouble that no caller is told of. */
  readonly onError?: (error: unknown) => void;
};

export type RedisSessionStore = SessionStore & {
  /** Resolves if Redis answers and is believed. */
  readonly ping: () => Promise<void>;
};

/**
 * Sessions in Redis 6.2 or newer, single, behind Sentinel or in a cluster. Each method is one script on the one key of the
 * account, on the server's own time. Redis does not have the accounts, so it is given what it needs of them: with every
 * `start` and `rotate`, and by `accountChanged`.
 *
 * What must not be forgotten goes to the journal first and is acknowledged when both have it. An answer is believed only
 * from a server whose memory is known to be whole (see `redisMemory`).
 */
export function redisSessionStore(
  redis: RedisConnection,
  { lifetimes, journal, prefix = 'fg', feed, recallAccount, onError = () => {} }: RedisSessionStoreOptions,
): RedisSessionStore {
  if (!/^[\w-]+$/.test(prefix)) throw new TypeError('The prefix of Redis keys has letters, digits, - and _ only.');
  const { run } = redisScripts(redis);
  const memory = redisMemory({ redis, journal, tell: (revocation) => tell(revocation), onError });
  const { look, change } = question(memory);
  const key = (userId: UserId) => accountKey(prefix, userId);
  const { idleMs, absoluteMs, reuseWindowMs } = lifetimes;

  /** Always, and by every process: those that follow the feed rely on all others. After the change, before the answer. */
  const announce = async (userId: UserId): Promise<void> => {
    feed?.forget(userId);
    await change(() => run('announce', feedKey(prefix), [userId]));
  };

  /** Past the gate: it is what opens it. */
  const tell = async (revocation: RecalledRevocation): Promise<void> => {
    const { userId } = revocation;
    if (revocation.kind !== 'account') {
      const family = revocation.kind === 'tokens' ? writeDigest(revocation.family) : '';
      await run('end', key(userId), [writeSessionId(revocation.sessionId), family]);
      return;
    }
    const { version, disabled, role } = revocation.account ?? gone;
    await run('account-changed', key(userId), [version, disabled ? 1 : 0, role]);
  };

  return {
    async start({ id, userId, version, role, digests, client }) {
      if (!isStorable(userId, id)) throw new TypeError('Sessions in Redis have UUIDs, and so have their accounts.');
      const [createdAt, expiresAt] = await change(() =>
        run('start', key(userId), [
          writeSessionId(id),
          writeDigests(digests),
          version,
          role,
          idleMs,
          absoluteMs,
          writeClientInfo(client),
        ]),
      );
      if (createdAt === undefined) return 'superseded';
      return readSession({ userId, sessionId: id }, [createdAt, createdAt, expiresAt, writeClientInfo(client)]);
    },

    async rotate(use) {
      if (!isStorable(use.userId, use.sessionId)) return { kind: 'unknown' };
      const client = writeClientInfo(use.client);
      const answer = await change(() =>
        run('rotate', key(use.userId), [
          writeSessionId(use.sessionId),
          writeDigest(use.digests.family),
          writeDigest(use.digests.token),
          writeDigest(use.successor),
          writeNonce(use.successorNonce),
          idleMs,
          reuseWindowMs,
          client,
          use.version,
          use.role,
        ]),
      );
      const rotation = toRotation(use, answer, client);
      if (rotation.kind === 'reused') {
        // The theft is told whatever becomes of this: nobody was promised yet that the session is over.
        const journaled = journal.record([{ ...use, kind: 'session' }]);
        await Promise.all([journaled.catch(onError), announce(use.userId).catch(onError)]);
      }
      return rotation;
    },

    async recognize(userId, sessionId, { family, token }) {
      if (!isStorable(userId, sessionId)) return 'unknown';
      const digests = [writeDigest(family), writeDigest(token)];
      const [state] = await look(() =>
        run('recognize', key(userId), [writeSessionId(sessionId), ...digests, reuseWindowMs]),
      );
      return toTokenState(state);
    },

    async reissue(userId, sessionId, digests) {
      if (!isStorable(userId, sessionId)) return null;
      await journal.record([{ kind: 'tokens', userId, sessionId, family: digests.family }]);
      const args = [writeSessionId(sessionId), writeDigests(digests), idleMs];
      const times = await change(() => run('reissue', key(userId), args));
      return times.length === 0 ? null : readSession({ userId, sessionId }, times);
    },

    check: standingCheck({ redis, look, key, feed, recallAccount }),

    async list(userId) {
      if (!isStorable(userId)) return [];
      const rows = await look(() => run('list', key(userId), [0]));
      return rows.map((row) => toListed(userId, row)).sort(newestFirst);
    },

    async end(userId, sessionId) {
      if (!isStorable(userId, sessionId)) return false;
      await journal.record([{ kind: 'session', userId, sessionId }]);
      const [ended] = await change(() => run('end', key(userId), [writeSessionId(sessionId), '']));
      await announce(userId);
      return ended === 1;
    },

    async isFamily(userId, sessionId, family) {
      if (!isStorable(userId, sessionId)) return false;
      const digests = [writeDigest(family), noDigest];
      const [state] = await look(() =>
        run('recognize', key(userId), [writeSessionId(sessionId), ...digests, reuseWindowMs]),
      );
      return toTokenState(state) !== 'unknown';
    },

    async endAll(userId, except) {
      if (!isStorable(userId)) return 0;
      const record = (ids: readonly SessionId[]): Promise<void> =>
        journal.record(ids.map((sessionId) => ({ kind: 'session', userId, sessionId })));

      const live = (await look(() => run('list', key(userId), [1]))).map((row) => toListed(userId, row).id);
      const expected = live.filter((id) => id !== except);
      await record(expected);
      const kept = except !== undefined && isStorable(userId, except) ? writeSessionId(except) : '';
      const ended = (await change(() => run('end-all', key(userId), [kept]))).map((id) => readSessionId(readBytes(id)));
      await announce(userId);
      // Those that began in between.
      await record(ended.filter((id) => !expected.includes(id)));
      return ended.length;
    },

    async accountChanged({ id: userId, version, role, disabledAt }) {
      if (!isStorable(userId)) return;
      await journal.record([{ kind: 'account', userId }]);
      await change(() => run('account-changed', key(userId), [version, disabledAt === null ? 0 : 1, role]));
      await announce(userId);
    },

    ping: async () => {
      await redis.ping();
      await memory.opened();
    },

    purgeExpired: purger({
      redis,
      prefix,
      journal,
      prune: (account, limit) => change(() => run('prune', account, [limit])),
    }),
  };
}

/** An account that is gone never comes back, so no version is higher. */
const gone = { version: Number.MAX_SAFE_INTEGER, disabled: true, role: 'USER' } as const;

function toRotation(use: RefreshUse, [kind, ...rest]: readonly unknown[], client: Buffer): Rotation {
  const [createdAt, lastSeenAt, expiresAt, storedClient, nonce] = rest;
  const session = (from: unknown): Session => readSession(use, [createdAt, lastSeenAt, expiresAt, from]);
  const word = readBytes(kind).toString();
  switch (word) {
    case 'rotated':
      return { kind: word, session: session(client) };
    case 'replayed':
      return { kind: word, session: session(storedClient), successorNonce: readNonce(readBytes(nonce)) };
    case 'reused':
    case 'unknown':
      return { kind: word };
    default:
      throw new TypeError('Redis answered something else than a rotation.');
  }
}

function toTokenState(reply: unknown): 'current' | 'replayable' | 'spent' | 'unknown' {
  const word = readBytes(reply).toString();
  if (word === 'current' || word === 'replayable' || word === 'spent' || word === 'unknown') return word;
  throw new TypeError('Redis answered something else than the state of a token.');
}

function toListed(userId: Session['userId'], row: unknown): Session {
  if (!Array.isArray(row)) throw new TypeError('Redis answered something else than a session.');
  const [id, ...rest] = row;
  return readSession({ userId, sessionId: readSessionId(readBytes(id)) }, rest);
}

const newestFirst = (one: Session, other: Session): number =>
  other.createdAt - one.createdAt || (one.id < other.id ? 1 : -1);
