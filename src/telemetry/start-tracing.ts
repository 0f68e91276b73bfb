import type { Log } from './log.ts';
import { createThrottledLog, type LogMessages } from './throttled-log.ts';
import type { TracingSettings } from './tracing/settings.ts';
import type { Tracing } from './tracing/tracing.ts';

const losing: LogMessages = {
  everyMs: 60_000,
  events: ['tracing.trouble', 'tracing.recovered'],
  begins: 'spans were lost: the collector did not take them; requests are answered all the same',
  lasts: 'spans are still being lost',
  isOver: 'no span was lost in the last minute',
};

/** Null where traces are not asked for: then nothing of OpenTelemetry is loaded. `now` is a clock that is never set. */
export const startTracing = async (
  settings: TracingSettings | null,
  log: Log,
  now: () => number,
): Promise<Tracing | null> => {
  if (settings === null) return null;
  const { openTracing } = await import('./tracing/tracing.ts');
  const trouble = createThrottledLog(log, now, losing);
  const tracing = openTracing(settings, trouble.report);
  return {
    ...tracing,
    close: async () => {
      await tracing.close();
      trouble.close();
    },
  };
};
