import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisNode, RedisTarget } from '../../domain/settings/redis-target.ts';
import { unavailable } from '../unavailable.ts';
import { checkRedisServer, type ServerCheck } from './server-check.ts';

/**
 * An open connection to Redis, whatever stands behind it. What is asked while it is down fails at once, what is not
 * answered in time fails then, and nothing is ever sent a second time: who asked decides about that.
 */
export type RedisConnection = {
  /** For the stores of this folder only. */
  readonly client: Redis | Cluster;
  /** The connections to the servers that hold the data, as far as they are known. */
  readonly masters: () => readonly Redis[];
  /** Whether a command given now would be sent. */
  readonly isUp: () => boolean;
  /**
   * Tells of every connection that is made to a server that holds data, before the first answer that comes over it.
   * Listeners that come later are told of those that are there.
   */
  readonly onConnected: (listener: (connection: Redis) => void) => void;
  /** To be called before a command: what is sent in this turn of the event loop leaves in one write. */
  readonly sendTogether: () => void;
  /** Resolves if every server answers. */
  readonly ping: () => Promise<void>;
  /** Throws away what is under way and connects anew. */
  readonly reset: () => void;
  /** To be called when an answer did not come: the connections that are out of step or silent are made anew. */
  readonly suspect: () => void;
  /** What must be and what should be different on the server. Waits at most 1.5 s for it. */
  readonly checkServer: () => Promise<ServerCheck>;
  /** Gives everything back at once. Safe to call twice. */
  readonly close: () => void;
};

export type RedisLimits = {
  /** The longest any one command takes. */
  readonly timeoutMs?: number;
  /** Told of what goes wrong on a connection; whoever is waiting on it is told too. */
  readonly onError?: (error: Error) => void;
};

const shortestPauseMs = 50;
const longestPauseMs = 1_000;

/** Begins to connect and does not wait for it. */
export const openRedis = (target: RedisTarget, limits: RedisLimits = {}): RedisConnection => {
  const listeners = new Set<(connection: Redis) => void>();
  const tell = (connection: Redis): void => {
    for (const listener of listeners) listener(connection);
  };
  const opened = target.kind === 'cluster' ? openCluster(target, limits, tell) : openServer(target, limits, tell);
  let lastError: Error | null = null;
  const remember = (error: Error): void => {
    lastError = error;
    limits.onError?.(error);
  };
  opened.client.on('error', remember).on('node error', remember);
  let isClosed = false;
  // A client that is told of a failover while it is connecting gives up for good (ioredis 6.0); this one never does.
  opened.client.on('end', () => {
    if (!isClosed) setTimeout(() => isClosed || opened.client.connect().catch(() => {}), shortestPauseMs);
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
      if (masters.length === 0) throw unavailable(lastError ?? new Error('Redis is not connected.'));
      await Promise.all(masters.map((connection) => connection.ping())).catch((error: unknown) => {
        throw unavailable(error);
      });
    },
    sendTogether: jointWrites(opened.masters),
    suspect: stepCheck(opened.masters),
    checkServer: () => checkRedisServer({ target, isUp, masters: opened.masters, lastError: () => lastError }),
    close: () => {
      isClosed = true;
      opened.client.disconnect();
    },
  };
};

/**
 * Asks every connection for a word of its own. If an answer was lost on the way, every later one comes to the call before its
 * own, and none of them in time; data keeps coming, so silence does not tell. One check at a time.
 */
const stepCheck = (connections: () => readonly Redis[]): (() => void) => {
  let checks = 0;
  let isChecking = false;
  const check = async (connection: Redis): Promise<void> => {
    checks += 1;
    const word = `in step ${checks}`;
    const answer = await connection.ping(word).catch(() => null);
    if (answer !== word) connection.disconnect(true);
  };
  return () => {
    if (isChecking) return;
    isChecking = true;
    const ready = connections().filter(({ status }) => status === 'ready');
    void Promise.all(ready.map(check)).finally(() => {
      isChecking = false;
    });
  };
};

/** A write of its own costs a command as much as everything else about it. */
const jointWrites = (connections: () => readonly Redis[]): (() => void) => {
  let isHolding = false;
  return () => {
    if (isHolding) return;
    isHolding = true;
    const streams = connections().flatMap(({ status, stream }) => (status === 'ready' ? [stream] : []));
    for (const stream of streams) stream.cork();
    setImmediate(() => {
      isHolding = false;
      for (const stream of streams) stream.uncork();
    });
  };
};

type Opened = Pick<RedisConnection, 'client' | 'masters' | 'reset'>;

const openServer = (
  target: Exclude<RedisTarget, { kind: 'cluster' }>,
  limits: RedisLimits,
  tell: (connection: Redis) => void,
): Opened => {
  const where =
    target.kind === 'single'
      ? target.node
      : {
          sentinels: [...target.sentinels],
          name: target.name,
          role: 'master' as const,
          // Told by a sentinel of a new master, it leaves the old one, although that may still answer.
          failoverDetector: true,
          sentinelRetryStrategy: pause,
          sentinelReconnectStrategy: () => longestPauseMs,
          sentinelCommandTimeout: limits.timeoutMs ?? defaultTimeoutMs,
          ...(target.sentinelPassword && { sentinelPassword: target.sentinelPassword.reveal() }),
          ...(target.tls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
        };
  const client = new Redis({ ...commonOptions(target, limits), ...where, db: target.db, retryStrategy: pause });
  client.on('ready', () => tell(client));
  return { client, masters: () => [client], reset: () => client.disconnect(true) };
};

const openCluster = (
  target: Extract<RedisTarget, { kind: 'cluster' }>,
  limits: RedisLimits,
  tell: (connection: Redis) => void,
): Opened => {
  const timeoutMs = limits.timeoutMs ?? defaultTimeoutMs;
  const client = new Cluster(
    target.nodes.map(({ host, port }: RedisNode) => ({ host, port })),
    {
      redisOptions: commonOptions(target, limits),
      enableOfflineQueue: false,
      clusterRetryStrategy: pause,
      slotsRefreshTimeout: timeoutMs,
      slotsRefreshInterval: longestPauseMs,
      // After a closed connection nobody knows whether the command ran: it must not be sent again. After these other
      // answers (MOVED, ASK, TRYAGAIN, CLUSTERDOWN) it is known that it did not.
      retryDelayOnFailover: 0,
      maxRedirections: 5,
      // Certificates are for names; by default ioredis asks for addresses.
      ...(target.tls && { dnsLookup: (name: string, done: (error: null, host: string) => void) => done(null, name) }),
    },
  );
  const watched = new WeakSet<Redis>();
  const watch = (node: Redis): void => {
    if (watched.has(node)) return;
    watched.add(node);
    node.on('ready', () => {
      if (node.options.readOnly !== true) tell(node);
    });
  };
  client.on('+node', watch);
  client.on('-node', () => client.refreshSlotsCache());
  const arrange = (): void => {
    // Not before: the client is still asking one of the nodes whether the cluster works, over the connection it makes then.
    if (client.status !== 'ready') return;
    // Connected before the first command needs it, so that none has to wait or fail for it.
    for (const node of client.nodes('master')) {
      watch(node);
      if (node.status === 'wait') node.connect().catch(() => {});
    }
    // A replica is never asked, so it needs no connection; and if it is made a master, the connection that is made then
    // tells that its memory is another one.
    for (const node of client.nodes('slave')) if (node.status === 'ready') node.disconnect();
  };
  client.on('ready', arrange).on('refresh', arrange);
  return {
    client,
    masters: () => client.nodes('master'),
    reset: () => {
      for (const node of client.nodes()) node.disconnect();
    },
  };
};

const defaultTimeoutMs = 450;

const commonOptions = (target: RedisTarget, { timeoutMs = defaultTimeoutMs }: RedisLimits) =>
  ({
    protocol: 2,
    connectionName: 'fieldgate',
    ...(target.username !== null && { username: target.username }),
    ...(target.password !== null && { password: target.password.reveal() }),
    ...(target.tls && { tls: {} }),
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    // A connection that has gone silent is cut, so that nothing piles up on it that would run when it speaks again.
    // Not as soon as a command is given up: a process that was held up itself finds the answers waiting for it.
    socketTimeout: 2 * timeoutMs,
    disconnectTimeout: timeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    maxLoadingRetryTime: longestPauseMs,
    // The server was demoted or is reading its data in: look for the right one. True, not 2: what failed is not sent again.
    reconnectOnError: ({ message }: Error) => /\b(?:READONLY|LOADING|MASTERDOWN)\b/.test(message),
  }) satisfies RedisOptions;

const pause = (attempts: number): number => Math.min(shortestPauseMs * 2 ** (attempts - 1), longestPauseMs);
