import type { CredentialSource } from '../domain/authentication.ts';

/** What the Cookie header of a request holds under one name. */
export type PresentedCookie =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'value'; readonly value: string };

/** RFC 6265 §5.2 knows two. `trim` knows more, and would take a name for ours that no browser held to its `__Host-`. */
const leadingSpaces = /^[ \t]+/;

/**
 * Reads one cookie as it is: nothing decoded, nothing unquoted. An empty one is none. Two of a name are ambiguous: they
 * differ in path or domain, which the header does not tell, and whoever can set one of them (a neighbour on another port
 * of localhost, a sibling domain) must not decide who the caller is. Parsers that give an object take the first.
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
