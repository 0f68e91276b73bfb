import { badInput } from './errors.ts';

const maxLength = 254; // RFC 5321 §4.5.3.1.3, without the angle brackets

/**
 * One address: no display name, list, quoted local part or comment, each of which has been used to redirect the mail of others
 * (CVE-2022-35924). Letters of any script with their combining marks are allowed (RFC 6531), characters nobody sees are not.
 */
const localPart = /^(?!.*\p{Default_Ignorable_Code_Point})(?:[\p{L}\p{N}]\p{M}*|[.!#$%&'*+/=?^_`{|}~-]){1,64}$/u;
const asciiDomain = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;

/** What may stand in a domain before it is converted; a URL parser would take `/`, `:` or a tab for something else. */
const unicodeDomain = /^(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{N}.。．｡-]|\u200c|\u200d){1,255}$/u;

/**
 * Returns the form in which an account's email is stored: NFC, trimmed, in lower case, and its domain as in `normalizeDomain`. Two
 * addresses with the same normal form are one account.
 */
export const normalizeEmail = (text: string): string => {
  const email = fold(text.trim());
  const at = email.lastIndexOf('@');
  return email.slice(0, at + 1) + normalizeDomain(email.slice(at + 1));
};

/**
 * Returns a domain in ASCII (UTS 46: `münchen.example` is `xn--mnchen-3ya.example`), in lower case and without a dot after it. A
 * text that is no domain stays one that is none.
 */
export const normalizeDomain = (text: string): string => {
  const domain = fold(text);
  // An ASCII name needs only lower case, and a URL parser would rewrite numbers in it as an IP address.
  const ascii =
    unicodeDomain.test(domain) && /[^\0-\x7f]/.test(domain) ? URL.parse(`http://${domain}`)?.hostname : null;
  return (ascii ?? domain).replace(/\.$/, '');
};

export const isDomain = (domain: string): boolean => domain.length < maxLength && asciiDomain.test(domain);

/** Returns the domain of a normalised email. */
export const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1);

const fold = (text: string): string => text.normalize('NFC').toLowerCase().normalize('NFC');

/** Returns the normalised email. Errors: BAD_USER_INPUT (email), reason EMAIL_INVALID. */
export const parseEmail = (text: string): string => {
  const email = text.length > 4 * maxLength ? '' : normalizeEmail(text);
  const domain = domainOf(email);
  const local = email.slice(0, -domain.length - 1);
  if (email.length > maxLength || email.includes('..') || !localPart.test(local) || !isDomain(domain)) {
    throw badInput('email', 'EMAIL_INVALID', 'This is not an email address. Use the form name@example.com.');
  }
  return email;
};
