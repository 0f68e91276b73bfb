import { createSecretKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../domain/secret.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../domain/signing-algorithms.ts';
import { isJsonObject } from './json-object.ts';
import { type JsonWebKey, type Key, KeyError, keyId, parseJwk, parseSecret } from './jwk.ts';

export type SigningKey = { readonly kid: string; readonly alg: SigningAlgorithm; readonly key: KeyObject };

export type VerificationKey = SigningKey;

/**
 * One key signs, all verify. Every key has one `kid` and one algorithm, so that a token's header selects a key and never how it
 * is used (RFC 8725 §3.1). All are of one family: a set never has both a shared secret and a public key.
 */
export type KeySet = {
  readonly signing: SigningKey;
  readonly verification: ReadonlyMap<string, VerificationKey>;
};

/** The key set in use. Read `current` at every use: another set takes its place when the keys change. */
export type CurrentKeys = { readonly current: KeySet };

/** The keys of a configuration: the set, and the keys in their order with their private parts. */
export type ConfiguredKeys = KeySet & { readonly keys: readonly Key[] };

/**
 * Parses a JWK Set with private keys (RFC 7517 §5); its first key signs, all verify. `alg` is the algorithm to sign with, and the
 * default of keys without their own; if it is left out, every key must have one.
 * Throws `KeyError` for a set that is empty or not a JWK Set, a key that cannot be used (`parseJwk`), a first key that cannot
 * sign or is for another algorithm, keys of different families, and a `kid` or a key that occurs twice.
 */
export const parseKeySet = (jwks: unknown, alg?: SigningAlgorithm): ConfiguredKeys => {
  const list = isJsonObject(jwks) ? jwks['keys'] : undefined;
  if (!Array.isArray(list))
    throw new KeyError('The key file is not a JWK Set. It must be an object with a "keys" array.');
  return assemble(
    list.map((jwk, i) => parseJwk(jwk, alg, `key number ${i + 1}`)),
    alg,
  );
};

/** Creates the key set of one shared secret, for HS256, HS384 and HS512. The bytes of the secret are its text in UTF-8. */
export const keySetFromSecret = (secret: Secret, alg: SigningAlgorithm): ConfiguredKeys =>
  assemble([parseSecret(Buffer.from(secret.reveal(), 'utf8'), alg, 'The secret')], alg);

/** Generates a private key for an algorithm, as a JWK for a key file: RSA of 2048 bits, the algorithm's curve, or a secret. */
export const generateKey = async (alg: SigningAlgorithm): Promise<JsonWebKey> => {
  const key = await generateKeyObject(alg);
  return { ...key.export({ format: 'jwk' }), kid: keyId(key), alg, use: 'sig' };
};

/** Returns the public keys of a set, for others to verify with; none for HS*, whose secrets are not public. */
export const publicJwks = ({ verification }: KeySet): { readonly keys: readonly JsonWebKey[] } => {
  const keys = [...verification.values()].filter(({ key }) => key.type === 'public');
  return { keys: keys.map(toJwk) };
};

/** Returns a key as a JWK with `kid`, `alg` and `use`, and with its private members if it has them. */
export const toJwk = ({ key, kid, alg }: SigningKey): JsonWebKey => ({
  ...key.export({ format: 'jwk' }),
  ...{ kid, alg, use: 'sig' },
});

const assemble = (keys: readonly Key[], alg: SigningAlgorithm | undefined): ConfiguredKeys => {
  const [first] = keys;
  if (first === undefined) throw new KeyError('The key file has no keys. "fieldgate key generate" creates one.');
  if (first.privateKey === null)
    throw new KeyError(`${quoted(first)} is the first and has to sign, but has no private part.`);
  if (alg !== undefined && first.alg !== alg) {
    throw new KeyError(
      `${quoted(first)} is the first and has to sign with ${alg} (JWT_ALGORITHM), but is for ${first.alg}.`,
    );
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
  if (families.size > 1)
    throw new KeyError(`The key file mixes keys of different "kty": ${[...families].join(', ')}. Use one.`);
};

const requireUnique = (keys: readonly Key[]): void => {
  const kids = new Set<string>();
  const materials = new Set<string>();
  for (const key of keys) {
    if (kids.has(key.kid)) throw new KeyError(`${quoted(key)} occurs twice. Every "kid" must be unique.`);
    // One key under two names could be used with two algorithms.
    const material = keyId(key.publicKey);
    if (materials.has(material))
      throw new KeyError(`${quoted(key)} is the same key as another one. Remove one of them.`);
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
