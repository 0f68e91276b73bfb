import type { Redis } from 'ioredis';
import type { RevocationJournal } from '../ports/revocation-journal.ts';
import { unavailable } from '../unavailable.ts';
import type { RedisConnection } from './connection.ts';
import { readNumber } from './encoding.ts';

type Options = {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly journal: RevocationJournal;
  readonly prune: (key: string, limit: number) => Promise<readonly unknown[]>;
};

/**
 * `SessionStore.purgeExpired`: walks on from where it stopped, over about as many accounts as it may remove sessions. There is
 * little to find: whole keys expire by themselves, and whatever writes to an account removes what has expired in it.
 */
export const purger = ({ redis, prefix, journal, prune }: Options): ((limit: number) => Promise<number>) => {
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

  return async (limit) => {
    await journal.purgeExpired(limit);
    let removed = 0;
    for (const server of redis.masters()) if (removed < limit) removed += await purgeServer(server, limit - removed);
    return removed;
  };
};
