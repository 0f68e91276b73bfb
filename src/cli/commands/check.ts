import type { Command } from 'commander';
import { type CommandDeps, helpText } from '../options.ts';
import { printMatrix } from '../output/matrix.ts';
import { loadSettings } from '../services.ts';
import { type ExitCode, print, type Shell } from '../shell.ts';

export const addCheckCommand = (program: Command, { shell, run }: CommandDeps): void => {
  program
    .command('check')
    .description('check variables, configuration file, SDL and resolvers, and show who may read your fields')
    .addHelpText(
      'after',
      helpText({
        notes: 'Opens no store. Exits with 1 if the server would not start, and lists every problem.',
        examples: ['check', 'check --config api/fieldgate.config.ts'],
      }),
    )
    .action(() => run(check(shell)));
};

const check = async (shell: Shell): Promise<ExitCode> => {
  const { api } = await loadSettings(shell);
  if (api.file === null) {
    print(
      shell,
      `There is no fieldgate.config.{ts,mts,js,mjs} in ${shell.folder}: the server has no fields but its own.`,
    );
    return 0;
  }
  const { ownAccessMatrix } = await import('../../boot/schema-rights.ts');
  const fields = ownAccessMatrix(api);
  print(shell, `${api.file} is valid. Roles: ${api.roles.names.join(' < ')}. Fields of yours: ${fields.length}.`);
  if (api.yoga.length > 0) print(shell, `Plug-ins of Yoga: ${api.yoga.length}. Every operation goes through Yoga.`);
  if (fields.length > 0) printMatrix(shell, fields);
  return 0;
};
