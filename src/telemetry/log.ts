import { type Logger, pino } from 'pino';
import { eventTable, type NewAuthEvent } from '../domain/event.ts';
import { createLogSink } from './log-sink.ts';

export type Log = Logger;

/** Lines that wait for whoever reads them, in bytes. */
const mostWaiting = 1024 * 1024;

/**
 * JSON lines on standard output; on a terminal the same, made for reading. A log that nobody takes (a full pipe or disk) is
 * no reason to stop answering: lines wait, some thousands of them, then they are dropped, and the log says how many.
 */
export const createLog = async (level: string, isTerminal: boolean): Promise<Log> => {
  if (isTerminal) return pino(optionsFor(level), await readable());
  // Whoever asks for it makes a pipe say that it is full, instead of holding up the process.
  void process.stdout;
  const log: Log = pino(
    optionsFor(level),
    createLogSink({
      descriptor: 1,
      mostWaiting,
      onDropped: (count) => log.warn({ event: 'log.dropped', count }, 'lines were dropped: nobody took them'),
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

/** The one line of an event. What is in it is fit for a line by then. */
export const writeEvent = (log: Log, event: NewAuthEvent): void => {
  const { level, message } = eventTable[event.type];
  const { id: eventId, time: _lines, type, ...state } = event;
  log[level]({ event: type, eventId, ...state }, message);
};
