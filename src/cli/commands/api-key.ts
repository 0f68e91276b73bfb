import { type ApiKey, apiKeyState } from '../../domain/api-key.ts';
import { AppError } from '../../domain/errors.ts';
import { commandLine } from '../../domain/event.ts';
import { prefixOf } from '../../services/api-keys.ts';
import { printable } from '../output/escape-terminal.ts';
import { formatDistance, formatTime } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { requireUser, withServices } from '../services.ts';
import { CommandFailed, type ExitCode, print, printJson, type Shell } from '../shell.ts';

type OfUser = { readonly user: string; readonly json?: boolean };
type CreateOptions = OfUser & {
  readonly name: string;
  readonly scope: readonly string[];
  readonly expiresInDays: number;
};

/** A new key of an account. Standard output is the only place it is ever written to. */
export const createApiKey = (shell: Shell, options: CreateOptions): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (place): Promise<ExitCode> => {
    const user = await requireUser(place, options.user);
    const { name, scope: scopes, expiresInDays } = options;
    const { apiKey, secret } = await place.apiKeys
      .create(user.id, { name, scopes, expiresInDays }, commandLine)
      .catch((error: unknown) => Promise.reject(inWords(error)));
    if (options.json) {
      printJson(shell, { apiKey: toJson(apiKey), secret });
      return 0;
    }
    print(shell, secret);
    shell.stderr.write(
      `This is the API key “${printable(apiKey.name)}” of ${printable(user.email)}, until ${formatTime(apiKey.expiresAt)}. It is shown this once.\n`,
    );
    return 0;
  });

/** Names what can be granted where a scope was refused: the operator may know. */
const inWords = (error: unknown): unknown => {
  if (!(error instanceof AppError) || error.details.field !== 'scopes') return error;
  const scopes = error.details.required?.['scopes'];
  return Array.isArray(scopes) ? new CommandFailed(`${error.message} There are: ${scopes.join(', ')}.`) : error;
};

/** Every key of an account, newest first. */
export const listApiKeys = (shell: Shell, { user: emailOrId, json }: OfUser): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (place): Promise<ExitCode> => {
    const user = await requireUser(place, emailOrId);
    const apiKeys = await place.apiKeys.list(user.id);
    if (json) printJson(shell, { apiKeys: apiKeys.map(toJson) });
    else printApiKeys(shell, apiKeys);
    return 0;
  });

const printApiKeys = (shell: Shell, apiKeys: readonly ApiKey[]): void => {
  if (apiKeys.length === 0) return void shell.stderr.write('This account has no API keys.\n');
  const now = shell.clock();
  printTable(
    shell,
    ['ID', 'NAME', 'SCOPES', 'CREATED', 'LAST USED', 'STATE'],
    apiKeys.map((apiKey) => [
      ...[apiKey.id, apiKey.name, apiKey.scopes.join(' ') || '-', formatDistance(apiKey.createdAt, now)],
      apiKey.lastUsedAt === null ? 'never' : formatDistance(apiKey.lastUsedAt, now),
      describeState(apiKey, now),
    ]),
  );
};

const describeState = (apiKey: ApiKey, now: number): string => {
  switch (apiKeyState(apiKey, now)) {
    case 'live':
      return `expires ${formatDistance(apiKey.expiresAt, now)}`;
    case 'expired':
      return `expired ${formatDistance(apiKey.expiresAt, now)}`;
    case 'revoked':
      return `revoked ${formatDistance(apiKey.revokedAt ?? now, now)}`;
  }
};

/** Ends one key of an account. A running server refuses it from its next request on. */
export const revokeApiKey = (shell: Shell, id: string, { user: emailOrId, json }: OfUser): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (place): Promise<ExitCode> => {
    const user = await requireUser(place, emailOrId);
    const apiKey = await place.apiKeys.revoke(user.id, id.trim().toLowerCase(), commandLine).catch((error: unknown) => {
      if (!(error instanceof AppError && error.code === 'NOT_FOUND')) throw error;
      throw new CommandFailed(`${user.email} has no API key with this id.`);
    });
    if (json) printJson(shell, toJson(apiKey));
    else print(shell, `The API key “${printable(apiKey.name)}” of ${printable(user.email)} is revoked.`);
    return 0;
  });

const toJson = (apiKey: ApiKey) => ({
  id: apiKey.id,
  userId: apiKey.userId,
  prefix: prefixOf(apiKey),
  name: apiKey.name,
  scopes: apiKey.scopes,
  createdAt: formatTime(apiKey.createdAt),
  expiresAt: formatTime(apiKey.expiresAt),
  lastUsedAt: apiKey.lastUsedAt === null ? null : formatTime(apiKey.lastUsedAt),
  revokedAt: apiKey.revokedAt === null ? null : formatTime(apiKey.revokedAt),
});
