import type { ClientId } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';
import { badInput } from './errors.ts';

/** A service that gets access tokens for itself (RFC 6749 §4.4), as administrators see it: without its secrets. */
export type ServiceClient = {
  readonly id: ClientId;
  readonly name: string;
  /** All it may ask for. Empty: nothing. */
  readonly scopes: readonly string[];
  readonly createdAt: EpochMillis;
  /** Since when it is switched off; null while it is on. There is no way back: a new client is as good. */
  readonly disabledAt: EpochMillis | null;
  /** Until when the secret before the present one is accepted too; null if it never was rotated. */
  readonly previousSecretExpiresAt: EpochMillis | null;
};

const longestName = 100;
const mostScopes = 50;
const longestScope = 100;

/**
 * `resource:action`, in plain segments. Stricter than RFC 6749 §3.3: no wildcard, since what is granted should be readable
 * by every service that looks at the token, and no single word, since those are ours to give a meaning to.
 */
const scopePattern = /^[\w.-]+(?::[\w.-]+)+$/;

/** Names what cannot be one. Errors: BAD_USER_INPUT (name). */
export const parseClientName = (name: string): string => {
  const trimmed = name.normalize('NFC').trim();
  if (trimmed === '' || [...trimmed].length > longestName || /\p{Cc}/u.test(trimmed)) {
    throw badInput('name', 'NAME_INVALID', 'A name has 1 to 100 characters and no control characters.');
  }
  return trimmed;
};

/** Each scope once, in their order. Errors: BAD_USER_INPUT (scopes). */
export const parseClientScopes = (scopes: readonly string[]): readonly string[] => {
  if (scopes.length > mostScopes || !scopes.every(isClientScope)) {
    throw badInput('scopes', 'SCOPE_INVALID', 'Scopes read resource:action, without wildcards; at most 50 of them.');
  }
  return [...new Set(scopes)].sort();
};

const isClientScope = (scope: string): boolean => scope.length <= longestScope && scopePattern.test(scope);
