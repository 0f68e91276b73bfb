import type { Target } from './bench.ts';
import type { RowResult } from './measure.ts';

type Figure = { readonly name: string; readonly cpuMicros: number };

/** The target that a row costs at most `limit` times the CPU of another row. */
export const atMostTimes = (
  rows: readonly RowResult[],
  { row, limit, of }: { readonly row: string; readonly limit: number; readonly of: string },
): Target => ({
  text: `${row}: CPU per request, of ${of}`,
  value: ratio(rows, row, of),
  limit,
  bound: 'at most',
  unit: '×',
});

/** One row's CPU divided by another's; null if either is missing. */
export const ratio = (rows: readonly Figure[], name: string, of: string): number | null => {
  const find = (wanted: string) => rows.find((row) => row.name === wanted)?.cpuMicros;
  const [value, base] = [find(name), find(of)];
  return value === undefined || base === undefined ? null : value / base;
};

export const isMet = ({ value, limit, bound }: Target): boolean =>
  value !== null && (bound === 'at most' ? value <= limit : value >= limit);

/** `target: ours of the floor at most 1.8 ×: 6.1 ×, missed by 4.3 ×` */
export const describeTarget = (target: Target): string => {
  const { text, value, limit, bound, unit } = target;
  const figure = (number: number): string => `${Number(number.toPrecision(3))} ${unit}`;
  const goal = `target: ${text}: ${bound} ${figure(limit)}`;
  if (value === null) return `${goal}: not measured`;
  const verdict = isMet(target) ? 'met' : `missed by ${figure(Math.abs(value - limit))}`;
  return `${goal}: ${figure(value)}, ${verdict}`;
};
