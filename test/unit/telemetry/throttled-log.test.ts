import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createThrottledLog, storeErrorMessages } from '../../../src/telemetry/throttled-log.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('L06: a thousand store failures are one line at the first, one every five seconds, and one at the recovery', () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const throttled = createThrottledLog(log, Date.now, storeErrorMessages);
  const report = (times: number) => {
    for (let i = 0; i < times; i++) throttled.report(new Error('gone'));
  };
  report(1_000);
  vi.advanceTimersByTime(4_999);
  expect(lines.map(({ event, err }) => [event, Boolean(err)])).toEqual([['store.failing', true]]);
  vi.advanceTimersByTime(1);
  expect(lines.at(-1)).toMatchObject({ event: 'store.failing', count: 999, total: 1_000, lastedMs: 5_000 });
  report(10);
  vi.advanceTimersByTime(5_000);
  expect(lines.at(-1)).toMatchObject({ event: 'store.failing', count: 10, total: 1_010 });
  vi.advanceTimersByTime(60_000);
  expect(lines.at(-1)).toMatchObject({ event: 'store.recovered', total: 1_010, lastedMs: 15_000 });
  expect(lines).toHaveLength(4);
  report(1);
  expect(lines.at(-1)).toMatchObject({ level: 40, event: 'store.failing' });
  expect(lines).toHaveLength(5);
  throttled.close();
});
