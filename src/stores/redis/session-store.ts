import { type SessionId, sessionId, type UserId } from '@fieldgate/guard/core';
import type { SessionLifetimes } from '../../domain/session.ts';
import { type Signals, silentSignals } from '../../domain/signals.ts';
import type { CachedAccounts } from '../account-cache.ts';
import type { AccountChanges } from '../ports/account-changes.ts';
import type { JournalEntry, RevocationJournal } from '../ports/revocation-journal.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { createCatchUp } from './account-catch-up.ts';
import { deletedAccount, keptRevocation, writeMark } from './account-mark.ts';
import { createAuthenticationAge } from './authentication-age.ts';
import { writeClientInfo } from './client-info-codec.ts';
import type { RedisConnection } from './connection.ts';
import {
  accountKey,
  isStorable,
  noDigest,
  readBytes,
  readSession,
  readSessionId,
  writeDigest,
  writeDigests,
  writeNonce,
  writeSessionId,
} from './encoding.ts';
import { createPurge } from './purge.ts';
import { feedKey, type RevocationFeed } from './revocation-feed.ts';
import { createRevocationRestore } from './revocation-restore.ts';
import { redisScripts, type Scripts } from './scripts.ts';
import { createSessionCheck } from './session-check.ts';
import { toListed, toRotation, toTokenState } from './session-replies.ts';
import { createVerifiedReads } from './verified-reads.ts';

export type RedisSessionStoreOptions = {
  readonly lifetimes: SessionLifetimes;
  readonly journal: RevocationJournal;
  readonly changes: AccountChanges;
  /** In how many calls of `catchUp`, one after the other, a change is pending before it is taken over. */
  readonly catchUpAfterCalls?: number;
  /** Begins every key. Letters, digits, `-` and `_`. */
  readonly prefix?: string;
  /** If given, `check` answers from it at once where it can, else from Redis. */
  readonly feed?: RevocationFeed | undefined;
  /** If given, `check` returns the account too where it is cached in its current version. */
  readonly getCachedAccount?: CachedAccounts['getCached'];
  readonly signals?: Pick<Signals, 'backgroundError'>;
};

export type RedisSessionStore = SessionStore & {
  /** Resolves if Redis answers and every revocation is restored. */
  readonly ping: () => Promise<void>;
};

/** Repeats a revocation that Redis may have lost. Does not wait for the restore: it is part of it. */
const replayEntry = async (run: Scripts['run'], key: string, entry: JournalEntry): Promise<void> => {
  if (entry.kind !== 'account') {
    const family = entry.kind === 'tokens' ? writeDigest(entry.family) : '';
    await run('end', key, [writeSessionId(entry.sessionId), family]);
    return;
  }
  await run('account-changed', key, writeMark(entry.account ?? deletedAccount));
};

/**
 * Sessions in Redis 6.2 or newer: single, behind Sentinel or in a cluster. Each method is one script on the one key of the
 * account, by the server's clock. Redis does not hold the accounts, so every `start`, `rotate` and `accountChanged` passes
 * what it needs of them.
 *
 * A revocation is written to the journal first and acknowledged when both have it. An answer counts only if its server
 * knows every revocation (see `createRevocationRestore`).
 */
export function redisSessionStore(redis: RedisConnection, options: RedisSessionStoreOptions): RedisSessionStore {
  const { journal, changes, catchUpAfterCalls = 3, prefix = 'fg', signals = silentSignals, feed } = options;
  if (!/^[\w-]+$/.test(prefix)) throw new TypeError('The prefix of Redis keys has letters, digits, - and _ only.');
  const { run } = redisScripts(redis);
  const key = (userId: UserId) => accountKey(prefix, userId);
  const replay = (entry: JournalEntry) => replayEntry(run, key(entry.userId), entry);
  const restore = createRevocationRestore({ redis, journal, replay, signals });
  const { read, write } = createVerifiedReads(restore);
  const { idleMs, absoluteMs, reuseWindowMs } = options.lifetimes;

  /** After the change and before the answer, in every process: a process that follows the feed relies on all others. */
  const announce = async (userId: UserId): Promise<void> => {
    feed?.forget(userId);
    await write(() => run('announce', feedKey(prefix), [userId]));
  };

  const prune = (account: string, limit: number) => write(() => run('prune', account, [limit]));

  const recognize = async (userId: UserId, sessionId: SessionId, digests: readonly Buffer[]) => {
    if (!isStorable(userId, sessionId)) return 'unknown';
    const args = [writeSessionId(sessionId), ...digests, reuseWindowMs];
    const [state] = await read(() => run('recognize', key(userId), args));
    return toTokenState(state);
  };

  return {
    async start({ id, userId, version, role, sessionsFrom, digests, client }) {
      if (!isStorable(userId, id)) throw new TypeError('Sessions in Redis have UUIDs, and so have their accounts.');
      const [createdAt, expiresAt] = await write(() =>
        run('start', key(userId), [
          writeSessionId(id),
          writeDigests(digests),
          version,
          role,
          idleMs,
          absoluteMs,
          writeClientInfo(client),
          sessionsFrom,
        ]),
      );
      if (createdAt === undefined) return 'superseded';
      const times = [createdAt, createdAt, expiresAt, createdAt];
      return readSession({ userId, sessionId: id }, [...times, writeClientInfo(client)]);
    },

    async rotate(use) {
      if (!isStorable(use.userId, use.sessionId)) return { kind: 'unknown' };
      const client = writeClientInfo(use.client);
      const answer = await write(() =>
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
          use.sessionsFrom,
        ]),
      );
      const rotation = toRotation(use, answer, client);
      if (rotation.kind === 'reused') {
        // The answer is `reused` even if this fails: no caller was promised yet that the session has ended.
        const journaled = journal.record([{ ...use, kind: 'session' }]);
        await Promise.all([journaled, announce(use.userId)].map((work) => work.catch(signals.backgroundError)));
      }
      return rotation;
    },

    recognize: (userId, sessionId, { family, token }) =>
      recognize(userId, sessionId, [writeDigest(family), writeDigest(token)]),

    authenticationAge: createAuthenticationAge({ run, read, key }),

    check: createSessionCheck({ redis, read, key, feed, getCachedAccount: options.getCachedAccount }),

    async list(userId, { first, after }) {
      if (!isStorable(userId)) return { items: [], hasNextPage: false };
      const from = after ? [after.at, writeSessionId(sessionId(after.id))] : ['', ''];
      const rows = await read(() => run('list', key(userId), [0, first + 1, ...from]));
      const items = rows.slice(0, first).map((row) => toListed(userId, row));
      return { items, hasNextPage: rows.length > first };
    },

    async end(userId, sessionId) {
      if (!isStorable(userId, sessionId)) return false;
      await journal.record([{ kind: 'session', userId, sessionId }]);
      const [ended] = await write(() => run('end', key(userId), [writeSessionId(sessionId), '']));
      await announce(userId);
      return ended === 1;
    },

    isFamily: async (userId, sessionId, family) =>
      (await recognize(userId, sessionId, [writeDigest(family), noDigest])) !== 'unknown',

    async endAll(userId, except) {
      if (!isStorable(userId)) return 0;
      const record = (ids: readonly SessionId[]): Promise<void> =>
        journal.record(ids.map((sessionId) => ({ kind: 'session', userId, sessionId })));

      const live = (await read(() => run('list', key(userId), [1, '', '', '']))).map((row) => toListed(userId, row).id);
      const expected = live.filter((id) => id !== except);
      await record(expected);
      const kept = except !== undefined && isStorable(userId, except) ? writeSessionId(except) : '';
      const ended = (await write(() => run('end-all', key(userId), [kept]))).map((id) => readSessionId(readBytes(id)));
      await announce(userId);
      // Those that started in between.
      await record(ended.filter((id) => !expected.includes(id)));
      return ended.length;
    },

    async accountChanged({ id: userId, version, role, disabledAt, sessionsFrom }, kept) {
      if (!isStorable(userId, kept?.id)) return null;
      await journal.record([{ kind: 'account', userId }, ...keptRevocation(userId, kept)]);
      const mark = { version, role, disabled: disabledAt !== null, sessionsFrom };
      const keep = kept ? [writeSessionId(kept.id), writeDigests(kept.digests), idleMs] : [];
      const times = await write(() => run('account-changed', key(userId), [...writeMark(mark), ...keep]));
      await announce(userId);
      // What cannot be settled is only taken over once more.
      await changes.settle([{ userId, version, account: null }]).catch(signals.backgroundError);
      return kept === undefined || times.length === 0 ? null : readSession({ userId, sessionId: kept.id }, times);
    },

    catchUp: createCatchUp({
      changes,
      afterCalls: catchUpAfterCalls,
      takeOver: async (userId, account) => {
        if (!isStorable(userId)) return;
        await journal.record([{ kind: 'account', userId }]);
        await write(() => run('account-changed', key(userId), writeMark(account ?? deletedAccount)));
        await announce(userId);
      },
    }),

    ping: async () => {
      await redis.ping();
      await restore.untilRestored();
    },

    purgeExpired: createPurge({ redis, prefix, journal, prune }),
  };
}
