import { badInput } from './errors.ts';

const longest = 254; // RFC 5321 §4.5.3.1.3 less the brackets

/**
 * One address, no display name, no list, no quoted local part, no comment (CVE-2022-35924: each of those has been used to
 * send somebody else's mail elsewhere). Letters of any script are welcome (RFC 6531).
 */
const addressPattern =
  /^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.)+[\p{L}][\p{L}\p{M}\p{N}-]*[\p{L}\p{N}]$/u;

/**
 * The one spelling under which an account is kept: NFC, no white space around, no dot after the domain, lower case.
 * Two addresses with the same normal form are one account.
 */
export const normalizeEmail = (text: string): string =>
  text.normalize('NFC').trim().replace(/\.$/, '').toLowerCase().normalize('NFC');

/** A normalised email, or `BAD_USER_INPUT` / `EMAIL_INVALID`. */
export const parseEmail = (text: string): string => {
  const email = normalizeEmail(text.slice(0, 2 * longest));
  if (email.length > longest || !addressPattern.test(email) || email.includes('..')) {
    throw badInput('email', 'EMAIL_INVALID', 'This is not an email address.');
  }
  return email;
};
