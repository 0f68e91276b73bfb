import type { CredentialSource } from '../domain/authentication.ts';

/** The value that a request's Cookie header has for one name. */
export type PresentedCookie =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'value'; readonly value: string };

/** The two of RFC 6265 §5.2. `trim` removes more, and would match names to which no browser applied the `__Host-` rules. */
const leadingSpaces = /^[ \t]+/;

/**
 * Reads one cookie as it was sent, neither decoded nor unquoted. An empty one is absent. Two with the same name are
 * ambiguous: they differ in path or domain, which the header does not say, and anyone who can set one of them (a server on
 * another port of localhost, a sibling domain) must not decide who the caller is. Parsers that return an object take the
 * first.
 */
export const readCookie = (source: CredentialSource, name: string): PresentedCookie => {
  const header = source.header('cookie');
  if (header === null) return { kind: 'absent' };
  const start = `${name}=`;
  const [first, second] = header
    .split(';')
    .map((pair) => pair.replace(leadingSpaces, ''))
    .filter((pair) => pair.startsWith(start));
  if (second !== undefined) return { kind: 'ambiguous' };
  const value = first?.slice(start.length) ?? '';
  return value === '' ? { kind: 'absent' } : { kind: 'value', value };
};
