import { writeFile } from 'node:fs/promises';
import { algorithmNames, newKeyFile } from '../services/signing-keys.ts';
import { CommandFailed, type ExitCode, print, printJson, type Shell, UsageError } from './shell.ts';
import { printTable } from './table.ts';
import { loadConfig, loadKeys } from './workplace.ts';

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

const parseAlgorithm = (name: string): (typeof algorithmNames)[number] => {
  const algorithm = algorithmNames.find((known) => known === name.toUpperCase());
  if (!algorithm) throw new UsageError(`There is no such algorithm. There are ${algorithmNames.join(', ')}.`);
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

/** The keys of the configuration by name; nothing of what they are made of. */
export const listKeys = async (shell: Shell, { json }: { readonly json?: boolean }): Promise<ExitCode> => {
  const { signing, verification } = await loadKeys(await loadConfig(shell));
  const keys = [...verification.values()].map(({ kid, alg }) => ({
    kid,
    algorithm: alg,
    signs: kid === signing.kid,
    verifies: true,
  }));
  if (json) {
    printJson(shell, { keys });
  } else {
    printTable(
      shell,
      ['KEY', 'ALGORITHM', 'USE'],
      keys.map(({ kid, algorithm, signs }) => [kid, algorithm, signs ? 'signs and verifies' : 'verifies']),
    );
  }
  return 0;
};
