import { AppError } from '../../domain/errors.ts';
import { commandLine } from '../../domain/event.ts';
import type { ServiceClient } from '../../domain/service-client.ts';
import type { ClientWithSecret } from '../../services/service-clients.ts';
import { printable } from '../output/escape-terminal.ts';
import { formatDistance, formatTime } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { type Workplace, withServices } from '../services.ts';
import { CommandFailed, type ExitCode, print, printJson, type Shell } from '../shell.ts';

type Json = { readonly json?: boolean };
type CreateOptions = Json & { readonly name: string; readonly scope: readonly string[] };

/** A new service client and its secret. */
export const createClient = (shell: Shell, { name, scope, json }: CreateOptions): Promise<ExitCode> =>
  withClients(shell, async ({ serviceClients }) => {
    const created = await serviceClients.create({ name, scopes: scope }, commandLine);
    const { id, scopes } = created.client;
    printWithSecret(shell, created, {
      sentence: `Created ${printable(created.client.name)} with the id ${id} and ${scopes.length === 0 ? 'no scope' : `the scopes ${scopes.join(' ')}`}.`,
      json,
    });
  });

/** Every service client, oldest first. */
export const listClients = (shell: Shell, { json }: Json): Promise<ExitCode> =>
  withClients(shell, async ({ serviceClients }) => {
    const clients = await serviceClients.list();
    if (json) printJson(shell, { clients: clients.map(toJson) });
    else printClients(shell, clients);
  });

/** A new secret for a service client. */
export const rotateClientSecret = (shell: Shell, id: string, { json }: Json): Promise<ExitCode> =>
  withClients(shell, async ({ serviceClients }) => {
    const rotated = await found(
      serviceClients.rotateSecret(id.toLowerCase(), commandLine),
      'There is no service client with this id that is on.',
    );
    const until = formatDistance(rotated.client.previousSecretExpiresAt ?? 0, shell.clock());
    printWithSecret(shell, rotated, {
      sentence: `${printable(rotated.client.name)} has a new secret. The one before it ends ${until}.`,
      json,
    });
  });

/** Switches a service client off. A running server refuses its tokens from its next request on. */
export const disableClient = (shell: Shell, id: string, { json }: Json): Promise<ExitCode> =>
  withClients(shell, async ({ serviceClients }) => {
    const client = await found(
      serviceClients.disable(id.toLowerCase(), commandLine),
      'There is no service client with this id.',
    );
    if (json) printJson(shell, toJson(client));
    else print(shell, `${printable(client.name)} is switched off; its secrets and tokens are refused.`);
  });

const withClients = (shell: Shell, work: (place: Workplace) => Promise<void>): Promise<ExitCode> =>
  withServices(shell, { database: 'existing' }, async (place): Promise<ExitCode> => {
    await work(place);
    return 0;
  });

const found = async <Result>(change: Promise<Result>, otherwise: string): Promise<Result> => {
  try {
    return await change;
  } catch (error) {
    throw error instanceof AppError && error.code === 'NOT_FOUND' ? new CommandFailed(otherwise) : error;
  }
};

/** For people the secret stands alone on standard output, so that it can be piped to where it is kept. */
const printWithSecret = (
  shell: Shell,
  { client, secret }: ClientWithSecret,
  { sentence, json }: { readonly sentence: string; readonly json: boolean | undefined },
): void => {
  if (json) {
    printJson(shell, { client: toJson(client), secret });
    return;
  }
  shell.stderr.write(`${sentence} This is its secret, shown this once:\n`);
  print(shell, secret);
};

const printClients = (shell: Shell, clients: readonly ServiceClient[]): void => {
  if (clients.length === 0) return void shell.stderr.write('There are no service clients.\n');
  const now = shell.clock();
  printTable(
    shell,
    ['ID', 'NAME', 'SCOPES', 'CREATED', 'STATE'],
    clients.map(({ id, name, scopes, createdAt, disabledAt }) => [
      ...[id, name, scopes.join(' ') || '-', formatDistance(createdAt, now)],
      disabledAt === null ? 'on' : `off since ${formatDistance(disabledAt, now)}`,
    ]),
  );
};

const toJson = ({ id, name, scopes, createdAt, disabledAt, previousSecretExpiresAt }: ServiceClient) => ({
  id,
  name,
  scopes,
  createdAt: formatTime(createdAt),
  disabledAt: disabledAt === null ? null : formatTime(disabledAt),
  previousSecretExpiresAt: previousSecretExpiresAt === null ? null : formatTime(previousSecretExpiresAt),
});
