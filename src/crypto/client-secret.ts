/**
 * Secrets of service clients: `fgc_` and 256 random bits. The prefix lets a scanner recognise one that leaked. Only a
 * plain SHA-256 is kept, fast on purpose: there is nothing to guess in 256 random bits.
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

/** Whether the text is one of the secrets these digests are of. Takes the same time whichever it is, and if none. */
export const isClientSecret = (text: string, digests: readonly TokenDigest[]): boolean => {
  const presented = Buffer.from(digestOf(text));
  const matches = digests.map((digest) => {
    const kept = Buffer.from(digest);
    return kept.length === presented.length && timingSafeEqual(kept, presented);
  });
  return matches.includes(true);
};

const digestOf = (secret: string): TokenDigest =>
  tokenDigest(createHash('sha256').update(label).update(secret).digest('base64url'));
