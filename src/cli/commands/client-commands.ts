import type { Command } from 'commander';
import { jsonOption, type Run } from '../options.ts';
import type { Shell } from '../shell.ts';

const clientFields = '{ id, name, scopes, createdAt, disabledAt, previousSecretExpiresAt }';
const clientId = 'the client, as client list shows it';

export const addClientCommands = (program: Command, shell: Shell, run: Run): void => {
  const client = program
    .command('client')
    .description('make, list and change service clients: services that get tokens for themselves');
  client
    .command('create')
    .description('make a service client; its secret is printed this once')
    .requiredOption('--name <name>', 'what to call it')
    .option('--scope <scope>', 'what it may ask for, resource:action; repeat it for more', collect, [])
    .option(...jsonOption)
    .addHelpText(
      'after',
      `\nWithout a scope it may do nothing that a rule asks a scope for.\nJSON: { client: ${clientFields}, secret }`,
    )
    .action((options) => run(import('./client.ts').then(({ createClient }) => createClient(shell, options))));
  client
    .command('list')
    .description('list the service clients, oldest first')
    .option(...jsonOption)
    .addHelpText('after', `\nJSON: { clients: [${clientFields}] }`)
    .action((options) => run(import('./client.ts').then(({ listClients }) => listClients(shell, options))));
  client
    .command('rotate')
    .description(
      'give a service client a new secret, printed this once; the present one is accepted for another 24 hours',
    )
    .argument('<client id>', clientId)
    .option(...jsonOption)
    .addHelpText(
      'after',
      `\nRotating twice ends a secret that leaked at once.\nJSON: { client: ${clientFields}, secret }`,
    )
    .action((id: string, options) =>
      run(import('./client.ts').then(({ rotateClientSecret }) => rotateClientSecret(shell, id, options))),
    );
  client
    .command('disable')
    .description('switch a service client off for good; a running server refuses its tokens from then on')
    .argument('<client id>', clientId)
    .option(...jsonOption)
    .addHelpText('after', `\nJSON: ${clientFields}`)
    .action((id: string, options) =>
      run(import('./client.ts').then(({ disableClient }) => disableClient(shell, id, options))),
    );
};

const collect = (scope: string, before: readonly string[]): readonly string[] => [...before, scope];
