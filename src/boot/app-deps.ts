import type { Config } from '../config/config.ts';
import type { ConfiguredKeys } from '../crypto/keys.ts';
import type { Clock } from '../domain/clock.ts';
import type { Signals } from '../domain/signals.ts';
import type { Stores } from '../stores/open.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics/metrics.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import type { Api } from './api.ts';

/** What the server is made of, once everything is open. */
export type AppDeps = {
  readonly config: Config;
  readonly api: Api;
  readonly stores: Stores;
  readonly keys: ConfiguredKeys;
  readonly clock: Clock;
  readonly log: Log;
  readonly signals: Signals;
  /** Null where nothing is counted. */
  readonly metrics: Metrics | null;
  /** Null where nothing is traced. */
  readonly tracing: Tracing | null;
};
