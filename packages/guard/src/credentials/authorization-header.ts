import type { CredentialSource } from '../domain/authentication.ts';

/** What the Authorization header of a request holds. The scheme is in lower case: its name ignores case (RFC 9110 §11.1). */
export type Authorization =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'credential'; readonly scheme: string; readonly value: string };

/** Ends where the value begins: a token is long, and is read once, by whoever verifies it. */
const schemeAndSpace = /^([!#$%&'*+.^_`|~\w-]+)(?:[ \t]+|$)/;

/** A comma, and then what reads as a scheme with something after it: another Authorization header, joined to the first. */
const secondCredential = /,[ \t]*[!#$%&'*+.^_`|~\w-]+[ \t]+[^\s=,]/;

/**
 * Reads the Authorization header. An empty one is none. Several, which arrive joined by commas, are ambiguous: taking
 * either of them would let whoever can add a header decide who the caller is.
 */
export const readAuthorization = (source: CredentialSource): Authorization => {
  const header = source.header('authorization')?.trim() ?? '';
  if (header === '') return { kind: 'absent' };
  if (header.includes(',') && secondCredential.test(header)) return { kind: 'ambiguous' };
  const [start = '', scheme] = schemeAndSpace.exec(header) ?? [];
  if (scheme === undefined) return { kind: 'absent' };
  return { kind: 'credential', scheme: scheme.toLowerCase(), value: header.slice(start.length) };
};
