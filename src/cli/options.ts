import { InvalidArgumentError } from 'commander';
import { isRole, type Role, roles } from '../domain/role.ts';
import type { ExitCode, Shell } from './shell.ts';

/** What every command is given. */
export type CommandDeps = {
  readonly shell: Shell;
  /** Takes the exit code of the command that runs. */
  readonly run: (exitCode: Promise<ExitCode>) => Promise<void>;
};

export type JsonOption = { readonly json?: boolean };

export const jsonOption = ['--json', 'print JSON'] as const;
export const accountArgument = ['<email|id>', 'email or id of the account'] as const;
export const userOption = ['--user <email|id>', accountArgument[1]] as const;

type Help = {
  /** Command lines without the program's name. */
  readonly examples: readonly string[];
  readonly notes?: string;
  /** The shape of what --json prints. */
  readonly json?: string;
};

/** Returns what stands below the options in the help of a command. */
export const helpText = ({ examples, notes, json }: Help): string =>
  [
    ...(notes === undefined ? [] : [notes]),
    ['Examples:', ...examples.map((line) => `  fieldgate ${line}`)].join('\n'),
    ...(json === undefined ? [] : [`JSON: ${json}`]),
  ]
    .map((part) => `\n${part}`)
    .join('\n');

export const parseRole = (text: string): Role => {
  const role = text.toUpperCase();
  if (isRole(role)) return role;
  throw new InvalidArgumentError(`Use one of ${roles.join(', ')}.`);
};

export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Use a whole number from ${least} to ${most}.`);
  };

/** For options that may be repeated. */
export const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
