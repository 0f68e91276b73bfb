import type { Redis } from 'ioredis';
import type { RevocationJournal } from '../ports/revocation-journal.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { unavailable } from '../unavailable.ts';
import type { RedisConnection } from './connection.ts';
import { readNumber } from './encoding.ts';

type PurgeDeps = {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly journal: RevocationJournal;
  /** Removes at most `limit` expired sessions of one account. */
  readonly prune: (key: string, limit: number) => Promise<readonly unknown[]>;
};

/**
 * Returns `SessionStore.purgeExpired`. Each call continues where the one before stopped, over about as many accounts as it
 * may remove sessions. It finds little: whole keys expire by themselves, and every write to an account removes its expired
 * sessions.
 */
export const createPurge = ({ redis, prefix, journal, prune }: PurgeDeps): SessionStore['purgeExpired'] => {
  const cursors = new WeakMap<Redis, string>();

  const purgeServer = async (server: Redis, limit: number): Promise<number> => {
    let cursor = cursors.get(server) ?? '0';
    let [removed, seen] = [0, 0];
    do {
      const [next, keys] = await server
        .scan(cursor, 'MATCH', `${prefix}:{*`, 'COUNT', limit)
        .catch((error: unknown) => {
          throw unavailable(error);
        });
      for (const key of keys) {
        if (removed < limit) removed += readNumber((await prune(key, limit - removed))[0]);
      }
      cursor = next;
      seen += limit;
    } while (cursor !== '0' && removed < limit && seen < 10 * limit);
    cursors.set(server, cursor);
    return removed;
  };

  return async (limit, now) => {
    await journal.purgeExpired(limit, now);
    let removed = 0;
    for (const server of redis.masters()) if (removed < limit) removed += await purgeServer(server, limit - removed);
    return removed;
  };
};
