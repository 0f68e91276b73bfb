import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { isSigningAlgorithm, type SigningAlgorithm, signingAlgorithms } from '../domain/signing-algorithms.ts';
import { decodeBase64url } from './base64url.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';
import { isPlaceholderSecret } from './placeholder-secrets.ts';

/** A JSON Web Key (RFC 7517). Not the type of node:crypto, which is not in every version of its types. */
export type JsonWebKey = {
  readonly kty?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
  readonly [name: string]: unknown;
};

/** A key that cannot be used. The message names the key and what is wrong with it, and contains no key material. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

/** One key of a key set. `privateKey` is null for a key that only verifies; for HS* both are the one secret. */
export type Key = {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject | null;
};

/** NIST SP 800-131A; RFC 7518 §3.3 requires the same. */
const leastModulusBits = 2048;
const maxKidLength = 256;

/**
 * Parses a JWK (RFC 7517) into a key for exactly one algorithm. Throws `KeyError` for everything else: an unknown `kty`; a
 * missing or unsupported `alg`; another curve than the algorithm's; RSA below 2048 bits, or with an exponent that is even or
 * below 3 (anyone can sign under e = 1); a secret that is short, empty or a placeholder; a `use` other than `sig`; `key_ops`
 * without the operation the key is for; private and public parts that do not match.
 * `defaultAlg` replaces a missing `alg`; a missing `kid` is derived from the key. `place` names a key without `kid` in errors.
 */
export const parseJwk = (jwk: unknown, defaultAlg: SigningAlgorithm | undefined, place: string): Key => {
  if (!isJsonObject(jwk)) throw new KeyError(`${place} is not a JWK object.`);
  const name = nameOf(jwk, place);
  const alg = algorithmOf(jwk, defaultAlg, name);
  const isPrivate = jwk['d'] !== undefined || jwk['k'] !== undefined;
  requireUse(jwk, isPrivate, name);
  const { publicKey, privateKey } = alg.startsWith('HS') ? importSecret(jwk, alg, name) : importPair(jwk, alg, name);
  return { kid: typeof jwk['kid'] === 'string' ? jwk['kid'] : keyId(publicKey), alg, publicKey, privateKey };
};

/** Creates a key for HS* from the bytes of a secret. Throws `KeyError` if it is too short for the algorithm or a placeholder. */
export const parseSecret = (secret: Buffer, alg: SigningAlgorithm, name: string): Key => {
  const row = signingAlgorithms[alg];
  if (row.kty !== 'oct')
    throw new KeyError(
      `${name} is a shared secret, which ${alg} cannot use. Use HS256, HS384 or HS512, or a key pair.`,
    );
  if (secret.length === 0) throw new KeyError(`${name} is empty. ${alg} needs at least ${row.leastSecretBytes} bytes.`);
  if (isPlaceholderSecret(secret))
    throw new KeyError(`${name} is a known placeholder or repeats a short part. Use random bytes.`);
  if (secret.length < row.leastSecretBytes) {
    throw new KeyError(`${name} is too short: ${alg} needs at least ${row.leastSecretBytes} bytes.`);
  }
  const key = createSecretKey(secret);
  return { kid: keyId(key), alg, publicKey: key, privateKey: key };
};

/**
 * Returns an id derived from the key. For a key pair its RFC 7638 thumbprint. The thumbprint of a shared secret would be its hash
 * (RFC 7638 §7), so there it is 64 bits of an HMAC keyed with it: no more than any token signed with it reveals.
 */
export const keyId = (key: KeyObject): string =>
  key.type === 'secret'
    ? createHmac('sha256', key).update('fieldgate key id').digest().subarray(0, 8).toString('base64url')
    : thumbprint(key.export({ format: 'jwk' }));

/** Returns the RFC 7638 SHA-256 thumbprint of a key in base64url. Private members do not change it. */
export const thumbprint = ({ kty, crv, x, y, n, e }: JsonWebKey): string => {
  const required = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
};

const nameOf = (jwk: JsonObject, place: string): string => {
  const kid = jwk['kid'];
  if (kid === undefined) return place;
  if (typeof kid !== 'string' || kid === '' || kid.length > maxKidLength) {
    throw new KeyError(`${place} has an invalid "kid". Use a string of 1 to ${maxKidLength} characters.`);
  }
  return `key ${JSON.stringify(kid)}`;
};

const algorithmOf = (jwk: JsonObject, defaultAlg: SigningAlgorithm | undefined, name: string): SigningAlgorithm => {
  const alg = jwk['alg'] === undefined ? defaultAlg : jwk['alg'];
  if (alg === undefined) throw new KeyError(`${name} has no "alg". Add one, or set JWT_ALGORITHM.`);
  if (!isSigningAlgorithm(alg))
    throw new KeyError(`${name} has an unsupported "alg". Use one of ${Object.keys(signingAlgorithms).join(', ')}.`);
  const { kty } = signingAlgorithms[alg];
  if (jwk['kty'] !== kty) throw new KeyError(`${name} has a "kty" that ${alg} cannot use. It needs ${kty}.`);
  return alg;
};

const requireUse = (jwk: JsonObject, isPrivate: boolean, name: string): void => {
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig')
    throw new KeyError(`${name} is not for signatures. Set "use" to "sig".`);
  const operations = jwk['key_ops'];
  if (operations === undefined) return;
  if (!Array.isArray(operations) || !operations.includes('verify')) {
    throw new KeyError(`${name} is not for verifying. Add "verify" to "key_ops".`);
  }
  if (isPrivate && !operations.includes('sign')) {
    throw new KeyError(`${name} is not for signing. Add "sign" to "key_ops".`);
  }
};

const importSecret = (jwk: JsonObject, alg: SigningAlgorithm, name: string): Key => {
  const secret = typeof jwk['k'] === 'string' ? decodeBase64url(jwk['k']) : null;
  if (secret === null) throw new KeyError(`${name} has a "k" that is not canonical base64url.`);
  return parseSecret(secret, alg, name);
};

type KeyPair = Pick<Key, 'publicKey' | 'privateKey'>;

const importPair = (jwk: JsonObject, alg: SigningAlgorithm, name: string): KeyPair => {
  const pair = importFromJwk(jwk, name);
  requireStrength(pair.publicKey, alg, name);
  if (pair.privateKey !== null && !isPair(pair.privateKey, pair.publicKey)) {
    throw new KeyError(`${name} has a private part that does not match its public part.`);
  }
  return pair;
};

/** Only the members of the key are passed to node:crypto. Its errors are dropped, because they may quote their input. */
const importFromJwk = (jwk: JsonObject, name: string): KeyPair => {
  const publicMembers = pick(jwk, ['kty', 'crv', 'x', 'y', 'n', 'e']);
  const privateMembers = pick(jwk, ['d', 'p', 'q', 'dp', 'dq', 'qi']);
  try {
    const publicKey = createPublicKey({ key: publicMembers, format: 'jwk' });
    if (jwk['d'] === undefined) return { publicKey, privateKey: null };
    return { publicKey, privateKey: createPrivateKey({ key: { ...publicMembers, ...privateMembers }, format: 'jwk' }) };
  } catch {
    throw new KeyError(`${name} is not a complete and valid key of its "kty".`);
  }
};

const pick = (jwk: JsonObject, members: readonly string[]): JsonWebKey =>
  Object.fromEntries(members.flatMap((member) => (jwk[member] === undefined ? [] : [[member, jwk[member]]])));

const requireStrength = (key: KeyObject, alg: SigningAlgorithm, name: string): void => {
  const row = signingAlgorithms[alg];
  if (row.kty === 'EC' && key.export({ format: 'jwk' }).crv !== row.curve) {
    throw new KeyError(`${name} is on the wrong curve. ${alg} needs ${row.curve}.`);
  }
  if (row.kty !== 'RSA') return;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < leastModulusBits)
    throw new KeyError(`${name} is too short: RSA needs at least ${leastModulusBits} bits.`);
  if (publicExponent < 3n || publicExponent % 2n === 0n) {
    throw new KeyError(`${name} has an unsafe public exponent. It must be odd and at least 3.`);
  }
};

const isPair = (privateKey: KeyObject, publicKey: KeyObject): boolean => {
  const probe = Buffer.from('fieldgate key probe');
  try {
    return verify('sha256', probe, publicKey, sign('sha256', probe, privateKey));
  } catch {
    return false;
  }
};
