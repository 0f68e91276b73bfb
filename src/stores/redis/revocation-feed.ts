import { type SessionId, userId as toUserId, type UserId } from '@fieldgate/guard/core';
import { type Signals, silentSignals } from '../../domain/signals.ts';
import type { RedisConnection } from './connection.ts';
import { readBytes } from './encoding.ts';
import { redisScripts, type SessionState } from './scripts.ts';

type LiveState = NonNullable<SessionState>;

/**
 * A local cache of session checks that is at most 100 ms stale.
 *
 * A Redis stream names every account that changed, or whose sessions did, before the change is acknowledged. This process
 * polls it, and drops what it has cached of those accounts. An answer of Redis is cached only if nothing was announced
 * while it was under way. Entries count only while the stream is being read: each poll proves that nothing had happened
 * when it was sent. When polling is interrupted, for whatever reason, everything is dropped.
 */
export type RevocationFeed = {
  /** Returns what Redis last answered for a live session if that is certain to hold still, else null. */
  readonly getCached: (userId: UserId, sessionId: SessionId) => LiveState | null;
  /** Call it before Redis is asked, and the function it returns with the answer. */
  readonly expect: (userId: UserId, sessionId: SessionId) => (answer: LiveState) => void;
  /** Drops an account that this process changed itself: that need not wait for the stream. */
  readonly forget: (userId: UserId) => void;
  /** Whether the stream is being read. While it is not, every check asks Redis. */
  readonly isLive: () => boolean;
  readonly close: () => void;
};

export type RevocationFeedOptions = {
  /** Monotonic clock, milliseconds. */
  readonly monotonic: () => number;
  /** As for the session store. */
  readonly prefix?: string;
  /** How many accounts are cached at once. */
  readonly capacity?: number;
  readonly signals?: Pick<Signals, 'backgroundError'>;
};

/** The documented delay: what was acknowledged longer ago is never missed. */
const maxDelayMs = 100;
/**
 * Between two polls. They do not block on the server (`BLOCK`): an idle server notices only every 100 ms that a reader has
 * waited long enough, and here it counts to know in time that nothing happened.
 */
const intervalMs = 20;
/** After this long Redis is asked again, whatever the feed says. */
const maxAgeMs = 30_000;
const retryMs = 50;
const maxEntries = 1_000;

export const feedKey = (prefix: string): string => `${prefix}-feed`;

type Entry = { readonly answer: LiveState; readonly until: number };

export const revocationFeed = (
  redis: RedisConnection,
  { monotonic, prefix = 'fg', capacity = 50_000, signals = silentSignals }: RevocationFeedOptions,
): RevocationFeed => {
  const cache = createSessionCache(capacity);
  /** Counts everything that may invalidate an answer under way. */
  let announcements = 0;
  /** Everything that happened before this time is known here. */
  let currentAsOf = Number.NEGATIVE_INFINITY;
  let closed = false;
  const { lastPosition, readAfter } = feedReader(redis, feedKey(prefix));

  const isLive = (): boolean => monotonic() - currentAsOf <= maxDelayMs;

  const forget = (userId: UserId): void => {
    announcements += 1;
    cache.delete(userId);
  };

  const forgetAll = (): void => {
    announcements += 1;
    currentAsOf = Number.NEGATIVE_INFINITY;
    cache.clear();
  };

  const follow = async (): Promise<void> => {
    let position = await lastPosition();
    while (!closed) {
      const sentAt = monotonic();
      const read = await readAfter(position);
      for (const user of read.users) forget(user);
      position = read.position ?? position;
      if (read.users.length === maxEntries) continue;
      currentAsOf = sentAt;
      await new Promise((resume) => setTimeout(resume, intervalMs));
    }
  };

  const run = async (): Promise<void> => {
    while (!closed) {
      await follow().catch((error: unknown) => {
        if (!closed) signals.backgroundError(error);
      });
      forgetAll();
      await new Promise((resume) => setTimeout(resume, retryMs));
    }
  };
  void run();

  return {
    getCached: (userId, sessionId) => {
      const entry = cache.get(userId, sessionId);
      if (entry === undefined) return null;
      const now = monotonic();
      return now < entry.until && now - currentAsOf <= maxDelayMs ? entry.answer : null;
    },
    expect: (userId, sessionId) => {
      const [before, sentAt] = [announcements, monotonic()];
      return (answer) => {
        if (announcements !== before || !isLive()) return;
        cache.set(userId, sessionId, { answer, until: sentAt + Math.min(answer.leftMs, maxAgeMs) });
      };
    },
    forget,
    isLive,
    close: () => {
      closed = true;
      forgetAll();
    },
  };
};

/** By account, because announcements name accounts; beyond `capacity` the account that was written longest ago goes. */
const createSessionCache = (capacity: number) => {
  const accounts = new Map<UserId, Map<SessionId, Entry>>();
  return {
    get: (userId: UserId, sessionId: SessionId): Entry | undefined => accounts.get(userId)?.get(sessionId),
    set: (userId: UserId, sessionId: SessionId, entry: Entry): void => {
      const sessions = accounts.get(userId) ?? new Map<SessionId, Entry>();
      accounts.delete(userId);
      accounts.set(userId, sessions.set(sessionId, entry));
      const [oldest] = accounts.size > capacity ? accounts.keys() : [];
      if (oldest !== undefined) accounts.delete(oldest);
    },
    delete: (userId: UserId): void => void accounts.delete(userId),
    clear: (): void => accounts.clear(),
  };
};

type Read = { readonly position: string | null; readonly users: readonly UserId[] };

const feedReader = (redis: RedisConnection, key: string) => {
  const { run } = redisScripts(redis);
  return {
    /**
     * The end of the stream; what comes after it is new. Should the stream expire meanwhile, the next one continues with
     * higher numbers, because they are made of the time.
     */
    lastPosition: async (): Promise<string> => readBytes((await run('news', key, ['']))[0]).toString(),

    readAfter: async (position: string): Promise<Read> => {
      const texts = (await run('news', key, [position])).map((text) => readBytes(text).toString());
      return {
        position: texts.at(-2) ?? null,
        users: texts.filter((_, index) => index % 2 === 1).map(toUserId),
      };
    },
  };
};
