import type { Command } from 'commander';
import { type CommandDeps, helpText } from '../options.ts';
import type { ExitCode, Shell } from '../shell.ts';

export const addServeCommand = (program: Command, { shell, run }: CommandDeps): void => {
  program
    .command('serve')
    .description('run the server in the foreground, as npm start does')
    .addHelpText('after', helpText({ examples: ['serve'] }))
    .action(() => run(serve(shell)));
};

/** Runs the server in this process until a signal ends it. */
const serve = async (shell: Shell): Promise<ExitCode> => {
  const { runServer } = await import('../../boot/process.ts');
  await runServer(shell.environment(), { folder: shell.folder, named: shell.configFile?.() });
  return 0;
};
