/**
 * Signing keys on their way through the database, where many can read and some can write. Both halves are sealed with
 * AES-256-GCM under a key derived (HKDF, RFC 5869) from a private key of the configuration, the root, which all instances
 * share and the database never sees. A dump gives no key away; and a row that was not written by somebody who holds the root
 * does not open, so that whoever can write rows still cannot bring a key of their own.
 *
 *     base64url( nonce 12 ‖ ciphertext ‖ tag 16 ), of a JWK; bound to the key's name and to which half it is
 */
import { createCipheriv, createDecipheriv, createPublicKey, hkdfSync, randomBytes } from 'node:crypto';
import type { SigningKeyRecord } from '../domain/signing-key.ts';
import { decodeBase64url } from './base64url.ts';
import { type Key, KeyError, keyId, parseJwk } from './jwk.ts';
import { generateKey, toJwk } from './keys.ts';

/** A key as it is kept: its name and both halves, sealed. */
export type SealedKey = Pick<SigningKeyRecord, 'kid' | 'sealedPublic' | 'sealedPrivate'>;

export type KeySeal = {
  /** A new key for the algorithm of the root. Its `kid` is its RFC 7638 thumbprint. */
  readonly create: () => Promise<SealedKey>;
  /** The key, without its private half if that is gone. Null for what was not sealed under this root, or is no key fit for use. */
  readonly open: (sealed: SealedKey) => Key | null;
};

const cipher = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const label = 'fieldgate sealed signing key 1';

type Half = 'public' | 'private';

/** Null for a key that seals nothing: one without a private half, and a shared secret. */
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
      return null; // Sealed under another root, or altered.
    }
  };

  const create = async (): Promise<SealedKey> => {
    const { kid, privateKey } = parseJwk(await generateKey(alg), alg, 'the new key');
    if (privateKey === null) throw new TypeError('a new key has a private half');
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

/** Whatever was sealed, a key has to pass the same checks as one from a file, and be the one it is called. */
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
