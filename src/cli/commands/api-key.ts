import type { Command } from 'commander';
import { type ApiKey, apiKeyState } from '../../domain/api-key.ts';
import { AppError } from '../../domain/errors.ts';
import { commandLine } from '../../domain/event.ts';
import { nextCursor } from '../../domain/page.ts';
import { prefixOf } from '../../services/api-keys.ts';
import {
  type CommandDeps,
  collect,
  helpText,
  type JsonOption,
  jsonOption,
  type PageOptions,
  pageJson,
  printNext,
  toPageQuery,
  userOption,
  wholeNumber,
  withPageOptions,
} from '../options.ts';
import { escapeTerminal } from '../output/escape-terminal.ts';
import { formatDistance, formatTime, formatTimeOrNull } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { orNotFound, requireUser, withServices } from '../services.ts';
import { CommandFailed, type ExitCode, print, printJson, type Shell } from '../shell.ts';

const apiKeyJson = '{ id, userId, prefix, name, scopes, createdAt, expiresAt, lastUsedAt, revokedAt }';

export const addApiKeyCommands = (program: Command, deps: CommandDeps): void => {
  const apiKey = program
    .command('apikey')
    .description('create, list and revoke API keys, which programs send as X-API-Key');
  addCreate(apiKey, deps);
  addList(apiKey, deps);
  addRevoke(apiKey, deps);
};

const addCreate = (apiKey: Command, { shell, run }: CommandDeps): void => {
  apiKey
    .command('create')
    .description('create an API key for an account; it is shown only once')
    .requiredOption(...userOption)
    .requiredOption('--name <name>', 'what it is for')
    .option('--scope <scope>', 'what it may do, such as account:read or *:read; repeat it for more', collect, [])
    .option('--expires-in-days <days>', 'how long it is valid, 1 to 365', wholeNumber(1, 365), 90)
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        notes: 'A key without scopes can only read `viewer`.',
        examples: ['apikey create --user ada@example.com --name "nightly report" --scope account:read'],
        json: `{ apiKey: ${apiKeyJson}, secret }`,
      }),
    )
    .action((options: CreateOptions) => run(createApiKey(shell, options)));
};

type UserOptions = JsonOption & { readonly user: string };
type CreateOptions = UserOptions & {
  readonly name: string;
  readonly scope: readonly string[];
  readonly expiresInDays: number;
};

/** Standard output is the only place the key is ever written to. */
const createApiKey = (shell: Shell, options: CreateOptions): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (context): Promise<ExitCode> => {
    const user = await requireUser(context, options.user);
    const { name, scope: scopes, expiresInDays } = options;
    const { apiKey, secret } = await context.apiKeys
      .create(user.id, { name, scopes, expiresInDays }, commandLine)
      .catch((error: unknown) => Promise.reject(withGrantableScopes(error)));
    if (options.json) {
      printJson(shell, { apiKey: toJson(apiKey), secret });
      return 0;
    }
    print(shell, secret);
    shell.stderr.write(
      `This is the API key “${escapeTerminal(apiKey.name)}” of ${escapeTerminal(user.email)}, valid until ${formatTime(apiKey.expiresAt)}. It is shown only once.\n`,
    );
    return 0;
  });

/** Unlike a client, the operator is shown which scopes can be granted. */
const withGrantableScopes = (error: unknown): unknown => {
  if (!(error instanceof AppError) || error.details.field !== 'scopes') return error;
  const scopes = error.details.required?.['scopes'];
  return Array.isArray(scopes) ? new CommandFailed(`${error.message} Available: ${scopes.join(', ')}.`) : error;
};

const addList = (apiKey: Command, { shell, run }: CommandDeps): void => {
  withPageOptions(apiKey.command('list'))
    .description('list the API keys of an account, newest first, including expired and revoked ones')
    .requiredOption(...userOption)
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({ examples: ['apikey list --user ada@example.com'], json: pageJson('apiKeys', apiKeyJson) }),
    )
    .action((options: UserOptions & PageOptions) => run(listApiKeys(shell, options)));
};

const listApiKeys = (shell: Shell, { user: emailOrId, json, ...page }: UserOptions & PageOptions): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (context): Promise<ExitCode> => {
    const user = await requireUser(context, emailOrId);
    const found = await context.apiKeys.list(user.id, toPageQuery(page));
    const next = nextCursor(found);
    if (json) printJson(shell, { apiKeys: found.items.map(toJson), next });
    else printApiKeys(shell, found.items, next);
    return 0;
  });

const printApiKeys = (shell: Shell, apiKeys: readonly ApiKey[], next: string | null): void => {
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
  printNext(shell, next);
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

const addRevoke = (apiKey: Command, { shell, run }: CommandDeps): void => {
  apiKey
    .command('revoke')
    .description('end an API key of an account; a running server rejects it from then on')
    .argument('<key id>', 'the key, as apikey list shows it')
    .requiredOption(...userOption)
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        examples: ['apikey revoke --user ada@example.com 0190f0b7-6b0e-7c5e-8d0e-2f6f0d6f5c1a'],
        json: apiKeyJson,
      }),
    )
    .action((id: string, options: UserOptions) => run(revokeApiKey(shell, id, options)));
};

const revokeApiKey = (shell: Shell, id: string, { user: emailOrId, json }: UserOptions): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (context): Promise<ExitCode> => {
    const user = await requireUser(context, emailOrId);
    const apiKey = await orNotFound(
      context.apiKeys.revoke(user.id, id.trim().toLowerCase(), commandLine),
      `${user.email} has no API key with this id.`,
    );
    if (json) printJson(shell, toJson(apiKey));
    else print(shell, `Revoked the API key “${escapeTerminal(apiKey.name)}” of ${escapeTerminal(user.email)}.`);
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
  lastUsedAt: formatTimeOrNull(apiKey.lastUsedAt),
  revokedAt: formatTimeOrNull(apiKey.revokedAt),
});
