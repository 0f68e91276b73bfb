import { badInput } from './errors.ts';

const maxLength = 254; // RFC 5321 §4.5.3.1.3, without the angle brackets

/**
 * One address: no display name, list, quoted local part or comment, each of which has been used to redirect the mail of others
 * (CVE-2022-35924). Letters of any script are allowed (RFC 6531).
 */
const addressPattern =
  /^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.)+[\p{L}][\p{L}\p{M}\p{N}-]*[\p{L}\p{N}]$/u;

/**
 * Returns the form in which an account's email is stored: NFC, trimmed, without a dot after the domain, in lower case. Two
 * addresses with the same normal form are one account.
 */
export const normalizeEmail = (text: string): string =>
  text.normalize('NFC').trim().replace(/\.$/, '').toLowerCase().normalize('NFC');

/** Returns the normalised email. Errors: BAD_USER_INPUT (email), reason EMAIL_INVALID. */
export const parseEmail = (text: string): string => {
  const email = normalizeEmail(text.slice(0, 2 * maxLength));
  if (email.length > maxLength || !addressPattern.test(email) || email.includes('..')) {
    throw badInput('email', 'EMAIL_INVALID', 'This is not an email address. Use the form name@example.com.');
  }
  return email;
};
