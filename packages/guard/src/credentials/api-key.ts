import type { Authentication, Authenticator, CredentialSource, RejectionReason } from '../domain/authentication.ts';
import type { ApiKeyId, UserId } from '../domain/ids.ts';
import { type MaybePromise, whenSettled } from './maybe-promise.ts';

/** What a key that is good at this moment says of its holder. */
export type ApiKeyClaims = {
  readonly keyId: ApiKeyId;
  /** Its owner, */
  readonly userId: UserId;
  /** with the role the owner has now. */
  readonly role: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number | null;
};

export type ApiKeyVerification =
  | { readonly kind: 'valid'; readonly claims: ApiKeyClaims }
  | {
      readonly kind: 'invalid';
      readonly reason: Extract<RejectionReason, `TOKEN_${'INVALID' | 'EXPIRED' | 'REVOKED'}`>;
    };

export type ApiKeyOptions = {
  /** What the key is worth now: genuine, in time, not revoked, its owner's account on. Throws only when it cannot tell. */
  readonly verify: (key: string, source: CredentialSource) => MaybePromise<ApiKeyVerification>;
};

/**
 * `X-API-Key: <key>`. An empty header is none; several, which arrive joined by commas, are ambiguous.
 * Answers without a promise if `verify` does. What it throws, this throws.
 *
 * @example
 * const authenticator = apiKey({ verify: apiKeys.verify });
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
