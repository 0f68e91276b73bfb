import type { Readable } from 'node:stream';
import type { Variables } from '../config/variables.ts';
import type { Clock } from '../domain/clock.ts';

/** What a command uses of the process it runs in. */
export type Shell = {
  readonly environment: () => Variables;
  readonly clock: Clock;
  /** The working directory, where the configuration file is looked for. */
  readonly folder: string;
  /** The configuration file that `--config` names. */
  readonly configFile?: () => string | undefined;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
};

export type Output = { readonly write: (text: string) => unknown; readonly isTTY?: boolean };

/** 0: done, or yes. 1: failed, or no. 2: a usage error. */
export type ExitCode = 0 | 1 | 2;

/** Thrown when a command cannot do what it was asked for. The message is one sentence for the operator. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** Thrown for arguments that make no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const print = ({ stdout }: Shell, text: string): void => void stdout.write(`${text}\n`);

/** Prints one JSON value for scripts; names of fields never change. Safe to show on a terminal too. */
export const printJson = (shell: Shell, value: unknown): void =>
  print(shell, JSON.stringify(value, null, 2).replace(/[\x7f-\x9f]|\p{Cf}/gu, escapeCharacter));

const escapeCharacter = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
