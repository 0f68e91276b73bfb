/**
 * Signing keys in the database, which many can read and some can write. Both halves are sealed with AES-256-GCM under a key
 * derived (HKDF, RFC 5869) from a private key of the configuration, the root, which all instances share and the database never
 * has. A dump reveals no key, and a row written without the root does not open, so that write access to the database is not
 * enough to add a key.
 *
 *     base64url( nonce 12 ‖ ciphertext ‖ tag 16 ), of a JWK; bound to its kid and to public or private
 */
import { createCipheriv, createDecipheriv, createPublicKey, hkdfSync, randomBytes } from 'node:crypto';
import type { SigningKeyRecord } from '../domain/signing-key.ts';
import { decodeBase64url } from './base64url.ts';
import { type Key, KeyError, keyId, parseJwk } from './jwk.ts';
import { generateKey, toJwk } from './keys.ts';

/** A stored key: its kid and both halves, sealed. */
export type SealedKey = Pick<SigningKeyRecord, 'kid' | 'sealedPublic' | 'sealedPrivate'>;

export type KeySeal = {
  /** Generates a key for the algorithm of the root. Its `kid` is its RFC 7638 thumbprint. */
  readonly create: () => Promise<SealedKey>;
  /** Returns the key, without its private half if that was erased. Null for what was not sealed under this root or cannot be used. */
  readonly open: (sealed: SealedKey) => Key | null;
};

const cipher = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const label = 'fieldgate sealed signing key 1';

type Half = 'public' | 'private';

/** Creates the seal of a root. Null for a key that cannot seal: one without a private half, and a shared secret. */
export const createKeySeal = ({ alg, privateKey: root }: Key): KeySeal | null => {
  if (root?.type !== 'private') return null;
  const { d } = root.export({ format: 'jwk' });
  if (d === undefined) return null;
  const rootId = keyId(root);
  const secret = Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', `${label}\0${rootId}`, keyBytes));
  const context = (kid: string, half: Half): Buffer => Buffer.from(`${half} ${kid}`);

  const seal = (jwk: object, kid: string, half: Half): string => {
    const nonce = randomBytes(nonceBytes);
    const sealing = createCipheriv(cipher, secret, nonce, { authTagLength: tagBytes }).setAAD(context(kid, half));
    const sealed = Buffer.concat([nonce, sealing.update(JSON.stringify(jwk)), sealing.final(), sealing.getAuthTag()]);
    return sealed.toString('base64url');
  };

  const unseal = (text: string, kid: string, half: Half): unknown => {
    const bytes = decodeBase64url(text);
    if (bytes === null || bytes.length < nonceBytes + tagBytes) return null;
    const opening = createDecipheriv(cipher, secret, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
    opening.setAAD(context(kid, half)).setAuthTag(bytes.subarray(-tagBytes));
    try {
      return JSON.parse(
        Buffer.concat([opening.update(bytes.subarray(nonceBytes, -tagBytes)), opening.final()]).toString(),
      );
    } catch {
      return null; // Sealed under another root, or modified.
    }
  };

  const create = async (): Promise<SealedKey> => {
    const { kid, privateKey } = parseJwk(await generateKey(alg), alg, 'the new key');
    if (privateKey === null) throw new TypeError('a generated key has a private half');
    const publicKey = createPublicKey(privateKey);
    return {
      kid,
      sealedPublic: seal(toJwk({ kid, alg, key: publicKey }), kid, 'public'),
      sealedPrivate: seal(toJwk({ kid, alg, key: privateKey }), kid, 'private'),
    };
  };

  const open: KeySeal['open'] = ({ kid, sealedPublic, sealedPrivate }) =>
    (sealedPrivate === null ? null : parseOpened(unseal(sealedPrivate, kid, 'private'), kid)) ??
    parseOpened(unseal(sealedPublic, kid, 'public'), kid);

  return { create, open };
};

/** A sealed key must pass the same checks as one from a file, and match its kid. */
const parseOpened = (jwk: unknown, kid: string): Key | null => {
  if (jwk === null) return null;
  try {
    const key = parseJwk(jwk, undefined, 'a sealed key');
    return key.kid === kid && keyId(key.publicKey) === kid ? key : null;
  } catch (error) {
    if (error instanceof KeyError) return null;
    throw error;
  }
};
