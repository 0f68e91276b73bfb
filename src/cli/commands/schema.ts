import type { Command } from 'commander';
import { type CommandDeps, helpText, type JsonOption, jsonOption } from '../options.ts';
import { printMatrix } from '../output/matrix.ts';
import { requireApi } from '../services.ts';
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
    .action((options: JsonOption) => run(showMatrix(shell, options)));
};

const showMatrix = async (shell: Shell, { json }: JsonOption): Promise<ExitCode> => {
  const { serverAccessMatrix } = await import('../../boot/schema-rights.ts');
  const fields = serverAccessMatrix(await requireApi(shell));
  const callers = Object.keys(fields[0]?.access ?? {});
  if (json) {
    printJson(shell, { roles: callers.filter((caller) => caller !== 'anonymous'), fields });
    return 0;
  }
  printMatrix(shell, fields);
  return 0;
};
