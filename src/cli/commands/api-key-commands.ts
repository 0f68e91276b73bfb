import { type Command, InvalidArgumentError } from 'commander';
import { account, jsonOption, type Run } from '../options.ts';
import type { Shell } from '../shell.ts';

export const addApiKeyCommands = (program: Command, shell: Shell, run: Run): void => {
  const apiKey = program
    .command('apikey')
    .description('make, list and revoke API keys: what programs send as X-API-Key');
  apiKey
    .command('create')
    .description('make an API key for an account; it is printed this once')
    .requiredOption('--user <email|id>', account)
    .requiredOption('--name <name>', 'what it is for')
    .option('--scope <scope>', 'what it may do, such as account:read or *:read; repeat it for more', collect, [])
    .option('--expires-in-days <days>', 'how long it lives, 1 to 365', parseDays, 90)
    .option(...jsonOption)
    .addHelpText('after', `\nWithout a scope it can only say whose it is.\nJSON: { apiKey: ${apiKeyFields}, secret }`)
    .action((options) => run(import('./api-key.ts').then(({ createApiKey }) => createApiKey(shell, options))));
  apiKey
    .command('list')
    .description('list the API keys of an account, newest first, those that are over too')
    .requiredOption('--user <email|id>', account)
    .option(...jsonOption)
    .addHelpText('after', `\nJSON: { apiKeys: [${apiKeyFields}] }`)
    .action((options) => run(import('./api-key.ts').then(({ listApiKeys }) => listApiKeys(shell, options))));
  apiKey
    .command('revoke')
    .description('end an API key of an account; a running server refuses it from then on')
    .argument('<key id>', 'the key, as apikey list shows it')
    .requiredOption('--user <email|id>', account)
    .option(...jsonOption)
    .addHelpText('after', `\nJSON: ${apiKeyFields}`)
    .action((id: string, options) =>
      run(import('./api-key.ts').then(({ revokeApiKey }) => revokeApiKey(shell, id, options))),
    );
};

const apiKeyFields = '{ id, userId, prefix, name, scopes, createdAt, expiresAt, lastUsedAt, revokedAt }';

const collect = (scope: string, before: readonly string[]): readonly string[] => [...before, scope];

const parseDays = (text: string): number => {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= 365) return days;
  throw new InvalidArgumentError('It is a whole number from 1 to 365.');
};
