import type { Authenticator } from '@fieldgate/guard/core';
import type { AccessTokenClaims, AccessTokens } from '../crypto/access-token.ts';
import type { Clock } from '../domain/clock.ts';

export type { AccessTokenClaims } from '../crypto/access-token.ts';

type IntrospectionDeps = {
  readonly accessTokens: Pick<AccessTokens, 'verify'>;
  /** The authenticator of requests: a token that it rejects is not active. */
  readonly authenticate: Authenticator;
  readonly clock: Clock;
};

export type Introspect = (token: string) => Promise<AccessTokenClaims | null>;

/**
 * Resolves with the claims of an access token if a request with it would be accepted now; null for every other text, whatever
 * is wrong with it. Without the leeway after expiry: that is for clocks that differ, and the response is for our own.
 */
export const createIntrospection =
  ({ accessTokens, authenticate, clock }: IntrospectionDeps): Introspect =>
  async (token) => {
    // First, because it also loads a key that is new.
    const authentication = await authenticate({
      header: (name) => (name === 'authorization' ? `Bearer ${token}` : null),
    });
    if (authentication.kind !== 'accepted') return null;
    const now = clock();
    const verification = accessTokens.verify(token, now);
    return verification.kind === 'valid' && verification.claims.expiresAt * 1000 > now ? verification.claims : null;
  };
