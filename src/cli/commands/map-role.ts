import type { Command } from 'commander';
import { commandLine } from '../../domain/event.ts';
import { type CommandDeps, helpText, type JsonOption, jsonOption, parseRole } from '../options.ts';
import { loadSettings } from '../services.ts';
import { CommandFailed, type ExitCode, print, printJson, type Shell, UsageError } from '../shell.ts';

export const addMapRoleCommand = (user: Command, { shell, run }: CommandDeps): void => {
  user
    .command('map-role')
    .description('give every account with a role that is no longer in the configuration another one')
    .argument('<FROM>', 'the role in the database, exactly as it is there')
    .argument('<TO>', 'a role of the configuration')
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        notes:
          'Stop the server first. Access tokens of these accounts are rejected afterwards; a refresh brings the new role.',
        examples: ['user map-role AUTHOR EDITOR'],
        json: '{ from, to, accounts: [id] }',
      }),
    )
    .action((from: string, to: string, options: JsonOption) => run(mapRole(shell, { from, to, ...options })));
};

type Mapping = JsonOption & { readonly from: string; readonly to: string };

const mapRole = async (shell: Shell, { from, to: toName, json }: Mapping): Promise<ExitCode> => {
  const { config, api } = await loadSettings(shell);
  const to = parseRole(api.roles, toName);
  if (api.roles.names.includes(from)) {
    throw new UsageError(`${from} is a role of the configuration. To change one account, use fieldgate user role.`);
  }
  const { hasDatabase, openServices } = await import('../../boot/cli-services.ts');
  if (!hasDatabase(config)) throw new CommandFailed('There is no database yet.');
  const { database, record, close } = await openServices({ config, api, clock: shell.clock });
  try {
    const pending = await database.pendingMigrations();
    if (pending.some((name) => name !== 'roles'))
      throw new CommandFailed(
        `The database is older than this version: ${pending.join(', ')}. Run fieldgate migrate first.`,
      );
    const accounts = await database.mapRole(from, to);
    for (const userId of accounts) record({ type: 'role.changed', actor: commandLine, userId, metadata: { from, to } });
    if (json) printJson(shell, { from, to, accounts });
    else
      print(
        shell,
        accounts.length === 1
          ? `1 account is now ${to} (before: ${from}).`
          : `${accounts.length} accounts are now ${to} (before: ${from}).`,
      );
    return 0;
  } finally {
    await close();
  }
};
