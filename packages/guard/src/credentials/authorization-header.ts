import type { CredentialSource } from '../domain/authentication.ts';

/** The content of a request's Authorization header. `scheme` is in lower case: its name ignores case (RFC 9110 §11.1). */
export type Authorization =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'credential'; readonly scheme: string; readonly value: string };

/** Ends where the value begins: a token is long, and only its verification reads it. */
const schemeAndSpace = /^([!#$%&'*+.^_`|~\w-]+)(?:[ \t]+|$)/;

/** A comma followed by what reads as a scheme and a value: a second Authorization header, joined to the first. */
const secondCredential = /,[ \t]*[!#$%&'*+.^_`|~\w-]+[ \t]+[^\s=,]/;

/**
 * Reads the Authorization header. An empty one is absent. Several, which arrive joined by commas, are ambiguous: to accept
 * one of them would let anyone who can add a header decide who the caller is.
 */
export const readAuthorization = (source: CredentialSource): Authorization => {
  const header = source.header('authorization')?.trim() ?? '';
  if (header === '') return { kind: 'absent' };
  if (header.includes(',') && secondCredential.test(header)) return { kind: 'ambiguous' };
  const [start = '', scheme] = schemeAndSpace.exec(header) ?? [];
  if (scheme === undefined) return { kind: 'absent' };
  return { kind: 'credential', scheme: scheme.toLowerCase(), value: header.slice(start.length) };
};
