import type { Readable } from 'node:stream';
import type { Clock } from '../domain/clock.ts';

/** What a command is given of the process it runs in. */
export type Shell = {
  readonly environment: () => Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
};

export type Output = { readonly write: (text: string) => unknown; readonly isTTY?: boolean };

/** 0: done, or yes. 1: the thing asked for failed, or the answer is no. 2: it was not asked in a way that is understood. */
export type ExitCode = 0 | 1 | 2;

/** The thing asked for cannot be done. The message is one sentence for whoever asked. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** It was asked for in a way that makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const print = ({ stdout }: Shell, text: string): void => void stdout.write(`${text}\n`);

/** For scripts: one JSON value, with field names that stay. Safe to look at on a terminal too. */
export const printJson = (shell: Shell, value: unknown): void =>
  print(shell, JSON.stringify(value, null, 2).replace(/[\x7f-\x9f]|\p{Cf}/gu, escaped));

const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
