/**
 * Codes that a browser carries from the callback to the page that started the sign-in: 256 random bits, of which only a plain
 * SHA-256 is stored. A code is useless without the verifier that this page kept to itself (RFC 7636, S256): to those who find it
 * in a history or a log, and to those who inject a code of their own into a page.
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

/** Whether the text can be a challenge: a SHA-256 in base64url. `plain` challenges are not supported (RFC 9700 §2.1.1). */
export const isCodeChallenge = (text: string): boolean => /^[\w-]{43}$/.test(text);

const verifierForm = /^[\w.~-]{43,128}$/;

export const isVerifierOf = (challenge: string, verifier: string): boolean => {
  if (!verifierForm.test(verifier)) return false;
  const [computed, expected] = [createHash('sha256').update(verifier).digest(), Buffer.from(challenge, 'base64url')];
  return computed.length === expected.length && timingSafeEqual(computed, expected);
};
