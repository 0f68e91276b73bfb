import type { TracingSettings } from '../domain/settings/tracing.ts';
import type { Log } from './log.ts';
import { createThrottledLog, type LogMessages } from './throttled-log.ts';
import type { Tracing } from './tracing/tracing.ts';

const lostSpanMessages: LogMessages = {
  everyMs: 60_000,
  events: ['tracing.failing', 'tracing.recovered'],
  failing: 'spans lost: the collector does not accept them; requests are not affected',
  stillFailing: 'spans still being lost',
  recovered: 'no spans lost in the last minute',
};

/**
 * Returns null without settings; nothing of OpenTelemetry is loaded then. `now` is a monotonic clock in milliseconds.
 */
export const startTracing = async (
  settings: TracingSettings | null,
  log: Log,
  now: () => number,
): Promise<Tracing | null> => {
  if (settings === null) return null;
  const { openTracing } = await import('./tracing/tracing.ts');
  const lostSpans = createThrottledLog(log, now, lostSpanMessages);
  const tracing = openTracing(settings, lostSpans.report);
  return {
    ...tracing,
    close: async () => {
      await tracing.close();
      lostSpans.close();
    },
  };
};
