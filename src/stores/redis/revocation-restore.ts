import type { Redis } from 'ioredis';
import type { RecalledRevocation, RevocationJournal } from '../ports/revocation-journal.ts';
import { unavailable } from '../unavailable.ts';
import type { RedisConnection } from './connection.ts';
import { readInfo } from './server-check.ts';

/**
 * Whether what Redis remembers may be believed.
 *
 * A server that comes back from a restart, or another one that takes over, may lack the last things that were
 * acknowledged: a session that was ended would be alive again. Both are only met over a new connection. So a new connection
 * closes the gate until its server is known to be the same as before, or has been told again what the journal holds.
 */
export type RedisMemory = {
  /** Grows with every new connection. An answer counts only if this is what it was when the question was sent. */
  readonly generation: () => number;
  readonly isOpen: () => boolean;
  /** Resolves when the gate is open; rejects with SERVICE_UNAVAILABLE if that takes too long. */
  readonly opened: () => Promise<void>;
};

export type Tell = (revocation: RecalledRevocation) => Promise<void>;

type Options = {
  readonly redis: RedisConnection;
  readonly journal: RevocationJournal;
  /** Makes Redis remember one revocation. */
  readonly tell: Tell;
  readonly onError: (error: unknown) => void;
};

const patienceMs = 400;
const retryMs = 100;
/** How many identities are kept: of more servers than any cluster has, and no growth with the years. */
const mostKnown = 1_000;

export const redisMemory = ({ redis, journal, tell, onError }: Options): RedisMemory => {
  const known = new Set<string>();
  const unverified = new Set<Redis>();
  const waiting = new Set<() => void>();
  let generation = 0;
  let recalling: Promise<void> | null = null;

  const isOpen = (): boolean => generation > 0 && unverified.size === 0;

  const verify = async (connection: Redis): Promise<void> => {
    generation += 1;
    const mine = generation;
    unverified.add(connection);
    // A later connection of the same client takes over from here.
    const isCurrent = () => newest.get(connection) === mine;
    newest.set(connection, mine);
    while (isCurrent() && connection.status === 'ready') {
      try {
        await compare(connection);
        break;
      } catch (error) {
        onError(error);
        await new Promise((resume) => setTimeout(resume, retryMs));
      }
    }
    // Verified, or gone: over a connection that is gone nobody answers.
    if (isCurrent()) unverified.delete(connection);
    if (isOpen()) for (const resume of waiting) resume();
  };
  const newest = new WeakMap<Redis, number>();

  const compare = async (connection: Redis): Promise<void> => {
    const identity = await identityOf(connection);
    if (known.has(identity)) return;
    await recall();
    if (known.size >= mostKnown) known.clear();
    known.add(identity);
  };

  /** One at a time is enough for connections that ask while it has not begun; those that come later ask again. */
  const recall = async (): Promise<void> => {
    while (recalling !== null) await recalling.catch(() => {});
    recalling = recallAll();
    try {
      await recalling;
    } finally {
      recalling = null;
    }
  };

  const recallAll = async (): Promise<void> => {
    for await (const portion of journal.readEntries()) await Promise.all(portion.map(tell));
  };

  redis.onConnected((connection) => void verify(connection));

  return {
    generation: () => generation,
    isOpen,
    opened: async () => {
      if (isOpen()) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => reject(unavailable(new Error('Redis is not ready to be believed.'))), patienceMs);
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

/** The same as long as the process runs and its data has one history: another after a restart and after a promotion. */
const identityOf = async (connection: Redis): Promise<string> => {
  const info = await readInfo(connection);
  const [process, history] = [info?.get('run_id'), info?.get('master_replid')];
  if (!process || !history) throw new Error('Redis does not say which server it is.');
  return `${process} ${history}`;
};
