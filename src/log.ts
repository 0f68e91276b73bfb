import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

/** JSON lines on standard output; on a terminal the same, made for reading. */
export const createLog = (level: string, isTerminal: boolean): Log =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    isTerminal ? pretty({ sync: true, translateTime: 'SYS:HH:MM:ss' }) : pino.destination({ sync: true }),
  );
