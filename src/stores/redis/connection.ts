import type { Cluster, Redis } from 'ioredis';
import type { RedisTarget } from '../../domain/settings/redis-target.ts';
import { type Signals, silentSignals } from '../../domain/signals.ts';
import type { ServerCheck } from '../backend.ts';
import { unavailable } from '../unavailable.ts';
import { minRetryMs, openClient } from './client.ts';
import { checkRedisServer } from './server-check.ts';

/**
 * An open connection to Redis, whatever kind of installation it is. A command given while it is down fails at once, and one
 * that is not answered in time fails then. Nothing is sent twice: the caller decides whether to repeat.
 */
export type RedisConnection = {
  /** For the stores of this folder only. */
  readonly client: Redis | Cluster;
  /** The connections to the known servers that hold data. */
  readonly masters: () => readonly Redis[];
  /** Whether a command given now would be sent. */
  readonly isUp: () => boolean;
  /**
   * Calls the listener with every connection to a server that holds data, before the first answer arrives over it; with
   * those that exist already, at once.
   */
  readonly onConnected: (listener: (connection: Redis) => void) => void;
  /** Call it before a command: all commands of one turn of the event loop leave in one write. */
  readonly corkWrites: () => void;
  /** Resolves if every master answers. */
  readonly ping: () => Promise<void>;
  /** Discards the commands under way and reconnects. */
  readonly reset: () => void;
  /** Call it when a command timed out: reconnects those connections that are silent or whose answers are out of step. */
  readonly verifyConnections: () => void;
  /** Returns what must and what should be changed on the servers. Waits at most 1.5 s for them. */
  readonly checkServer: () => Promise<ServerCheck>;
  /** Disconnects at once. Safe to call twice. */
  readonly close: () => void;
};

export type RedisOptions = {
  /** The longest that any one command takes. */
  readonly timeoutMs?: number;
  readonly signals?: Pick<Signals, 'backgroundError'>;
};

const defaultTimeoutMs = 450;

/** Begins to connect and does not wait for it. Errors of the connection go to `signals.backgroundError`. */
export const openRedis = (
  target: RedisTarget,
  { timeoutMs = defaultTimeoutMs, signals = silentSignals }: RedisOptions = {},
): RedisConnection => {
  const listeners = new Set<(connection: Redis) => void>();
  const notify = (connection: Redis): void => {
    for (const listener of listeners) listener(connection);
  };
  const opened = openClient(target, { timeoutMs, onMaster: notify });
  const lastError = followErrors(opened.client, signals);
  let isClosed = false;
  // ioredis 6.0 gives up for good if a failover is announced while it is connecting.
  opened.client.on('end', () => {
    if (!isClosed) setTimeout(() => isClosed || opened.client.connect().catch(() => {}), minRetryMs);
  });

  const isUp = (): boolean => opened.client.status === 'ready';
  return {
    ...opened,
    isUp,
    onConnected: (listener) => {
      listeners.add(listener);
      for (const connection of opened.masters()) if (connection.status === 'ready') listener(connection);
    },
    ping: async () => {
      const masters = isUp() ? opened.masters() : [];
      if (masters.length === 0) throw unavailable(lastError() ?? new Error('Redis is not connected.'));
      await Promise.all(masters.map((connection) => connection.ping())).catch(rethrowUnavailable);
    },
    corkWrites: corkWrites(opened.masters),
    verifyConnections: verifyConnections(opened.masters),
    checkServer: () => checkRedisServer({ target, isUp, masters: opened.masters, lastError }),
    close: () => {
      isClosed = true;
      opened.client.disconnect();
    },
  };
};

/** Reports every error of the connection. Returns what gives the most telling one since the connection was last up. */
const followErrors = (client: Redis | Cluster, signals: Pick<Signals, 'backgroundError'>): (() => Error | null) => {
  let last: Error | null = null;
  const onError = (error: Error): void => {
    if (last === null || !isVague(error)) last = error;
    signals.backgroundError(error);
  };
  client
    .on('error', onError)
    .on('node error', onError)
    .on('ready', () => {
      last = null;
    });
  return () => last;
};

/** What ioredis says of a connection that it has lost for a reason it reported before. */
const isVague = ({ message }: Error): boolean => /timed out|ETIMEDOUT|closed|writeable/i.test(message);

const rethrowUnavailable = (error: unknown): never => {
  throw unavailable(error);
};

/**
 * Sends a ping with a unique text over every connection and reconnects those that do not echo it. If an answer was lost on
 * the way, every later one is taken for the answer to the call before it, and none is in time; data keeps arriving, so
 * silence cannot reveal it. One check at a time.
 */
const verifyConnections = (connections: () => readonly Redis[]): (() => void) => {
  let checks = 0;
  let isChecking = false;
  const verify = async (connection: Redis): Promise<void> => {
    checks += 1;
    const text = `in step ${checks}`;
    const answer = await connection.ping(text).catch(() => null);
    if (answer !== text) connection.disconnect(true);
  };
  return () => {
    if (isChecking) return;
    isChecking = true;
    const ready = connections().filter(({ status }) => status === 'ready');
    void Promise.all(ready.map(verify)).finally(() => {
      isChecking = false;
    });
  };
};

/** The system call of a write costs as much as everything else about a command. */
const corkWrites = (connections: () => readonly Redis[]): (() => void) => {
  let isCorked = false;
  return () => {
    if (isCorked) return;
    isCorked = true;
    const streams = connections().flatMap(({ status, stream }) => (status === 'ready' ? [stream] : []));
    for (const stream of streams) stream.cork();
    setImmediate(() => {
      isCorked = false;
      for (const stream of streams) stream.uncork();
    });
  };
};
