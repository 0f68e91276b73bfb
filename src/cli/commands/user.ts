import type { Command } from 'commander';
import { commandLine } from '../../domain/event.ts';
import type { Role } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';
import {
  accountArgument,
  type CommandDeps,
  helpText,
  type JsonOption,
  jsonOption,
  parseRole,
  wholeNumber,
} from '../options.ts';
import { escapeTerminal } from '../output/escape-terminal.ts';
import { formatDistance, formatTime, formatTimeOrNull } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { readInput, withPrompt } from '../prompt.ts';
import { loadSettings, requireApi, requireUser, type ServicesContext, withServices } from '../services.ts';
import { CommandFailed, type ExitCode, print, printJson, type Shell, UsageError } from '../shell.ts';

const userJson = '{ id, email, name, role, createdAt, disabledAt }';

export const addUserCommands = (program: Command, deps: CommandDeps): Command => {
  const user = program.command('user').description('create, list and change accounts');
  addCreate(user, deps);
  addList(user, deps);
  addRole(user, deps);
  addChange(user, deps, {
    name: 'disable',
    description: 'disable an account and end all its sessions',
    change: disable,
  });
  addChange(user, deps, { name: 'enable', description: 'enable a disabled account again', change: enable });
  addChange(user, deps, {
    name: 'unlock',
    description: 'let an account sign in again after too many wrong passwords',
    change: unlock,
  });
  return user;
};

const addCreate = (user: Command, { shell, run }: CommandDeps): void => {
  user
    .command('create')
    .description('create an account; prompts on a terminal for what is not given')
    .option('--email <email>', 'its email')
    .option('--name <name>', 'its display name')
    .option(
      '--role <ROLE>',
      'USER, MODERATOR, ADMIN, or a role of the configuration; left out: the role of who signs up',
    )
    .option('--password-stdin', 'read the password from standard input; it cannot be given as an argument')
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        examples: ['user create --role ADMIN', 'user create --email ada@example.com --password-stdin < password.txt'],
        json: userJson,
      }),
    )
    .action((options: CreateOptions) => run(createUser(shell, options)));
};

type CreateOptions = JsonOption & {
  readonly email?: string;
  readonly name?: string;
  readonly role?: string;
  readonly passwordStdin?: boolean;
};

/** Everything is asked before the database is opened. */
const createUser = async (shell: Shell, options: CreateOptions): Promise<ExitCode> => {
  const canPrompt = shell.stdin.isTTY === true && !options.passwordStdin;
  const { roles } = (await loadSettings(shell)).api;
  const role = options.role === undefined ? roles.signUp : parseRole(roles, options.role);
  const { email, password } = await (canPrompt ? promptForRest(shell, options) : readRest(shell, options));
  const user = await withServices(shell, { database: 'create' }, ({ accounts }) =>
    accounts.createAccount({ email, password, name: options.name, role }, commandLine),
  );
  if (options.json) printJson(shell, toJson(user));
  else print(shell, `Created ${escapeTerminal(user.email)} (${user.role}) with the id ${user.id}.`);
  return 0;
};

type Credentials = { readonly email: string; readonly password: string };

const readRest = async (shell: Shell, { email, passwordStdin }: CreateOptions): Promise<Credentials> => {
  if (email === undefined) throw new UsageError('--email is required without a terminal to prompt on.');
  if (!passwordStdin) {
    throw new UsageError(
      '--password-stdin is required without a terminal to prompt on; pipe the password to standard input.',
    );
  }
  return { email, password: await readInput(shell) };
};

const promptForRest = async (shell: Shell, options: CreateOptions): Promise<Credentials> => {
  const { passwordMinLength } = (await loadSettings(shell)).config;
  return withPrompt(shell, async ({ ask, askSecret }) => {
    const email = options.email ?? (await ask('Email: '));
    const password = await askSecret(`Password (at least ${passwordMinLength} characters, not shown): `);
    const repeated = await askSecret('Repeat the password: ');
    if (repeated !== password) throw new CommandFailed('The passwords do not match. Nothing was changed.');
    return { email, password };
  });
};

const addList = (user: Command, { shell, run }: CommandDeps): void => {
  user
    .command('list')
    .description('list accounts, oldest first')
    .option('--search <text>', 'only those with this text in email or name')
    .option('--first <count>', 'how many, 1 to 100', wholeNumber(1, 100), 20)
    .option('--after <email|id>', 'continue after this account')
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        examples: ['user list', 'user list --search example.com --first 100'],
        json: `{ users: [${userJson}], next }; next is the value for --after, null on the last page`,
      }),
    )
    .action((options: ListOptions) => run(listUsers(shell, options)));
};

type ListOptions = JsonOption & { readonly search?: string; readonly first: number; readonly after?: string };

const listUsers = (shell: Shell, { search, first, after, json }: ListOptions): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (context): Promise<ExitCode> => {
    const page = await context.accounts.list({
      first,
      ...(search === undefined ? {} : { search }),
      ...(after === undefined ? {} : { after: await requireUser(context, after) }),
    });
    const next = page.hasNextPage ? (page.users.at(-1)?.id ?? null) : null;
    if (json) printJson(shell, { users: page.users.map(toJson), next });
    else printUsers(shell, page.users, next);
    return 0;
  });

const printUsers = (shell: Shell, users: readonly User[], next: string | null): void => {
  if (users.length === 0) return void shell.stderr.write('No accounts found.\n');
  const now = shell.clock();
  printTable(
    shell,
    ['ID', 'EMAIL', 'NAME', 'ROLE', 'CREATED', 'STATE'],
    users.map(({ id, email, name, role, createdAt, disabledAt }) => [
      ...[id, email, name, role, formatTime(createdAt)],
      disabledAt === null ? 'enabled' : `disabled ${formatDistance(disabledAt, now)}`,
    ]),
  );
  if (next !== null) shell.stderr.write(`There are more: --after ${next}\n`);
};

const addRole = (user: Command, { shell, run }: CommandDeps): void => {
  user
    .command('role')
    .description('set the role of an account')
    .argument(...accountArgument)
    .argument('<ROLE>', 'USER, MODERATOR, ADMIN, or a role of the configuration')
    .option(...jsonOption)
    .addHelpText('after', helpText({ examples: ['user role ada@example.com MODERATOR'], json: userJson }))
    .action((emailOrId: string, role: string, options: JsonOption) =>
      run(changeRole(shell, { emailOrId, role, ...options })),
    );
};

/** Changes an account, given as it was before. Returns it as it is now, and a sentence about the change. */
type Change = (context: ServicesContext, before: User) => Promise<readonly [User, string]>;

const addChange = (
  user: Command,
  { shell, run }: CommandDeps,
  { name, description, change }: { readonly name: string; readonly description: string; readonly change: Change },
): void => {
  user
    .command(name)
    .description(description)
    .argument(...accountArgument)
    .option(...jsonOption)
    .addHelpText('after', helpText({ examples: [`user ${name} ada@example.com`], json: userJson }))
    .action((emailOrId: string, options: JsonOption) => run(changeUser(shell, { emailOrId, change, ...options })));
};

const changeUser = (
  shell: Shell,
  { emailOrId, change, json }: JsonOption & { readonly emailOrId: string; readonly change: Change },
): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (context): Promise<ExitCode> => {
    const [user, sentence] = await change(context, await requireUser(context, emailOrId));
    if (json) printJson(shell, toJson(user));
    else print(shell, escapeTerminal(sentence));
    return 0;
  });

/** A role that does not exist is a usage error, before a database is opened. */
const changeRole = async (
  shell: Shell,
  { role, ...options }: JsonOption & { readonly emailOrId: string; readonly role: string },
): Promise<ExitCode> => {
  const { roles } = await requireApi(shell);
  return changeUser(shell, { ...options, change: setRole(parseRole(roles, role)) });
};

const setRole =
  (role: Role): Change =>
  async ({ accounts }, before) => {
    const user = await accounts.setRole(before.id, role, commandLine);
    if (before.role === role) return [user, `${user.email} was ${role} already.`];
    return [
      user,
      `${user.email} is now ${role} (before: ${before.role}). Access tokens with the old role are rejected; a refresh brings the new one.`,
    ];
  };

const disable: Change = async ({ accounts }, { id, email, disabledAt }) => [
  await accounts.disable(id, commandLine),
  `${email} ${disabledAt === null ? 'is now disabled' : 'was disabled already'}; all its sessions have ended.`,
];

const enable: Change = async ({ accounts }, { id, email, disabledAt }) => [
  await accounts.enable(id, commandLine),
  disabledAt === null ? `${email} was not disabled.` : `${email} can sign in again. Sessions from before remain ended.`,
];

const unlock: Change = async ({ accounts }, before) => {
  const wasLocked = await accounts.isLocked(before);
  const user = await accounts.unlock(before.id, commandLine);
  const outcome = wasLocked ? 'can sign in again' : 'was not locked';
  return [user, `${user.email} ${outcome}; its failed sign-ins no longer count.`];
};

const toJson = ({ id, email, name, role, createdAt, disabledAt }: User) => ({
  id,
  email,
  name: name === '' ? null : name,
  role,
  createdAt: formatTime(createdAt),
  disabledAt: formatTimeOrNull(disabledAt),
});
