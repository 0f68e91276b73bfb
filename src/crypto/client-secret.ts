/**
 * Secrets of service clients: `fgc_` and 256 random bits. The prefix lets a scanner recognise a leaked one. Only a plain SHA-256
 * is stored, fast on purpose: 256 random bits cannot be guessed.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type TokenDigest, tokenDigest } from '../domain/ids.ts';

const prefix = 'fgc_';
const secretBytes = 32;
const label = 'fieldgate client secret 1\0';

export type NewClientSecret = { readonly secret: string; readonly digest: TokenDigest };

export const createClientSecret = (): NewClientSecret => {
  const secret = prefix + randomBytes(secretBytes).toString('base64url');
  return { secret, digest: digestOf(secret) };
};

/** Whether the text is the secret of one of these digests. Takes the same time whichever matches, and where none does. */
export const isClientSecret = (text: string, digests: readonly TokenDigest[]): boolean => {
  const presented = Buffer.from(digestOf(text));
  const matches = digests.map((digest) => {
    const stored = Buffer.from(digest);
    return stored.length === presented.length && timingSafeEqual(stored, presented);
  });
  return matches.includes(true);
};

const digestOf = (secret: string): TokenDigest =>
  tokenDigest(createHash('sha256').update(label).update(secret).digest('base64url'));
