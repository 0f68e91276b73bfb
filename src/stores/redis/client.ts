import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import type { RedisTarget } from '../../domain/settings/redis-target.ts';

/** A client of ioredis, and the two things that differ between a server and a cluster. */
export type OpenClient = {
  readonly client: Redis | Cluster;
  /** The connections to the known servers that hold data. */
  readonly masters: () => readonly Redis[];
  /** Discards the commands under way and reconnects. */
  readonly reset: () => void;
};

type ClientOptions = {
  readonly timeoutMs: number;
  /** Called with every connection that is made to a server that holds data. */
  readonly onMaster: (connection: Redis) => void;
};

export const minRetryMs = 50;
const maxRetryMs = 1_000;

export const openClient = (target: RedisTarget, options: ClientOptions): OpenClient =>
  target.kind === 'cluster' ? openCluster(target, options) : openServer(target, options);

const openServer = (
  target: Exclude<RedisTarget, { kind: 'cluster' }>,
  { timeoutMs, onMaster }: ClientOptions,
): OpenClient => {
  const address =
    target.kind === 'single'
      ? target.node
      : {
          sentinels: [...target.sentinels],
          name: target.name,
          role: 'master' as const,
          // Leaves the old master when a sentinel announces a new one, although the old one may still answer.
          failoverDetector: true,
          sentinelRetryStrategy: pause,
          sentinelReconnectStrategy: () => maxRetryMs,
          sentinelCommandTimeout: timeoutMs,
          ...(target.sentinelPassword && { sentinelPassword: target.sentinelPassword.reveal() }),
          ...(target.tls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
        };
  const client = new Redis({ ...commonOptions(target, timeoutMs), ...address, db: target.db, retryStrategy: pause });
  client.on('ready', () => onMaster(client));
  // An error of the handshake: if its SELECT failed, ioredis would go on with database 0.
  client.on('error', () => {
    if (client.status === 'connect') client.disconnect(true);
  });
  return { client, masters: () => [client], reset: () => client.disconnect(true) };
};

const openCluster = (
  target: Extract<RedisTarget, { kind: 'cluster' }>,
  { timeoutMs, onMaster }: ClientOptions,
): OpenClient => {
  const nodes = target.nodes.map(({ host, port }) => ({ host, port }));
  const client = new Cluster(nodes, clusterOptions(target, timeoutMs));
  const watched = new WeakSet<Redis>();
  const watch = (node: Redis): void => {
    if (watched.has(node)) return;
    watched.add(node);
    node.on('ready', () => {
      if (node.options.readOnly !== true) onMaster(node);
    });
  };
  client.on('+node', watch);
  client.on('-node', () => client.refreshSlotsCache());
  const connectMasters = (): void => {
    // Before that, the client is still asking one of the nodes, over a new connection, whether the cluster works.
    if (client.status !== 'ready') return;
    // Connect before the first command needs it, so that no command waits or fails.
    for (const node of client.nodes('master')) {
      watch(node);
      if (node.status === 'wait') node.connect().catch(() => {});
    }
    // Replicas are never queried. If one is promoted, the connection made then shows that its data may differ.
    for (const node of client.nodes('slave')) if (node.status === 'ready') node.disconnect();
  };
  client.on('ready', connectMasters).on('refresh', connectMasters);
  return {
    client,
    masters: () => client.nodes('master'),
    reset: () => {
      for (const node of client.nodes()) node.disconnect();
    },
  };
};

const clusterOptions = (target: RedisTarget, timeoutMs: number) =>
  ({
    redisOptions: commonOptions(target, timeoutMs),
    enableOfflineQueue: false,
    clusterRetryStrategy: pause,
    slotsRefreshTimeout: timeoutMs,
    slotsRefreshInterval: maxRetryMs,
    // If a connection closes, the command may have run, so it must not be sent again. After MOVED, ASK, TRYAGAIN and
    // CLUSTERDOWN it is certain that it did not.
    retryDelayOnFailover: 0,
    maxRedirections: 5,
    // Certificates name hosts; by default ioredis resolves them to addresses.
    ...(target.tls && { dnsLookup: (name: string, done: (error: null, host: string) => void) => done(null, name) }),
  }) satisfies ClusterOptions;

const commonOptions = (target: RedisTarget, timeoutMs: number) =>
  ({
    protocol: 2,
    connectionName: 'fieldgate',
    ...(target.username !== null && { username: target.username }),
    ...(target.password !== null && { password: target.password.reveal() }),
    ...(target.tls && { tls: {} }),
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    // A silent connection is closed, so that no commands pile up that would run when it comes back. Later than the command
    // timeout: a process that was itself blocked finds the answers waiting.
    socketTimeout: 2 * timeoutMs,
    disconnectTimeout: timeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    maxLoadingRetryTime: maxRetryMs,
    // The server was demoted or is loading its data: reconnect to find the right one. `true`, not 2: failed commands are not resent.
    reconnectOnError: ({ message }: Error) => /\b(?:READONLY|LOADING|MASTERDOWN)\b/.test(message),
  }) satisfies RedisOptions;

const pause = (attempts: number): number => Math.min(minRetryMs * 2 ** (attempts - 1), maxRetryMs);
