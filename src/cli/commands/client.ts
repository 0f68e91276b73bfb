import type { Command } from 'commander';
import { commandLine } from '../../domain/event.ts';
import { nextCursor } from '../../domain/page.ts';
import type { ServiceClient } from '../../domain/service-client.ts';
import type { ClientWithSecret } from '../../services/service-clients.ts';
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
  withPageOptions,
} from '../options.ts';
import { escapeTerminal } from '../output/escape-terminal.ts';
import { formatDistance, formatTime, formatTimeOrNull } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { orNotFound, requireApi, type ServicesContext, withServices } from '../services.ts';
import { type ExitCode, print, printJson, type Shell } from '../shell.ts';

const clientJson = '{ id, name, scopes, createdAt, disabledAt, previousSecretExpiresAt }';
const clientArgument = ['<client id>', 'the client, as client list shows it'] as const;
const exampleId = '0190f0b7-6b0e-7c5e-8d0e-2f6f0d6f5c1a';

export const addClientCommands = (program: Command, deps: CommandDeps): void => {
  const client = program
    .command('client')
    .description('create, list and change service clients: services that get tokens for themselves');
  addCreate(client, deps);
  addList(client, deps);
  addRotate(client, deps);
  addDisable(client, deps);
};

const addCreate = (client: Command, { shell, run }: CommandDeps): void => {
  client
    .command('create')
    .description('create a service client; its secret is shown only once')
    .requiredOption('--name <name>', 'its display name')
    .option('--scope <scope>', 'what it may request, resource:action; repeat it for more', collect, [])
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        notes: 'Without a scope, every field that requires one is denied to it.',
        examples: ['client create --name till --scope orders:read --scope orders:write'],
        json: `{ client: ${clientJson}, secret }`,
      }),
    )
    .action((options: CreateOptions) => run(createClient(shell, options)));
};

type CreateOptions = JsonOption & { readonly name: string; readonly scope: readonly string[] };

const createClient = (shell: Shell, { name, scope, json }: CreateOptions): Promise<ExitCode> =>
  withClients(shell, async ({ serviceClients }) => {
    const created = await serviceClients.create({ name, scopes: scope }, commandLine);
    await warnOfUnknownScopes(shell, created.client.scopes);
    const { id, scopes } = created.client;
    printWithSecret(shell, created, {
      sentence: `Created ${escapeTerminal(created.client.name)} with the id ${id} and ${scopes.length === 0 ? 'no scope' : `the scopes ${scopes.join(' ')}`}.`,
      json,
    });
  });

/** Not an error: the scope may be one of another service that accepts our tokens. */
const warnOfUnknownScopes = async (shell: Shell, scopes: readonly string[]): Promise<void> => {
  const { unknownScopes } = await import('../../boot/schema-rights.ts');
  const unknown = unknownScopes(await requireApi(shell), scopes);
  if (unknown.length === 0) return;
  shell.stderr.write(
    `No field of this server's schema asks for ${unknown.map(escapeTerminal).join(', ')}; check the spelling, unless another service does.\n`,
  );
};

const addList = (client: Command, { shell, run }: CommandDeps): void => {
  withPageOptions(client.command('list'))
    .description('list the service clients, oldest first')
    .option(...jsonOption)
    .addHelpText('after', helpText({ examples: ['client list'], json: pageJson('clients', clientJson) }))
    .action((options: JsonOption & PageOptions) => run(listClients(shell, options)));
};

const listClients = (shell: Shell, { json, ...page }: JsonOption & PageOptions): Promise<ExitCode> =>
  withClients(shell, async ({ serviceClients }) => {
    const found = await serviceClients.list(toPageQuery(page));
    const next = nextCursor(found);
    if (json) printJson(shell, { clients: found.items.map(toJson), next });
    else printClients(shell, found.items, next);
  });

const addRotate = (client: Command, { shell, run }: CommandDeps): void => {
  client
    .command('rotate')
    .description(
      'give a service client a new secret, shown only once; the current one is accepted for another 24 hours',
    )
    .argument(...clientArgument)
    .option('--end-previous', 'end every earlier secret immediately, because it leaked')
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        notes: 'Repeating it keeps the secret that the service uses.',
        examples: [`client rotate ${exampleId}`, `client rotate ${exampleId} --end-previous`],
        json: `{ client: ${clientJson}, secret }`,
      }),
    )
    .action((id: string, options: RotateOptions) => run(rotateSecret(shell, id, options)));
};

type RotateOptions = JsonOption & { readonly endPrevious?: boolean };

const rotateSecret = (shell: Shell, id: string, { json, endPrevious = false }: RotateOptions): Promise<ExitCode> =>
  withClients(shell, async ({ serviceClients }) => {
    const rotated = await orNotFound(
      serviceClients.rotateSecret(id.toLowerCase(), commandLine, { endPrevious }),
      'There is no service client with this id, or it is disabled.',
    );
    const { name, previousSecretExpiresAt } = rotated.client;
    const previous =
      previousSecretExpiresAt === null
        ? 'Every earlier one has ended.'
        : `The previous one expires ${formatDistance(previousSecretExpiresAt, shell.clock())}.`;
    printWithSecret(shell, rotated, {
      sentence: `${escapeTerminal(name)} has a new secret. ${previous}`,
      json,
    });
  });

const addDisable = (client: Command, { shell, run }: CommandDeps): void => {
  client
    .command('disable')
    .description('disable a service client for good; a running server rejects its tokens from then on')
    .argument(...clientArgument)
    .option(...jsonOption)
    .addHelpText('after', helpText({ examples: [`client disable ${exampleId}`], json: clientJson }))
    .action((id: string, options: JsonOption) => run(disableClient(shell, id, options)));
};

const disableClient = (shell: Shell, id: string, { json }: JsonOption): Promise<ExitCode> =>
  withClients(shell, async ({ serviceClients }) => {
    const client = await orNotFound(
      serviceClients.disable(id.toLowerCase(), commandLine),
      'There is no service client with this id.',
    );
    if (json) printJson(shell, toJson(client));
    else print(shell, `${escapeTerminal(client.name)} is disabled; its secrets and tokens are rejected.`);
  });

const withClients = (shell: Shell, work: (context: ServicesContext) => Promise<void>): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (context): Promise<ExitCode> => {
    await work(context);
    return 0;
  });

/** For people, the secret stands alone on standard output, so that it can be piped to where it is kept. */
const printWithSecret = (
  shell: Shell,
  { client, secret }: ClientWithSecret,
  { sentence, json }: { readonly sentence: string; readonly json: boolean | undefined },
): void => {
  if (json) {
    printJson(shell, { client: toJson(client), secret });
    return;
  }
  shell.stderr.write(`${sentence} This is its secret, shown only once:\n`);
  print(shell, secret);
};

const printClients = (shell: Shell, clients: readonly ServiceClient[], next: string | null): void => {
  if (clients.length === 0) return void shell.stderr.write('There are no service clients.\n');
  const now = shell.clock();
  printTable(
    shell,
    ['ID', 'NAME', 'SCOPES', 'CREATED', 'STATE'],
    clients.map(({ id, name, scopes, createdAt, disabledAt }) => [
      ...[id, name, scopes.join(' ') || '-', formatDistance(createdAt, now)],
      disabledAt === null ? 'enabled' : `disabled ${formatDistance(disabledAt, now)}`,
    ]),
  );
  printNext(shell, next);
};

const toJson = ({ id, name, scopes, createdAt, disabledAt, previousSecretExpiresAt }: ServiceClient) => ({
  id,
  name,
  scopes,
  createdAt: formatTime(createdAt),
  disabledAt: formatTimeOrNull(disabledAt),
  previousSecretExpiresAt: formatTimeOrNull(previousSecretExpiresAt),
});
