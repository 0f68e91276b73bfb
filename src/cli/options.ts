import { type Command, InvalidArgumentError } from 'commander';
import { type PageQuery, parseCursor } from '../domain/page.ts';
import type { Role, Roles } from '../domain/role.ts';
import { type ExitCode, type Shell, UsageError } from './shell.ts';

/** What every command is given. */
export type CommandDeps = {
  readonly shell: Shell;
  /** Takes the exit code of the command that runs. */
  readonly run: (exitCode: Promise<ExitCode>) => Promise<void>;
};

export type JsonOption = { readonly json?: boolean };

export const jsonOption = ['--json', 'print JSON'] as const;
export const accountArgument = ['<email|id>', 'email or id of the account'] as const;
/** The options of a command that prints one page of a list. */
export type PageOptions = { readonly first: number; readonly after?: string };

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

/** Returns the role that an argument names, in any case. The roles are known when the configuration is loaded. */
export const parseRole = (roles: Roles, text: string): Role => {
  const role = roles.names.find((name) => name.toUpperCase() === text.toUpperCase());
  if (role !== undefined) return role;
  throw new UsageError(`There is no role ${JSON.stringify(text)}. Use one of ${roles.names.join(', ')}.`);
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

/** Adds the options of `PageOptions`. */
export const withPageOptions = (command: Command): Command =>
  command
    .option('--first <count>', 'how many, 1 to 100', wholeNumber(1, 100), 20)
    .option('--after <cursor>', 'continue where a list ended, by the cursor it printed');

/** The JSON of a page. */
export const pageJson = (name: string, row: string): string =>
  `{ ${name}: [${row}], next }; next is the value for --after, null on the last page`;

export const toPageQuery = ({ first, after }: PageOptions): PageQuery => ({ first, after: parseCursor(after) });

/** Prints to standard error how to get the next page. */
export const printNext = (shell: Shell, next: string | null): void => {
  if (next !== null) shell.stderr.write(`There are more: --after ${next}\n`);
};
