import type { Redis } from 'ioredis';
import type { Signals } from '../../domain/signals.ts';
import type { JournalEntry, RevocationJournal } from '../ports/revocation-journal.ts';
import { unavailable } from '../unavailable.ts';
import type { RedisConnection } from './connection.ts';
import { readInfo } from './server-check.ts';

/**
 * Whether Redis knows every revocation.
 *
 * A server that comes back from a restart, and another one that takes over, may lack the last writes it acknowledged: a
 * session that was ended would be live again. Both are only met over a new connection. So after each new connection no
 * answer counts until its server is known to be the same as before, or the journal has been replayed into it.
 */
export type RevocationRestore = {
  /** Grows with every new connection. An answer counts only if it has not changed since the command was sent. */
  readonly generation: () => number;
  readonly isRestored: () => boolean;
  /** Resolves when the revocations are restored. Rejects with SERVICE_UNAVAILABLE if that takes too long. */
  readonly untilRestored: () => Promise<void>;
};

type RestoreDeps = {
  readonly redis: RedisConnection;
  readonly journal: RevocationJournal;
  /** Writes one revocation to Redis. */
  readonly replay: (entry: JournalEntry) => Promise<void>;
  readonly signals: Pick<Signals, 'backgroundError'>;
};

const timeoutMs = 400;
const retryMs = 100;
/** How many server identities are kept: more than any cluster has servers, so that years of failovers cost no memory. */
const maxKnown = 1_000;

export const createRevocationRestore = ({ redis, journal, replay, signals }: RestoreDeps): RevocationRestore => {
  const known = new Set<string>();
  const unverified = new Set<Redis>();
  const latest = new WeakMap<Redis, number>();
  const waiting = new Set<() => void>();
  let generation = 0;
  let replaying: Promise<void> | null = null;

  const isRestored = (): boolean => generation > 0 && unverified.size === 0;

  const verify = async (connection: Redis): Promise<void> => {
    generation += 1;
    const own = generation;
    unverified.add(connection);
    latest.set(connection, own);
    // False once the same client has connected again: that call takes over.
    const isLatest = () => latest.get(connection) === own;
    while (isLatest() && connection.status === 'ready') {
      try {
        await restore(connection);
        break;
      } catch (error) {
        signals.backgroundError(error);
        await new Promise((resume) => setTimeout(resume, retryMs));
      }
    }
    // Restored, or closed: a closed connection gives no answers.
    if (isLatest()) unverified.delete(connection);
    if (isRestored()) for (const resume of waiting) resume();
  };

  const restore = async (connection: Redis): Promise<void> => {
    const identity = await readIdentity(connection);
    if (known.has(identity)) return;
    await replayJournal();
    if (known.size >= maxKnown) known.clear();
    known.add(identity);
  };

  /** One at a time. A connection made while one is under way waits and then replays again. */
  const replayJournal = async (): Promise<void> => {
    while (replaying !== null) await replaying.catch(() => {});
    replaying = replayEntries();
    try {
      await replaying;
    } finally {
      replaying = null;
    }
  };

  const replayEntries = async (): Promise<void> => {
    for await (const entries of journal.readEntries()) await Promise.all(entries.map(replay));
  };

  redis.onConnected((connection) => void verify(connection));

  return {
    generation: () => generation,
    isRestored,
    untilRestored: async () => {
      if (isRestored()) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const notRestored = new Error('Redis revocations are not restored yet.');
      const timer = setTimeout(() => reject(unavailable(notRestored)), timeoutMs);
      waiting.add(resolve);
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(resolve);
      }
    },
  };
};

/** Changes when the process restarts (`run_id`) and when another server is promoted (`master_replid`). */
const readIdentity = async (connection: Redis): Promise<string> => {
  const info = await readInfo(connection);
  const [process, history] = [info?.get('run_id'), info?.get('master_replid')];
  if (!process || !history) throw new Error('INFO of Redis has no run_id or master_replid.');
  return `${process} ${history}`;
};
