import { type LoggerOptions, pino } from 'pino';
import { createRedaction, describeError } from '../domain/error-report.ts';
import { eventTable, type NewAuthEvent } from '../domain/event.ts';
import { createLogSink } from './log-sink.ts';

type LogValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly LogValue[]
  | { readonly [name: string]: LogValue };

/** An error may only be the field `err`, which is reduced to what may be logged; the compiler rejects it anywhere else. */
type Loggable<Fields> = { readonly [Name in keyof Fields]: Name extends 'err' ? unknown : LogValue };

type Write = {
  <Fields extends Loggable<Fields>>(fields: Fields, message: string): void;
  (message: string): void;
};

export type Log = {
  readonly error: Write;
  readonly warn: Write;
  readonly info: Write;
  readonly isLevelEnabled: (level: string) => boolean;
};

/** Buffered while standard output is blocked; some thousands of lines. */
const maxBufferedBytes = 1024 * 1024;

type LogOptions = {
  readonly level: string;
  readonly isTerminal: boolean;
  /** Texts that are masked wherever an error repeats them. */
  readonly secrets: readonly string[];
};

/**
 * Returns a log that writes JSON lines to standard output, or readable ones on a terminal. Requests never wait for a reader of
 * the log: lines are buffered, then dropped, and the log says how many were.
 */
export const createLog = async ({ level, isTerminal, secrets }: LogOptions): Promise<Log> => {
  if (isTerminal) return pino(loggerOptions(level, secrets), await readable());
  // Opening process.stdout makes a pipe non-blocking: writing to a full one then fails instead of waiting.
  void process.stdout;
  const log: Log = pino(
    loggerOptions(level, secrets),
    createLogSink({
      descriptor: 1,
      maxBytes: maxBufferedBytes,
      onDropped: (count) => log.warn({ event: 'log.dropped', count }, 'log lines dropped: standard output was blocked'),
    }),
  );
  return log;
};

/** The options of every log of ours, whatever it writes to. */
export const loggerOptions = (level: string, secrets: readonly string[]): LoggerOptions => {
  const redact = createRedaction(secrets);
  return {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {
      err: (error: unknown) => (typeof error === 'string' ? redact(error) : describeError(error, redact)),
    },
  };
};

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
