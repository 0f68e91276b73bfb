import { AppError } from '../../domain/errors.ts';
import { commandLine } from '../../domain/event.ts';
import type { Session } from '../../domain/session.ts';
import type { User } from '../../domain/user.ts';
import { formatDistance, formatTime } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { requireUser, type Workplace, withServices } from '../services.ts';
import { CommandFailed, type ExitCode, print, printJson, type Shell, UsageError } from '../shell.ts';

type Json = { readonly json?: boolean };

/** The live sessions of an account, newest first. */
export const listSessions = (shell: Shell, emailOrId: string, { json }: Json): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (place): Promise<ExitCode> => {
    const user = await requireUser(place, emailOrId);
    const sessions = await place.sessions.list(user.id);
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

const widestUserAgent = 60;

const shorten = (text: string): string =>
  text.length > widestUserAgent ? `${text.slice(0, widestUserAgent - 1)}…` : text;

type RevokeOptions = Json & { readonly user: string; readonly all?: boolean };

/** Ends one session of an account, or all. A running server refuses their tokens from its next request on. */
export const revokeSessions = (
  shell: Shell,
  sessionId: string | undefined,
  { user: emailOrId, all = false, json }: RevokeOptions,
): Promise<ExitCode> => {
  if ((sessionId === undefined) !== all) throw new UsageError('Give either the id of a session or --all.');
  return withServices(shell, { database: 'existing' }, async (place): Promise<ExitCode> => {
    const user = await requireUser(place, emailOrId);
    const endedSessions =
      sessionId === undefined
        ? await place.sessions.revokeAll(user.id, commandLine)
        : await revokeOne(place, user, sessionId);
    if (json) printJson(shell, { endedSessions });
    else print(shell, `${endedSessions} ${endedSessions === 1 ? 'session of' : 'sessions of'} ${user.email} ended.`);
    return 0;
  });
};

const revokeOne = async ({ sessions }: Workplace, user: User, sessionId: string): Promise<1> => {
  try {
    await sessions.revoke(user.id, sessionId.toLowerCase(), commandLine);
    return 1;
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'NOT_FOUND')) throw error;
    throw new CommandFailed(`${user.email} has no live session with this id.`);
  }
};

const toJson = ({ id, userId, createdAt, lastSeenAt, expiresAt, ip, userAgent }: Session) => ({
  id,
  userId,
  createdAt: formatTime(createdAt),
  lastSeenAt: formatTime(lastSeenAt),
  expiresAt: formatTime(expiresAt),
  ip,
  userAgent,
});
