import type { EpochMillis } from './clock.ts';

const dateTimePattern =
  /^(\d{4}-(\d\d)-(\d\d))T((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(\.\d+)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * Returns the moment that an RFC 3339 date-time names, in whole milliseconds (the rest is cut off); null for any other text, for
 * a time without an offset, and for a date that does not exist. A leap second is the second after it, and there may be one only
 * at the end of June or December in UTC (RFC 3339 §5.7).
 */
export const parseDateTime = (text: string): EpochMillis | null => {
  const [, date = '', month, day, minutes = '', seconds = '', fraction = '', offset = ''] =
    dateTimePattern.exec(text) ?? [];
  if (!isDate(date, Number(month), Number(day))) return null;
  const at = (second: string): number => Date.parse(`${date}T${minutes}:${second}${fraction}${offset.toUpperCase()}`);
  if (seconds !== '60') return at(seconds);
  const before = at('59');
  return leapSecond.test(new Date(before).toISOString()) ? before + 1000 : null;
};

const leapSecond = /-(?:06-30|12-31)T23:59:59/;

/** `Date` moves 30 February to 1 or 2 March: the date exists if it stays where it is. */
const isDate = (date: string, month: number, day: number): boolean => {
  const time = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(time)) return false;
  const moment = new Date(time);
  return moment.getUTCMonth() + 1 === month && moment.getUTCDate() === day;
};
