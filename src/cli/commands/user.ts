import { commandLine } from '../../domain/event.ts';
import type { Role } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';
import { printable } from '../output/escape-terminal.ts';
import { formatDistance, formatTime } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { onTerminal, readPiped } from '../prompt.ts';
import { loadConfig, requireUser, type Workplace, withServices } from '../services.ts';
import { CommandFailed, type ExitCode, print, printJson, type Shell, UsageError } from '../shell.ts';

type Json = { readonly json?: boolean };
type CreateOptions = Json & {
  readonly email?: string;
  readonly name?: string;
  readonly role: Role;
  readonly passwordStdin?: boolean;
};

/** A new account. Everything is asked before the database is touched. */
export const createUser = async (shell: Shell, options: CreateOptions): Promise<ExitCode> => {
  const mayAsk = shell.stdin.isTTY === true && !options.passwordStdin;
  const { email, password } = mayAsk ? await askForRest(shell, options) : await readRest(shell, options);
  const user = await withServices(shell, { database: 'create' }, ({ accounts }) =>
    accounts.createAccount({ email, password, name: options.name, role: options.role }, commandLine),
  );
  if (options.json) printJson(shell, toJson(user));
  else print(shell, `Created ${printable(user.email)} (${user.role}) with the id ${user.id}.`);
  return 0;
};

type Credentials = { readonly email: string; readonly password: string };

const readRest = async (shell: Shell, { email, passwordStdin }: CreateOptions): Promise<Credentials> => {
  if (email === undefined) throw new UsageError('Without a terminal to ask on, --email is needed.');
  if (!passwordStdin) {
    throw new UsageError(
      'Without a terminal to ask on, --password-stdin is needed, and the password on standard input.',
    );
  }
  return { email, password: await readPiped(shell) };
};

const askForRest = async (shell: Shell, options: CreateOptions): Promise<Credentials> => {
  const { passwordMinLength } = await loadConfig(shell);
  return onTerminal(shell, async ({ ask, askSecretly }) => {
    const email = options.email ?? (await ask('Email: '));
    const password = await askSecretly(`Password (at least ${passwordMinLength} characters, not shown): `);
    const repeated = await askSecretly('The same again: ');
    if (repeated !== password) throw new CommandFailed('These are two different passwords. Nothing was changed.');
    return { email, password };
  });
};

type ListOptions = Json & { readonly search?: string; readonly first: number; readonly after?: string };

/** A page of accounts, oldest first. */
export const listUsers = (shell: Shell, { search, first, after, json }: ListOptions): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (place): Promise<ExitCode> => {
    const page = await place.accounts.list({
      first,
      ...(search === undefined ? {} : { search }),
      ...(after === undefined ? {} : { after: await requireUser(place, after) }),
    });
    const next = page.hasNextPage ? (page.users.at(-1)?.id ?? null) : null;
    if (json) printJson(shell, { users: page.users.map(toJson), next });
    else printUsers(shell, page.users, next);
    return 0;
  });

const printUsers = (shell: Shell, users: readonly User[], next: string | null): void => {
  if (users.length === 0) return void shell.stderr.write('There are no accounts to show.\n');
  const now = shell.clock();
  printTable(
    shell,
    ['ID', 'EMAIL', 'NAME', 'ROLE', 'CREATED', 'STATE'],
    users.map(({ id, email, name, role, createdAt, disabledAt }) => [
      ...[id, email, name, role, formatTime(createdAt)],
      disabledAt === null ? 'on' : `disabled ${formatDistance(disabledAt, now)}`,
    ]),
  );
  if (next !== null) shell.stderr.write(`There are more: --after ${next}\n`);
};

export const setUserRole = (shell: Shell, emailOrId: string, role: Role, { json }: Json): Promise<ExitCode> =>
  changeUser(shell, emailOrId, json, async ({ accounts }, before) => {
    const user = await accounts.setRole(before.id, role, commandLine);
    if (before.role === role) return [user, `${user.email} was ${role} already.`];
    return [
      user,
      `${user.email} is ${role} now, and was ${before.role}. Access tokens with the old role are refused; a refresh brings the new one.`,
    ];
  });

export const disableUser = (shell: Shell, emailOrId: string, { json }: Json): Promise<ExitCode> =>
  changeUser(shell, emailOrId, json, async ({ accounts }, before) => [
    await accounts.disable(before.id, commandLine),
    `${before.email} ${before.disabledAt === null ? 'is disabled' : 'was disabled already'}, and every session of it is over.`,
  ]);

export const enableUser = (shell: Shell, emailOrId: string, { json }: Json): Promise<ExitCode> =>
  changeUser(shell, emailOrId, json, async ({ accounts }, before) => [
    await accounts.enable(before.id, commandLine),
    before.disabledAt === null
      ? `${before.email} was not disabled.`
      : `${before.email} may sign in again; sessions from before stay over.`,
  ]);

export const unlockUser = (shell: Shell, emailOrId: string, { json }: Json): Promise<ExitCode> =>
  changeUser(shell, emailOrId, json, async ({ accounts }, before) => {
    const wasLocked = await accounts.isLocked(before);
    const user = await accounts.unlock(before.id, commandLine);
    return [
      user,
      `${user.email} ${wasLocked ? 'may sign in again' : 'was not locked'}; wrong passwords before are forgotten.`,
    ];
  });

const changeUser = (
  shell: Shell,
  emailOrId: string,
  json: boolean | undefined,
  change: (place: Workplace, before: User) => Promise<readonly [User, string]>,
): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (place): Promise<ExitCode> => {
    const [user, sentence] = await change(place, await requireUser(place, emailOrId));
    if (json) printJson(shell, toJson(user));
    else print(shell, printable(sentence));
    return 0;
  });

const toJson = ({ id, email, name, role, createdAt, disabledAt }: User) => ({
  id,
  email,
  name: name === '' ? null : name,
  role,
  createdAt: formatTime(createdAt),
  disabledAt: disabledAt === null ? null : formatTime(disabledAt),
});
