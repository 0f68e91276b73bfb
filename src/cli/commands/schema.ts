import type { Command } from 'commander';
import type { AccessRow } from '../../boot/schema-rights.ts';
import { type CommandDeps, helpText, type JsonOption, jsonOption } from '../options.ts';
import { printTable } from '../output/table.ts';
import { type ExitCode, printJson, type Shell } from '../shell.ts';

export const addSchemaCommands = (program: Command, { shell, run }: CommandDeps): void => {
  program
    .command('schema')
    .description('inspect the schema')
    .command('matrix')
    .description(
      'who may read what: allow, deny or policy for each field, by anonymous callers and each role, least first',
    )
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        examples: ['schema matrix'],
        json: '{ roles, fields: [{ coordinate, access: { anonymous, USER, … }, scopes, policies, public, reachedThrough }] }',
      }),
    )
    .action((options: JsonOption) => run(printMatrix(shell, options)));
};

const printMatrix = async (shell: Shell, { json }: JsonOption): Promise<ExitCode> => {
  const { serverAccessMatrix } = await import('../../boot/schema-rights.ts');
  const fields = serverAccessMatrix();
  const callers = Object.keys(fields[0]?.access ?? {});
  if (json) {
    printJson(shell, { roles: callers.filter((caller) => caller !== 'anonymous'), fields });
    return 0;
  }
  printTable(
    shell,
    ['FIELD', ...callers, 'NOTE'],
    fields.map((row) => [row.coordinate, ...callers.map((caller) => row.access[caller] ?? ''), noteOf(row)]),
  );
  return 0;
};

/** More would not fit a terminal. */
const maxEntrances = 2;

/** An `allow` of such a field is no open door: a caller who may not read what leads there never reaches it. */
const reachedOnly = (entrances: readonly string[]): readonly string[] => {
  if (entrances.length === 0) return [];
  const more = entrances.length > maxEntrances ? ` and ${entrances.length - maxEntrances} more` : '';
  return [`reached only through ${entrances.slice(0, maxEntrances).join(', ')}${more}`];
};

const noteOf = ({ scopes, policies, public: isPublic, reachedThrough }: AccessRow): string =>
  [
    ...(isPublic ? ['@public'] : []),
    ...policies.map((name) => `policy ${name}`),
    ...scopes.map((sets) => `scopes ${sets.map((set) => set.join(' and ')).join(', or ')}`),
    ...reachedOnly(reachedThrough),
  ].join('; ');
