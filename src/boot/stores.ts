import type { Config } from '../config/config.ts';
import type { Clock } from '../domain/clock.ts';
import type { Roles } from '../domain/role.ts';
import type { Signals } from '../domain/signals.ts';
import { StartError } from '../domain/start-error.ts';
import { openStores, type Stores } from '../stores/open.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics/metrics.ts';
import { observeStores } from '../telemetry/store-observer.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';

type ServerStoresDeps = {
  readonly config: Config;
  readonly roles: Roles;
  readonly clock: Clock;
  /** Monotonic clock (performance.now), milliseconds. */
  readonly monotonic: () => number;
  readonly log: Log;
  readonly signals: Pick<Signals, 'backgroundError' | 'rowUnreadable'>;
  readonly metrics: Metrics | null;
  readonly tracing: Tracing | null;
};

/** Opens, migrates, checks and observes the configured stores. Rejects with every reason why a server cannot be used. */
export const openServerStores = async (deps: ServerStoresDeps): Promise<Stores> => {
  const { config, roles, clock, monotonic, signals } = deps;
  const { database, redis, sessions: lifetimes, eventRetentionMs, apiKeyRetentionMs } = config;
  const followFeed = config.revocationCheck === 'feed' ? monotonic : null;
  const stores = await openStores({
    ...{ database, redis, roles, followFeed, lifetimes, eventRetentionMs, apiKeyRetentionMs, clock, signals },
    migrateFirst: true,
  });
  try {
    await requireUsableServers(stores, deps.log);
  } catch (error) {
    await stores.close();
    throw error;
  }
  return { ...stores, ports: observeStores(stores.ports, deps) };
};

const requireUsableServers = async ({ checkServers }: Stores, log: Log): Promise<void> => {
  const { problems, warnings } = await checkServers();
  for (const warning of warnings) log.warn(warning);
  if (problems.length > 0) throw new StartError(problems.join('\n'));
};
