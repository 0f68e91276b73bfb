import { writeFile } from 'node:fs/promises';
import { commandLine } from '../../domain/event.ts';
import { type SigningAlgorithm, signingAlgorithmNames } from '../../domain/signing-algorithms.ts';
import { type ManagedKey, ringKeys, rootsOf } from '../../services/key-chains.ts';
import { newKeyFile, SigningKeysError } from '../../services/signing-keys.ts';
import { formatDistance, formatTime } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { loadConfig, loadKeys, type Workplace, withServices } from '../services.ts';
import { CommandFailed, type ExitCode, print, printJson, type Shell, UsageError } from '../shell.ts';

type GenerateOptions = { readonly algorithm?: string; readonly out?: string };

/** A new key file for JWT_KEYS: on standard output, or in a new file that only its owner can read. */
export const generateKeyFile = async (shell: Shell, { algorithm, out }: GenerateOptions): Promise<ExitCode> => {
  const text = await newKeyFile(parseAlgorithm(algorithm ?? shell.environment()['JWT_ALGORITHM'] ?? 'ES256'));
  if (out === undefined) {
    shell.stdout.write(text);
    return 0;
  }
  await writeNewFile(out, text);
  print(shell, `Wrote ${out}, readable by you alone. Start the server with JWT_KEYS=${out}`);
  return 0;
};

const parseAlgorithm = (name: string): SigningAlgorithm => {
  const algorithm = signingAlgorithmNames.find((known) => known === name.toUpperCase());
  if (!algorithm) throw new UsageError(`There is no such algorithm. There are ${signingAlgorithmNames.join(', ')}.`);
  return algorithm;
};

/** Never overwrites: whoever lost a key to a typing error has signed everybody out. */
const writeNewFile = async (path: string, text: string): Promise<void> => {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600, flush: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const exists = 'code' in error && error.code === 'EEXIST';
    throw new CommandFailed(exists ? `${path} is there already, and is left as it is.` : `${error.message}.`);
  }
};

type Json = { readonly json?: boolean };

/** Every key and what it is for now; nothing of what they are made of. */
export const listKeys = async (shell: Shell, { json }: Json): Promise<ExitCode> => {
  const config = await loadConfig(shell);
  const { hasDatabase } = await import('../../boot/cli-services.ts');
  if (hasDatabase(config)) return withKeys(shell, async ({ keyRing }) => printKeys(shell, keyRing.list(), json));
  printKeys(shell, ringKeys(rootsOf(await loadKeys(config)), [], shell.clock()), json);
  return 0;
};

/** Publishes the key that signs next. Running servers take part by themselves. */
export const rotateKey = (shell: Shell, { json }: Json): Promise<ExitCode> =>
  withKeys(shell, async ({ keyRing }) => {
    await keyRing.rotate(commandLine);
    if (!json) print(shell, 'The next key is published, and signs as soon as everybody has had time to learn of it.\n');
    printKeys(shell, keyRing.list(), json);
  });

/** Ends a key at once, and with it every access token that it signed. */
export const revokeKey = (shell: Shell, kid: string, { json }: Json): Promise<ExitCode> =>
  withKeys(shell, async ({ keyRing }) => {
    await keyRing.revoke(kid, commandLine);
    if (!json)
      print(
        shell,
        'The key is revoked. Running servers refuse its access tokens within 5 seconds; refresh tokens stay good.\n',
      );
    printKeys(shell, keyRing.list(), json);
  });

const withKeys = (shell: Shell, work: (place: Workplace) => Promise<void> | void): Promise<ExitCode> =>
  withServices(shell, { database: 'existing', keys: true }, async (place): Promise<ExitCode> => {
    try {
      await work(place);
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
  since: since === null ? null : formatTime(since),
  until: until === null ? null : formatTime(until),
  signs: state === 'current',
  verifies: state !== 'removed' && state !== 'sealed',
});
