import type { CredentialSource } from '../domain/authentication.ts';

/** What the Authorization header of a request holds. The scheme is in lower case: its name ignores case (RFC 9110 §11.1). */
export type Authorization =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'credential'; readonly scheme: string; readonly value: string };

const schemeAndValue = /^([!#$%&'*+.^_`|~\w-]+)(?:[ \t]+(.*))?$/s;

/** A comma, and then what reads as a scheme with something after it: another Authorization header, joined to the first. */
const secondCredential = /,[ \t]*[!#$%&'*+.^_`|~\w-]+[ \t]+[^\s=,]/;

/**
 * Reads the Authorization header. An empty one is none. Several, which arrive joined by commas, are ambiguous: taking
 * either of them would let whoever can add a header decide who the caller is.
 */
export const readAuthorization = (source: CredentialSource): Authorization => {
  const header = source.header('authorization')?.trim() ?? '';
  if (header === '') return { kind: 'absent' };
  if (secondCredential.test(header)) return { kind: 'ambiguous' };
  const [, scheme, value = ''] = schemeAndValue.exec(header) ?? [];
  return scheme === undefined ? { kind: 'absent' } : { kind: 'credential', scheme: scheme.toLowerCase(), value };
};
