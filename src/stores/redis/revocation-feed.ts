import { type SessionId, userId as toUserId, type UserId } from '@fieldgate/guard/core';
import type { RedisConnection } from './connection.ts';
import { readBytes } from './encoding.ts';
import { redisScripts, type SessionState } from './scripts.ts';

type Live = NonNullable<SessionState>;

/**
 * What Redis said of live sessions, for as long as it is sure to be at most 100 ms old news.
 *
 * A stream in Redis tells of every account of which something changed, before the change is acknowledged. This process reads it
 * all the time; what it knew of that account is forgotten, and Redis is asked again. An answer of Redis is kept only if nothing
 * was told while it was on its way. What is kept is believed only while the stream is heard: each reading says, if nothing
 * else, that nothing had happened when it was asked for. Interrupted for whatever reason, everything is forgotten.
 */
export type RevocationFeed = {
  /** What Redis said of a session, if that still holds for sure; without asking anybody. */
  readonly recall: (userId: UserId, sessionId: SessionId) => Live | null;
  /** To be called before Redis is asked; what it gives is called with the answer. */
  readonly expect: (userId: UserId, sessionId: SessionId) => (answer: Live) => void;
  /** What this process did itself it need not be told. */
  readonly forget: (userId: UserId) => void;
  /** Whether it is heard. While it is not, everything is asked of Redis. */
  readonly isLive: () => boolean;
  readonly close: () => void;
};

export type RevocationFeedOptions = {
  /** A clock that is never set: milliseconds from some moment on. */
  readonly monotonic: () => number;
  /** As for the session store. */
  readonly prefix?: string;
  /** How many accounts are remembered at once. */
  readonly capacity?: number;
  readonly onError?: (error: unknown) => void;
};

/** The stated delay: nothing that was acknowledged longer ago is overlooked. */
const largestDelayMs = 100;
/**
 * Between two readings. They do not wait at the server for news (`BLOCK`): one that has nothing else to do notices only every
 * 100 ms that a reader has waited long enough, and to have heard nothing for sure is what counts here.
 */
const intervalMs = 20;
/** Nothing is believed longer without asking again, whatever the feed says. */
const maxAgeMs = 30_000;
const pauseMs = 50;
const mostAtOnce = 1_000;

export const feedKey = (prefix: string): string => `${prefix}-feed`;

type Known = { readonly answer: Live; readonly until: number };

export const revocationFeed = (
  redis: RedisConnection,
  { monotonic, prefix = 'fg', capacity = 50_000, onError = () => {} }: RevocationFeedOptions,
): RevocationFeed => {
  const known = new Map<UserId, Map<SessionId, Known>>();
  /** One for each time something was heard that may concern an answer under way. */
  let news = 0;
  /** Everything that had happened by then is known. */
  let currentAsOf = Number.NEGATIVE_INFINITY;
  let closed = false;
  const { newest, after } = feedReader(redis, feedKey(prefix));

  const isLive = (): boolean => monotonic() - currentAsOf <= largestDelayMs;

  const forget = (userId: UserId): void => {
    news += 1;
    known.delete(userId);
  };

  const forgetAll = (): void => {
    news += 1;
    currentAsOf = Number.NEGATIVE_INFINITY;
    known.clear();
  };

  const follow = async (): Promise<void> => {
    let position = await newest();
    while (!closed) {
      const askedAt = monotonic();
      const read = await after(position);
      for (const user of read.users) forget(user);
      position = read.position ?? position;
      if (read.users.length === mostAtOnce) continue;
      currentAsOf = askedAt;
      await new Promise((resume) => setTimeout(resume, intervalMs));
    }
  };

  const run = async (): Promise<void> => {
    while (!closed) {
      await follow().catch((error: unknown) => {
        if (!closed) onError(error);
      });
      forgetAll();
      await new Promise((resume) => setTimeout(resume, pauseMs));
    }
  };
  void run();

  const remember = (userId: UserId, sessionId: SessionId, entry: Known): void => {
    const sessions = known.get(userId) ?? new Map<SessionId, Known>();
    known.delete(userId);
    known.set(userId, sessions.set(sessionId, entry));
    const [oldest] = known.keys();
    if (known.size > capacity && oldest !== undefined) known.delete(oldest);
  };

  return {
    recall: (userId, sessionId) => {
      const entry = known.get(userId)?.get(sessionId);
      if (entry === undefined) return null;
      const now = monotonic();
      return now < entry.until && now - currentAsOf <= largestDelayMs ? entry.answer : null;
    },
    expect: (userId, sessionId) => {
      const [before, askedAt] = [news, monotonic()];
      return (answer) => {
        if (news !== before || !isLive()) return;
        remember(userId, sessionId, { answer, until: askedAt + Math.min(answer.leftMs, maxAgeMs) });
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

type Read = { readonly position: string | null; readonly users: readonly UserId[] };

const feedReader = (redis: RedisConnection, key: string) => {
  const { run } = redisScripts(redis);
  return {
    /**
     * Where the stream ends now; news are what comes after. Should the stream expire meanwhile, the next one goes on with
     * higher numbers, for they are made of the time.
     */
    newest: async (): Promise<string> => readBytes((await run('news', key, ['']))[0]).toString(),

    after: async (place: string): Promise<Read> => {
      const texts = (await run('news', key, [place])).map((text) => readBytes(text).toString());
      return {
        position: texts.at(-2) ?? null,
        users: texts.filter((_, index) => index % 2 === 1).map(toUserId),
      };
    },
  };
};
