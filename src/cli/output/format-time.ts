import type { EpochMillis } from '../../domain/clock.ts';

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `2 days`, `1 minute 30 seconds`: the two greatest units, without those that are zero, rounded down. */
export const formatDuration = (ms: number): string => {
  const first = units.findIndex(([, size]) => ms >= size);
  if (first < 0) return 'less than a second';
  let rest = ms;
  const parts = units.slice(first, first + 2).flatMap(([name, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? [] : [`${count} ${name}${count === 1 ? '' : 's'}`];
  });
  return parts.join(' ');
};

/** `in 14 minutes`, `3 days ago`, `now`. */
export const formatDistance = (time: EpochMillis, now: EpochMillis): string => {
  const distance = Math.abs(time - now);
  if (distance < 1000) return 'now';
  return time > now ? `in ${formatDuration(distance)}` : `${formatDuration(distance)} ago`;
};

/** RFC 3339 in UTC, as in the API; a number where no calendar reaches. */
export const formatTime = (time: EpochMillis): string =>
  Math.abs(time) <= lastDate ? new Date(time).toISOString() : String(time);

export const formatTimeOrNull = (time: EpochMillis | null): string | null => (time === null ? null : formatTime(time));

const lastDate = 8.64e15;

/** `3 minutes ago (2026-11-22T12:00:00.000Z)` */
export const describeTime = (time: EpochMillis, now: EpochMillis): string =>
  `${formatDistance(time, now)} (${formatTime(time)})`;
