import type { Command } from 'commander';
import { commandLine } from '../../domain/event.ts';
import type { Session } from '../../domain/session.ts';
import type { User } from '../../domain/user.ts';
import { type CommandDeps, helpText, type JsonOption, jsonOption, userOption } from '../options.ts';
import { formatDistance, formatTime } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { orNotFound, requireUser, type ServicesContext, withServices } from '../services.ts';
import { type ExitCode, print, printJson, type Shell, UsageError } from '../shell.ts';

export const addSessionCommands = (program: Command, deps: CommandDeps): void => {
  const session = program.command('session').description('list and end sessions');
  addList(session, deps);
  addRevoke(session, deps);
};

const addList = (session: Command, { shell, run }: CommandDeps): void => {
  session
    .command('list')
    .description('list the live sessions of an account, newest first')
    .requiredOption(...userOption)
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        examples: ['session list --user ada@example.com'],
        json: '{ sessions: [{ id, userId, createdAt, lastSeenAt, authenticatedAt, expiresAt, ip, userAgent }] }',
      }),
    )
    .action((options: UserOptions) => run(listSessions(shell, options)));
};

type UserOptions = JsonOption & { readonly user: string };

const listSessions = (shell: Shell, { user: emailOrId, json }: UserOptions): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (context): Promise<ExitCode> => {
    const user = await requireUser(context, emailOrId);
    const sessions = await context.sessions.list(user.id);
    if (json) printJson(shell, { sessions: sessions.map(toJson) });
    else printSessions(shell, sessions);
    return 0;
  });

const printSessions = (shell: Shell, sessions: readonly Session[]): void => {
  if (sessions.length === 0) return void shell.stderr.write('This account has no live sessions.\n');
  const now = shell.clock();
  printTable(
    shell,
    ['ID', 'STARTED', 'LAST SEEN', 'EXPIRES', 'ADDRESS', 'USER AGENT'],
    sessions.map(({ id, createdAt, lastSeenAt, expiresAt, ip, userAgent }) => [
      ...[id, formatDistance(createdAt, now), formatDistance(lastSeenAt, now), formatDistance(expiresAt, now)],
      ...[ip ?? '-', shorten(userAgent ?? '-')],
    ]),
  );
};

const maxUserAgentWidth = 60;

const shorten = (text: string): string =>
  text.length > maxUserAgentWidth ? `${text.slice(0, maxUserAgentWidth - 1)}…` : text;

const addRevoke = (session: Command, { shell, run }: CommandDeps): void => {
  session
    .command('revoke')
    .description('end one session of an account, or all; a running server rejects their tokens from then on')
    .argument('[session id]', 'the session, as session list shows it')
    .requiredOption(...userOption)
    .option('--all', 'every session of the account')
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        examples: [
          'session revoke --user ada@example.com --all',
          'session revoke --user ada@example.com 0190f0b7-6b0e-7c5e-8d0e-2f6f0d6f5c1a',
        ],
        json: '{ endedSessions }',
      }),
    )
    .action((id: string | undefined, options: RevokeOptions) => run(revokeSessions(shell, id, options)));
};

type RevokeOptions = UserOptions & { readonly all?: boolean };

const revokeSessions = async (
  shell: Shell,
  sessionId: string | undefined,
  { user: emailOrId, all = false, json }: RevokeOptions,
): Promise<ExitCode> => {
  if ((sessionId === undefined) !== all) throw new UsageError('Give either the id of a session or --all.');
  return withServices(shell, { database: 'existing' }, async (context): Promise<ExitCode> => {
    const user = await requireUser(context, emailOrId);
    const endedSessions =
      sessionId === undefined
        ? await context.sessions.revokeAll(user.id, commandLine)
        : await revokeOne(context, user, sessionId);
    if (json) printJson(shell, { endedSessions });
    else print(shell, `Ended ${endedSessions} ${endedSessions === 1 ? 'session' : 'sessions'} of ${user.email}.`);
    return 0;
  });
};

const revokeOne = async ({ sessions }: ServicesContext, user: User, sessionId: string): Promise<1> => {
  await orNotFound(
    sessions.revoke(user.id, sessionId.toLowerCase(), commandLine),
    `${user.email} has no live session with this id.`,
  );
  return 1;
};

const toJson = ({ id, userId, createdAt, lastSeenAt, authenticatedAt, expiresAt, ip, userAgent }: Session) => ({
  id,
  userId,
  createdAt: formatTime(createdAt),
  lastSeenAt: formatTime(lastSeenAt),
  authenticatedAt: formatTime(authenticatedAt),
  expiresAt: formatTime(expiresAt),
  ip,
  userAgent,
});
