import type { ClientId } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';
import { badInput } from './errors.ts';

/** A service that obtains access tokens for itself (RFC 6749 §4.4), as administrators see it: without its secrets. */
export type ServiceClient = {
  readonly id: ClientId;
  readonly name: string;
  /** All scopes it may request. */
  readonly scopes: readonly string[];
  readonly createdAt: EpochMillis;
  /** When it was disabled; null while it is enabled. It cannot be enabled again: create a new client instead. */
  readonly disabledAt: EpochMillis | null;
  /** Until when the previous secret is still accepted; null if the secret was never rotated. */
  readonly previousSecretExpiresAt: EpochMillis | null;
};

const maxNameLength = 100;
const maxScopes = 50;
const maxScopeLength = 100;

/**
 * `resource:action`, in plain segments. Stricter than RFC 6749 §3.3: no wildcards, because every service that reads the token
 * must understand what was granted, and no single words, because those are reserved.
 */
const scopePattern = /^[\w.-]+(?::[\w.-]+)+$/;

/** Returns the name, trimmed. Errors: BAD_USER_INPUT (name). */
export const parseClientName = (name: string): string => {
  const trimmed = name.normalize('NFC').trim();
  if (trimmed === '' || [...trimmed].length > maxNameLength || /\p{Cc}/u.test(trimmed)) {
    throw badInput('name', 'NAME_INVALID', 'The name is invalid. Use 1 to 100 characters and no control characters.');
  }
  return trimmed;
};

/** Returns each scope once, sorted. Errors: BAD_USER_INPUT (scopes). */
export const parseClientScopes = (scopes: readonly string[]): readonly string[] => {
  if (scopes.length > maxScopes || !scopes.every(isClientScope)) {
    throw badInput(
      'scopes',
      'SCOPE_INVALID',
      'The scopes are invalid. Use at most 50 of the form resource:action, without wildcards.',
    );
  }
  return [...new Set(scopes)].sort();
};

const isClientScope = (scope: string): boolean => scope.length <= maxScopeLength && scopePattern.test(scope);
