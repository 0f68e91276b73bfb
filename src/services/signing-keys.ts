import { generateKey, type KeySet, keySetFromSecret, parseKeySet } from '../crypto/keys.ts';
import type { SigningAlgorithm } from '../crypto/signing-algorithms.ts';
import type { Secret } from '../domain/secret.ts';

/** Where the keys are kept, and how a file of keys is read or made; see `KeySource` of the configuration. */
export type KeyStorage = {
  readonly algorithm: SigningAlgorithm;
  readonly source:
    | { readonly kind: 'generated'; readonly file: string }
    | { readonly kind: 'file'; readonly file: string }
    | { readonly kind: 'secret'; readonly secret: Secret };
  readonly read: (file: string) => Promise<string>;
  readonly readOrCreate: (file: string, create: () => Promise<string>) => Promise<string>;
};

/** The keys that sign and verify access tokens. Rejects with a sentence that names the setting and never holds a key. */
export const loadSigningKeys = async ({ algorithm, source, read, readOrCreate }: KeyStorage): Promise<KeySet> => {
  switch (source.kind) {
    case 'secret':
      return named('JWT_SECRET', () => keySetFromSecret(source.secret, algorithm));
    case 'file':
      return named('JWT_KEYS', async () => parseKeySet(parseJson(await read(source.file)), algorithm));
    case 'generated':
      return named(`the generated keys in ${source.file}`, async () =>
        parseKeySet(parseJson(await readOrCreate(source.file, () => newKeyFile(algorithm))), algorithm),
      );
  }
};

/** The text of a new key file with one key. */
export const newKeyFile = async (algorithm: SigningAlgorithm): Promise<string> =>
  `${JSON.stringify({ keys: [await generateKey(algorithm)] }, null, 2)}\n`;

/** A problem with the signing keys, in words for the operator. */
export class SigningKeysError extends Error {
  override readonly name = 'SigningKeysError';
}

const named = async (setting: string, load: () => KeySet | Promise<KeySet>): Promise<KeySet> => {
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
    throw new SigningKeysError('is not JSON.'); // The parser's own words would quote the file.
  }
};
