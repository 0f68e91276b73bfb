import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { messageOf } from '../domain/error-report.ts';
import { AppError } from '../domain/errors.ts';
import { StartError } from '../domain/start-error.ts';
import { addApiKeyCommands } from './commands/api-key.ts';
import { addCheckCommand } from './commands/check.ts';
import { addClientCommands } from './commands/client.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addKeyCommands } from './commands/key.ts';
import { addMapRoleCommand } from './commands/map-role.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addSchemaCommands } from './commands/schema.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSessionCommands } from './commands/session.ts';
import { addTokenCommands } from './commands/token.ts';
import { addUserCommands } from './commands/user.ts';
import type { CommandDeps } from './options.ts';
import { CommandFailed, type ExitCode, type Shell, UsageError } from './shell.ts';

/** Runs one command line and returns its exit code. Commands import the server's services when they run: help loads none. */
export const runCommandLine = async (args: readonly string[], given: Shell): Promise<ExitCode> => {
  const program: Command = new Command('fieldgate').option(
    '--config <file>',
    'the configuration file; else fieldgate.config.{ts,mts,js,mjs} of the working directory',
  );
  const shell: Shell = { ...given, configFile: () => program.opts<{ readonly config?: string }>().config };
  let exitCode: ExitCode = 0;
  const run: CommandDeps['run'] = async (outcome) => {
    exitCode = await outcome;
  };
  try {
    await addCommands(program, { shell, run }).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(shell, error);
  }
};

const reportError = ({ stderr }: Shell, error: unknown): ExitCode => {
  // Commander has printed its errors itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isExpected = [CommandFailed, UsageError, AppError, StartError].some((kind) => error instanceof kind);
  const message = isExpected && error instanceof Error ? error.message : messageOf(error);
  stderr.write(`fieldgate: ${isExpected ? message : `unexpected error: ${message}`}\n`);
  return error instanceof UsageError ? 2 : 1;
};

const addCommands = (program: Command, deps: CommandDeps): Command => {
  const { stdout, stderr } = deps.shell;
  program
    .description('A GraphQL API server with token authentication. Works on DATA_DIR, also beside a running server.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'fieldgate: ')),
    })
    .addHelpText('after', generalHelp);
  addServeCommand(program, deps);
  addMigrateCommand(program, deps);
  addCheckCommand(program, deps);
  addDoctorCommand(program, deps);
  addMapRoleCommand(addUserCommands(program, deps), deps);
  addSessionCommands(program, deps);
  addApiKeyCommands(program, deps);
  addClientCommands(program, deps);
  addKeyCommands(program, deps);
  addTokenCommands(program, deps);
  addSchemaCommands(program, deps);
  return program;
};

const readVersion = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return hasVersion ? String(manifest.version) : 'unknown';
};

const generalHelp = `
Examples:
  fieldgate user create --role ADMIN      create an administrator; prompts for email and password
  fieldgate session revoke --user ada@example.com --all
  fieldgate token explain - < token.txt   why is this token (not) accepted?
  fieldgate doctor                        what is wrong here, and how to fix it

Settings come from the environment (and from .env outside production), as the server's do, and your API from fieldgate.config.ts.
Exit codes: 0 done or yes, 1 failed or no, 2 usage error.
Tables are for people; --json is for scripts: its field names do not change.`;
