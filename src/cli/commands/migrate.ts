import type { Command } from 'commander';
import { type CommandDeps, helpText, type JsonOption, jsonOption } from '../options.ts';
import { loadSettings } from '../services.ts';
import { type ExitCode, print, printJson, type Shell } from '../shell.ts';

export const addMigrateCommand = (program: Command, { shell, run }: CommandDeps): void => {
  program
    .command('migrate')
    .description('create the database, or bring it up to date (the server does so when it starts)')
    .option(...jsonOption)
    .addHelpText('after', helpText({ examples: ['migrate'], json: '{ applied: [name] }' }))
    .action((options: JsonOption) => run(migrate(shell, options)));
};

const migrate = async (shell: Shell, { json }: JsonOption): Promise<ExitCode> => {
  const { config, api } = await loadSettings(shell);
  const { openServices } = await import('../../boot/cli-services.ts');
  const { database, close } = await openServices({ config, api, clock: shell.clock });
  try {
    const applied = await database.pendingMigrations();
    await database.migrate();
    if (json) printJson(shell, { applied });
    else print(shell, applied.length === 0 ? 'The database was up to date.' : `Applied: ${applied.join(', ')}.`);
    return 0;
  } finally {
    await close();
  }
};
