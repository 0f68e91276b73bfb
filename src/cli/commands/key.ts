import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { commandLine } from '../../domain/event.ts';
import { type SigningAlgorithm, signingAlgorithmNames } from '../../domain/signing-algorithms.ts';
import type { ManagedKey } from '../../services/key-chains.ts';
import { type CommandDeps, helpText, type JsonOption, jsonOption } from '../options.ts';
import { formatDistance, formatTimeOrNull } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { loadKeys, loadSettings, type ServicesContext, withServices } from '../services.ts';
import { CommandFailed, type ExitCode, print, printJson, type Shell, UsageError } from '../shell.ts';

const states =
  'States: next (published, signs at its until), current (signs), retired (verifies until), removed, sealed (cannot be opened).';
const keysJson = '{ keys: [{ kid, algorithm, state, since, until, signs, verifies }] }';

export const addKeyCommands = (program: Command, deps: CommandDeps): void => {
  const key = program.command('key').description('create, list, rotate and revoke signing keys');
  addGenerate(key, deps);
  addList(key, deps);
  addRotate(key, deps);
  addRevoke(key, deps);
};

const addGenerate = (key: Command, { shell, run }: CommandDeps): void => {
  key
    .command('generate')
    .description('create a signing key: a JWK Set with a private key, for JWT_KEYS')
    .option('--algorithm <name>', 'its algorithm: ES256, RS256, … (default: JWT_ALGORITHM, else ES256)')
    .option('--out <file>', 'write it to a new file, mode 0600, instead of standard output')
    .addHelpText('after', helpText({ examples: ['key generate --out keys.json', 'key generate --algorithm RS256'] }))
    .action((options: GenerateOptions) => run(generateKeyFile(shell, options)));
};

type GenerateOptions = { readonly algorithm?: string; readonly out?: string };

const generateKeyFile = async (shell: Shell, { algorithm, out }: GenerateOptions): Promise<ExitCode> => {
  const { newKeyFile } = await import('../../services/signing-keys.ts');
  const text = await newKeyFile(parseAlgorithm(algorithm ?? shell.environment()['JWT_ALGORITHM'] ?? 'ES256'));
  if (out === undefined) {
    shell.stdout.write(text);
    return 0;
  }
  await writeNewFile(out, text);
  print(shell, `Wrote ${out}, readable by you only. Start the server with JWT_KEYS=${out}`);
  return 0;
};

const parseAlgorithm = (name: string): SigningAlgorithm => {
  const algorithm = signingAlgorithmNames.find((known) => known === name.toUpperCase());
  if (!algorithm) throw new UsageError(`Unknown algorithm. Use one of ${signingAlgorithmNames.join(', ')}.`);
  return algorithm;
};

/** Never overwrites: losing a key to a typing error would sign everybody out. */
const writeNewFile = async (path: string, text: string): Promise<void> => {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600, flush: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const exists = 'code' in error && error.code === 'EEXIST';
    throw new CommandFailed(exists ? `${path} exists already and was not changed.` : `${error.message}.`);
  }
};

const addList = (key: Command, { shell, run }: CommandDeps): void => {
  key
    .command('list')
    .description('list the signing keys and what each is used for; never key material')
    .option(...jsonOption)
    .addHelpText('after', helpText({ notes: states, examples: ['key list'], json: keysJson }))
    .action((options: JsonOption) => run(listKeys(shell, options)));
};

const listKeys = async (shell: Shell, { json }: JsonOption): Promise<ExitCode> => {
  const { config } = await loadSettings(shell);
  const { hasDatabase } = await import('../../boot/cli-services.ts');
  if (hasDatabase(config)) return withKeys(shell, async ({ keyRing }) => printKeys(shell, keyRing.list(), json));
  const { managedKeys, rootKeysOf } = await import('../../services/key-chains.ts');
  printKeys(shell, managedKeys(rootKeysOf(await loadKeys(config)), [], shell.clock()), json);
  return 0;
};

const addRotate = (key: Command, { shell, run }: CommandDeps): void => {
  key
    .command('rotate')
    .description('publish the key that signs next; tokens of the current one remain valid until they expire')
    .option(...jsonOption)
    .addHelpText('after', helpText({ notes: states, examples: ['key rotate'], json: keysJson }))
    .action((options: JsonOption) => run(rotateKey(shell, options)));
};

const rotateKey = (shell: Shell, { json }: JsonOption): Promise<ExitCode> =>
  withKeys(shell, async ({ keyRing }) => {
    await keyRing.rotate(commandLine);
    if (!json) print(shell, 'Published the next key. It signs as soon as verifiers have had time to fetch it.\n');
    printKeys(shell, keyRing.list(), json);
  });

const addRevoke = (key: Command, { shell, run }: CommandDeps): void => {
  key
    .command('revoke')
    .description('for a leaked key: end it, and with it every token it signed, on each running server within 5 seconds')
    .argument('<kid>', 'the key, as key list shows it')
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        notes: `A kid that begins with - needs -- before it.\n${states}`,
        examples: ['key revoke 8mQ2nYw3', 'key revoke -- -x7Rk1Zd'],
        json: keysJson,
      }),
    )
    .action((kid: string, options: JsonOption) => run(revokeKey(shell, kid, options)));
};

const revokeKey = (shell: Shell, kid: string, { json }: JsonOption): Promise<ExitCode> =>
  withKeys(shell, async ({ keyRing }) => {
    await keyRing.revoke(kid, commandLine);
    if (!json) {
      print(
        shell,
        'The key is revoked. Running servers reject its access tokens within 5 seconds; refresh tokens remain valid.\n',
      );
    }
    printKeys(shell, keyRing.list(), json);
  });

const withKeys = (shell: Shell, work: (context: ServicesContext) => Promise<void> | void): Promise<ExitCode> =>
  withServices(shell, { database: 'existing', keys: true }, async (context): Promise<ExitCode> => {
    const { SigningKeysError } = await import('../../services/signing-keys.ts');
    try {
      await work(context);
      return 0;
    } catch (error) {
      throw error instanceof SigningKeysError ? new CommandFailed(error.message) : error;
    }
  });

const printKeys = (shell: Shell, keys: readonly ManagedKey[], json: boolean | undefined): void => {
  if (json) return void printJson(shell, { keys: keys.map(toJson) });
  const now = shell.clock();
  printTable(
    shell,
    ['KEY', 'ALGORITHM', 'STATE', 'SINCE', 'UNTIL'],
    keys.map(({ kid, key, state, since, until }) => [
      ...[kid, key?.alg ?? '-', state],
      ...[since, until].map((time) => (time === null ? '-' : formatDistance(time, now))),
    ]),
  );
};

const toJson = ({ kid, key, state, since, until }: ManagedKey) => ({
  kid,
  algorithm: key?.alg ?? null,
  state,
  since: formatTimeOrNull(since),
  until: formatTimeOrNull(until),
  signs: state === 'current',
  verifies: state !== 'removed' && state !== 'sealed',
});
