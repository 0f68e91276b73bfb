import { type Logger, pino } from 'pino';

export type Log = Logger;

/** JSON lines on standard output; on a terminal the same, made for reading. */
export const createLog = async (level: string, isTerminal: boolean): Promise<Log> =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    isTerminal ? await readable() : pino.destination({ sync: true }),
  );

const readable = async () => {
  const { default: pretty } = await import('pino-pretty');
  return pretty({ sync: true, translateTime: 'SYS:HH:MM:ss' });
};
