/**
 * Codes that a browser carries from a provider's answer to the page that began the sign-in: 256 random bits, of which only
 * a plain SHA-256 is kept. A code is worth nothing without the verifier that this page has kept to itself (RFC 7636, S256): not
 * to who finds it in a history or a log, and not to who slips a page a code of their own.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type TokenDigest, tokenDigest } from '../domain/ids.ts';

const codeBytes = 32;
const label = 'fieldgate login code 1\0';

export type NewLoginCode = { readonly code: string; readonly digest: TokenDigest };

export const createLoginCode = (): NewLoginCode => {
  const code = randomBytes(codeBytes).toString('base64url');
  return { code, digest: loginCodeDigest(code) };
};

export const loginCodeDigest = (code: string): TokenDigest =>
  tokenDigest(createHash('sha256').update(label).update(code).digest('base64url'));

/** Whether the text can be a challenge at all: a SHA-256, base64url. `plain` challenges are none (RFC 9700 §2.1.1). */
export const isCodeChallenge = (text: string): boolean => /^[\w-]{43}$/.test(text);

const verifierForm = /^[\w.~-]{43,128}$/;

export const isVerifierOf = (challenge: string, verifier: string): boolean => {
  if (!verifierForm.test(verifier)) return false;
  const [one, other] = [createHash('sha256').update(verifier).digest(), Buffer.from(challenge, 'base64url')];
  return one.length === other.length && timingSafeEqual(one, other);
};
