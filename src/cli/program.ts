import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { AppError } from '../domain/errors.ts';
import { isRole, type Role } from '../domain/role.ts';
import { addApiKeyCommands } from './commands/api-key-commands.ts';
import { addClientCommands } from './commands/client-commands.ts';
import { addKeyCommands } from './commands/key-commands.ts';
import { account, jsonOption, type Run } from './options.ts';
import { CommandFailed, type ExitCode, type Shell, UsageError } from './shell.ts';

/** Runs one command line. Everything a command needs is imported when that command runs: help costs no database. */
export const runCommandLine = async (args: readonly string[], shell: Shell): Promise<ExitCode> => {
  let exitCode: ExitCode = 0;
  const run: Run = async (outcome) => {
    exitCode = await outcome;
  };
  try {
    await createProgram(shell, run).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(shell, error);
  }
};

const report = ({ stderr }: Shell, error: unknown): ExitCode => {
  // Commander has said what it had to say by then.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isOurs = error instanceof CommandFailed || error instanceof UsageError || error instanceof AppError;
  const message = error instanceof Error ? error.message : 'failed for a reason that is not known.';
  stderr.write(`fieldgate: ${isOurs ? message : `unexpected: ${message}`}\n`);
  return error instanceof UsageError ? 2 : 1;
};

const createProgram = (shell: Shell, run: Run): Command => {
  const program = new Command('fieldgate')
    .description('A GraphQL API server with token authentication. Works on DATA_DIR, also while a server runs on it.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'fieldgate: ')),
    })
    .addHelpText('after', generalHelp);
  addServerCommands(program, shell, run);
  addUserCommands(program, shell, run);
  addSessionCommands(program, shell, run);
  addApiKeyCommands(program, shell, run);
  addClientCommands(program, shell, run);
  addKeyCommands(program, shell, run);
  addReviewCommands(program, shell, run);
  return program;
};

const readVersion = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const isNamed = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isNamed ? String(manifest.version) : 'unknown';
};

const generalHelp = `
Examples:
  fieldgate user create --role ADMIN      make an administrator; asks for email and password
  fieldgate session revoke --user ada@example.com --all
  fieldgate token explain - < token.txt   why is this token (not) accepted?
  fieldgate doctor                        what is wrong here, and what to do

Settings come from the environment (and .env outside production), the same as the server's.
Exit codes: 0 done or yes, 1 failed or no, 2 not understood.
Tables are for people; --json is for scripts, with field names that stay.`;

const addServerCommands = (program: Command, shell: Shell, run: Run): void => {
  program
    .command('serve')
    .description('run the server in the foreground, as npm start does')
    .action(() => run(import('./commands/serve.ts').then(({ serveCommand }) => serveCommand(shell))));
  program
    .command('migrate')
    .description('make the database, or bring it up to date (the server does so when it starts)')
    .option(...jsonOption)
    .addHelpText('after', '\nJSON: { applied: [name] }')
    .action((options) =>
      run(import('./commands/migrate.ts').then(({ migrateCommand }) => migrateCommand(shell, options))),
    );
  program
    .command('doctor')
    .description('look for what is wrong with configuration, data, keys, clock and port, and say what to do')
    .option(...jsonOption)
    .addHelpText(
      'after',
      '\nExits with 1 if anything fails; warnings alone are 0.\nJSON: { ok, checks: [{ check, status: "ok" | "warn" | "fail", message, advice }] }',
    )
    .action((options) => run(import('./doctor/doctor.ts').then(({ doctorCommand }) => doctorCommand(shell, options))));
};

const addUserCommands = (program: Command, shell: Shell, run: Run): void => {
  const user = program.command('user').description('make, list and change accounts');
  user
    .command('create')
    .description('make an account; asks on a terminal for what is not given')
    .option('--email <email>', 'its email')
    .option('--name <name>', 'what to call it')
    .option('--role <ROLE>', 'USER, MODERATOR or ADMIN', parseRole, 'USER')
    .option('--password-stdin', 'read the password from standard input; there is no way to give it as an argument')
    .option(...jsonOption)
    .addHelpText('after', `\nJSON: ${userFields}`)
    .action((options) => run(import('./commands/user.ts').then(({ createUser }) => createUser(shell, options))));
  user
    .command('list')
    .description('list accounts, oldest first')
    .option('--search <text>', 'only those with this text in email or name')
    .option('--first <count>', 'how many, 1 to 100', parseCount, 20)
    .option('--after <email|id>', 'go on after this account')
    .option(...jsonOption)
    .addHelpText('after', `\nJSON: { users: [${userFields}], next }; next is for --after, null on the last page`)
    .action((options) => run(import('./commands/user.ts').then(({ listUsers }) => listUsers(shell, options))));
  user
    .command('role')
    .description('give an account a role')
    .argument('<email|id>', account)
    .argument('<ROLE>', 'USER, MODERATOR or ADMIN', parseRole)
    .option(...jsonOption)
    .addHelpText('after', `\nJSON: ${userFields}`)
    .action((who: string, role: Role, options) =>
      run(import('./commands/user.ts').then(({ setUserRole }) => setUserRole(shell, who, role, options))),
    );
  user
    .command('disable')
    .description('switch an account off and end all its sessions')
    .argument('<email|id>', account)
    .option(...jsonOption)
    .addHelpText('after', `\nJSON: ${userFields}`)
    .action((who: string, options) =>
      run(import('./commands/user.ts').then(({ disableUser }) => disableUser(shell, who, options))),
    );
  user
    .command('enable')
    .description('switch an account on again')
    .argument('<email|id>', account)
    .option(...jsonOption)
    .addHelpText('after', `\nJSON: ${userFields}`)
    .action((who: string, options) =>
      run(import('./commands/user.ts').then(({ enableUser }) => enableUser(shell, who, options))),
    );
  user
    .command('unlock')
    .description('let an account sign in again after too many wrong passwords')
    .argument('<email|id>', account)
    .option(...jsonOption)
    .addHelpText('after', `\nJSON: ${userFields}`)
    .action((who: string, options) =>
      run(import('./commands/user.ts').then(({ unlockUser }) => unlockUser(shell, who, options))),
    );
};

const userFields = '{ id, email, name, role, createdAt, disabledAt }';

const addSessionCommands = (program: Command, shell: Shell, run: Run): void => {
  const session = program.command('session').description('list and end sessions');
  session
    .command('list')
    .description('list the live sessions of an account, newest first')
    .argument('<email|id>', account)
    .option(...jsonOption)
    .addHelpText('after', '\nJSON: { sessions: [{ id, userId, createdAt, lastSeenAt, expiresAt, ip, userAgent }] }')
    .action((who: string, options) =>
      run(import('./commands/session.ts').then(({ listSessions }) => listSessions(shell, who, options))),
    );
  session
    .command('revoke')
    .description('end one session of an account, or all; a running server refuses their tokens from then on')
    .argument('[session id]', 'the session, as session list shows it')
    .requiredOption('--user <email|id>', account)
    .option('--all', 'every session of the account')
    .option(...jsonOption)
    .addHelpText('after', '\nJSON: { endedSessions }')
    .action((id: string | undefined, options) =>
      run(import('./commands/session.ts').then(({ revokeSessions }) => revokeSessions(shell, id, options))),
    );
};

const addReviewCommands = (program: Command, shell: Shell, run: Run): void => {
  program
    .command('token')
    .description('look into tokens')
    .command('explain')
    .description('say check by check why a token or an API key is or is not accepted now; uses nothing up')
    .argument('<token>', 'the token, or - to read it from standard input (which keeps it out of the shell history)')
    .option(...jsonOption)
    .addHelpText('after', tokenHelp)
    .action((token: string, options) =>
      run(import('./commands/token.ts').then(({ explainToken }) => explainToken(shell, token, options))),
    );
  program
    .command('schema')
    .description('look into the schema')
    .command('matrix')
    .description('who may read what: every field by anonymous and each role: allow, deny or policy')
    .option(...jsonOption)
    .addHelpText(
      'after',
      '\nJSON: { fields: [{ coordinate, access: { anonymous, USER, … }, scopes, policies, public }] }',
    )
    .action((options) => run(import('./commands/schema.ts').then(({ printMatrix }) => printMatrix(shell, options))));
};

const tokenHelp = `
Exits with 0 if the token is accepted now and with 1 if not.
JSON: { type, accepted, reason, checks: [{ check, outcome, detail }], header, claims, account, session, client }`;

const parseRole = (text: string): Role => {
  const role = text.toUpperCase();
  if (isRole(role)) return role;
  throw new InvalidArgumentError('It is one of USER, MODERATOR, ADMIN.');
};

const parseCount = (text: string): number => {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 100) return count;
  throw new InvalidArgumentError('It is a whole number from 1 to 100.');
};
