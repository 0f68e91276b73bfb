import type { Authentication, Authenticator, CredentialSource, RejectionReason } from '../domain/authentication.ts';
import type { ApiKeyId, UserId } from '../domain/ids.ts';
import { type MaybePromise, whenSettled } from '../domain/maybe-promise.ts';

/** What a valid key says about its holder. */
export type ApiKeyClaims = {
  readonly keyId: ApiKeyId;
  /** The owner of the key. */
  readonly userId: UserId;
  /** The owner's current role. */
  readonly role: string;
  readonly scopes: readonly string[];
  /** When the key expires, in seconds since 1970; null if it does not. */
  readonly expiresAt: number | null;
};

export type ApiKeyVerification =
  | { readonly kind: 'valid'; readonly claims: ApiKeyClaims }
  | {
      readonly kind: 'invalid';
      readonly reason: Extract<RejectionReason, `TOKEN_${'INVALID' | 'EXPIRED' | 'REVOKED'}`>;
    };

export type ApiKeyOptions = {
  /** Returns whether the key is genuine, not expired, not revoked, and its owner not disabled. Throws only when it cannot tell. */
  readonly verify: (key: string, source: CredentialSource) => MaybePromise<ApiKeyVerification>;
};

/**
 * Returns an authenticator for `X-API-Key: <key>`. Absent: no header or an empty one. Ambiguous: several keys, which arrive
 * joined by commas. Synchronous if `verify` is; throws what `verify` throws.
 *
 * @example
 * const authenticate = apiKey({ verify: (key) => apiKeys.verify(key) });
 */
export const apiKey =
  ({ verify }: ApiKeyOptions): Authenticator =>
  (source) => {
    const header = source.header('x-api-key')?.trim() ?? '';
    if (header === '') return { kind: 'absent' };
    if (header.includes(',')) return { kind: 'ambiguous' };
    return whenSettled(verify(header, source), toAuthentication);
  };

const toAuthentication = (verification: ApiKeyVerification): Authentication => {
  if (verification.kind === 'invalid') return { kind: 'rejected', reason: verification.reason };
  const { keyId, userId, role, scopes, expiresAt } = verification.claims;
  return {
    kind: 'accepted',
    viewer: { kind: 'account', id: userId, role, scopes, sessionId: null, apiKeyId: keyId, via: 'api-key', expiresAt },
  };
};
