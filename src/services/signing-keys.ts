import {
  type ConfiguredKeys,
  generateKey,
  type KeySet,
  keySetFromSecret,
  parseKeySet,
  publicJwks,
} from '../crypto/keys.ts';
import type { KeySource } from '../domain/settings/key-source.ts';
import type { SigningAlgorithm } from '../domain/signing-algorithms.ts';

/** How a key file is read, and created where keys are generated. */
export type KeyFiles = {
  readonly read: (file: string) => Promise<string>;
  readonly readOrCreate: (file: string, create: () => Promise<string>) => Promise<string>;
};

/** Loads the keys that sign and verify access tokens. Rejects with `SigningKeysError`, whose message names the setting and never contains a key. */
export const loadSigningKeys = async (source: KeySource, { read, readOrCreate }: KeyFiles): Promise<ConfiguredKeys> => {
  switch (source.kind) {
    case 'secret':
      return withSettingName('JWT_SECRET', () => keySetFromSecret(source.secret, source.algorithm));
    case 'file':
      return withSettingName('JWT_KEYS', async () => parseKeySet(parseJson(await read(source.file)), source.algorithm));
    case 'generated':
      return withSettingName(`the generated keys in ${source.file}`, async () =>
        parseKeySet(parseJson(await readOrCreate(source.file, () => newKeyFile(source.algorithm))), source.algorithm),
      );
  }
};

/** The text of a new key file with one key. */
export const newKeyFile = async (algorithm: SigningAlgorithm): Promise<string> =>
  `${JSON.stringify({ keys: [await generateKey(algorithm)] }, null, 2)}\n`;

/** Returns what others verify access tokens with: public keys, each with `kid`, `alg` and `use`; none for a shared secret. */
export const publicKeys = (keys: KeySet): { readonly keys: readonly object[] } => publicJwks(keys);

/** A problem with the signing keys. The message is for the operator. */
export class SigningKeysError extends Error {
  override readonly name = 'SigningKeysError';
}

const withSettingName = async (
  setting: string,
  load: () => ConfiguredKeys | Promise<ConfiguredKeys>,
): Promise<ConfiguredKeys> => {
  try {
    return await load();
  } catch (error) {
    throw new SigningKeysError(`${setting}: ${error instanceof Error ? error.message : 'cannot be used'}`);
  }
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new SigningKeysError('is not JSON.'); // The parser's message would quote the file.
  }
};
