import type { Signals } from '../domain/signals.ts';
import { type Log, writeEvent } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics/metrics.ts';
import { createThrottledLog, storeErrorMessages } from '../telemetry/throttled-log.ts';

type SignalsDeps = {
  readonly log: Log;
  readonly metrics: Metrics | null;
  /** Monotonic clock (performance.now), milliseconds. */
  readonly monotonic: () => number;
};

/** The signals of a server: log lines and metrics. `close` ends the summaries of store errors. */
export const createSignals = ({ log, metrics, monotonic }: SignalsDeps): Signals & { readonly close: () => void } => {
  const storeErrors = createThrottledLog(log, monotonic, storeErrorMessages);
  return {
    backgroundError: storeErrors.report,
    rowUnreadable: (row) =>
      log.error(row, 'a row of the database is invalid and is ignored; `fieldgate doctor` lists all of them'),
    eventRecorded: (event) => {
      writeEvent(log, event);
      metrics?.onEvent(event);
    },
    eventsLost: (count) => log.error({ count }, 'events are only in this log: the database did not accept them'),
    signingKeyChanged: (kid) => log.info({ kid }, 'access tokens are signed with another key from now on'),
    keysSealed: (kids) =>
      log.warn(
        { kids },
        'signing keys are sealed with a key that is not in the key file: they neither sign nor verify',
      ),
    providerFailed: (error, provider) => log.warn({ err: error, provider }, 'a sign-in at a provider failed'),
    close: storeErrors.close,
  };
};
