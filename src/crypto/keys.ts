import { createSecretKey, generateKeyPair, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../domain/secret.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../domain/signing-algorithms.ts';
import { isJsonObject } from './json-object.ts';
import { type Key, KeyError, keyId, parseJwk, parseSecret } from './jwk.ts';

export type SigningKey = { readonly kid: string; readonly alg: SigningAlgorithm; readonly key: KeyObject };

export type VerificationKey = SigningKey;

/**
 * One key signs, all verify. Every key has one `kid` and one algorithm, so that a token's header chooses among keys and
 * never what is done with one (RFC 8725 §3.1). All are of one family: no shared secret ever stands beside a public key.
 */
export type KeySet = {
  readonly signing: SigningKey;
  readonly verification: ReadonlyMap<string, VerificationKey>;
};

/** What a configuration brings: the set, and the keys it is made of in their order, with what is private of them. */
export type ConfiguredKeys = KeySet & { readonly keys: readonly Key[] };

/**
 * A JWK Set with private keys (RFC 7517 §5) → the key set; its first key signs, all verify.
 * `alg` is the algorithm to sign with, and that of keys which do not say their own; left out, every key must say it.
 * Throws `KeyError` for a set that is empty or not a JWK Set, a key that is not fit for use (`parseJwk`), a first key that
 * cannot sign or is for another algorithm, keys of different families, and a `kid` or a key that occurs twice.
 */
export const parseKeySet = (jwks: unknown, alg?: SigningAlgorithm): ConfiguredKeys => {
  const list = isJsonObject(jwks) ? jwks['keys'] : undefined;
  if (!Array.isArray(list)) throw new KeyError('The key file is not a JWK Set: an object with a "keys" array.');
  return assemble(
    list.map((jwk, i) => parseJwk(jwk, alg, `key number ${i + 1}`)),
    alg,
  );
};

/** The key set of one shared secret, for HS256, HS384 and HS512. The secret's bytes are those of its text in UTF-8. */
export const keySetFromSecret = (secret: Secret, alg: SigningAlgorithm): ConfiguredKeys =>
  assemble([parseSecret(Buffer.from(secret.reveal(), 'utf8'), alg, 'The secret')], alg);

/** A new private key for an algorithm, as a JWK to keep in a key file: RSA of 2048 bits, the algorithm's curve, or a secret. */
export const generateKey = async (alg: SigningAlgorithm): Promise<JsonWebKey> => {
  const key = await generateKeyObject(alg);
  return { ...key.export({ format: 'jwk' }), kid: keyId(key), alg, use: 'sig' };
};

/** The public halves of a key set, for others to verify with. Shared secrets are not in it: for HS* it is empty. */
export const publicJwks = ({ verification }: KeySet): { readonly keys: readonly JsonWebKey[] } => {
  const keys = [...verification.values()].filter(({ key }) => key.type === 'public');
  return { keys: keys.map(toJwk) };
};

/** A key as a JWK that says what it is for: with what makes it private, if it is. */
export const toJwk = ({ key, kid, alg }: SigningKey): JsonWebKey => ({
  ...key.export({ format: 'jwk' }),
  ...{ kid, alg, use: 'sig' },
});

const assemble = (keys: readonly Key[], alg: SigningAlgorithm | undefined): ConfiguredKeys => {
  const [first] = keys;
  if (first === undefined) throw new KeyError('The key file has no keys.');
  if (first.privateKey === null)
    throw new KeyError(`${quoted(first)} is first and should sign, but has no private part.`);
  if (alg !== undefined && first.alg !== alg) {
    throw new KeyError(`${quoted(first)} is first and should sign with ${alg}, but is for ${first.alg}.`);
  }
  requireOneFamily(keys);
  requireUnique(keys);
  return {
    signing: { kid: first.kid, alg: first.alg, key: first.privateKey },
    verification: new Map(keys.map(({ kid, alg, publicKey }) => [kid, { kid, alg, key: publicKey }])),
    keys,
  };
};

const requireOneFamily = (keys: readonly Key[]): void => {
  const families = new Set(keys.map(({ alg }) => signingAlgorithms[alg].kty));
  if (families.size > 1) throw new KeyError(`The key file mixes families of keys: ${[...families].join(', ')}.`);
};

const requireUnique = (keys: readonly Key[]): void => {
  const kids = new Set<string>();
  const materials = new Set<string>();
  for (const key of keys) {
    if (kids.has(key.kid)) throw new KeyError(`${quoted(key)} occurs twice: every "kid" must be unique.`);
    // The same key under two names could be used with two algorithms.
    const material = keyId(key.publicKey);
    if (materials.has(material)) throw new KeyError(`${quoted(key)} is the same key as another one.`);
    kids.add(key.kid);
    materials.add(material);
  }
};

const quoted = ({ kid }: Key): string => `key ${JSON.stringify(kid)}`;

const generateKeyObject = async (alg: SigningAlgorithm): Promise<KeyObject> => {
  const row = signingAlgorithms[alg];
  switch (row.kty) {
    case 'oct':
      return createSecretKey(randomBytes(row.leastSecretBytes));
    case 'EC':
      return (await generatePair('ec', { namedCurve: row.curve })).privateKey;
    case 'RSA':
      return (await generatePair('rsa', { modulusLength: 2048 })).privateKey;
  }
};

const generatePair = promisify(generateKeyPair);
