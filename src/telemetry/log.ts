import { type Logger, pino } from 'pino';
import { eventTable, type NewAuthEvent } from '../domain/event.ts';
import { createLogSink } from './log-sink.ts';

export type Log = Logger;

/** The most that is buffered while nobody reads the log: some thousands of lines. */
const maxBufferedBytes = 1024 * 1024;

/**
 * Returns a log that writes JSON lines to standard output, or readable ones on a terminal. Requests never wait for a reader of
 * the log: lines are buffered, then dropped, and the log says how many were.
 */
export const createLog = async (level: string, isTerminal: boolean): Promise<Log> => {
  if (isTerminal) return pino(optionsFor(level), await readable());
  // Opening process.stdout makes a pipe non-blocking: writing to a full one then fails instead of waiting.
  void process.stdout;
  const log: Log = pino(
    optionsFor(level),
    createLogSink({
      descriptor: 1,
      maxBytes: maxBufferedBytes,
      onDropped: (count) => log.warn({ event: 'log.dropped', count }, 'log lines dropped: standard output was blocked'),
    }),
  );
  return log;
};

const optionsFor = (level: string) => ({
  level,
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label: string) => ({ level: label }) },
});

const readable = async () => {
  const { default: pretty } = await import('pino-pretty');
  return pretty({ sync: true, translateTime: 'SYS:HH:MM:ss' });
};

/** Writes the one line of an event, whose fields have been shortened and escaped before. */
export const writeEvent = (log: Log, event: NewAuthEvent): void => {
  const { level, message } = eventTable[event.type];
  const { id: eventId, time: _lines, type, ...fields } = event;
  log[level]({ event: type, eventId, ...fields }, message);
};
