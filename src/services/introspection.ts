import type { Authenticator } from '@fieldgate/guard/core';
import type { AccessTokenClaims, AccessTokens } from '../crypto/access-token.ts';
import { type Clock, toSeconds } from '../domain/clock.ts';

export type { AccessTokenClaims } from '../crypto/access-token.ts';

type Dependencies = {
  readonly accessTokens: Pick<AccessTokens, 'verify'>;
  /** The way requests come in by: what it refuses is not active. */
  readonly authenticate: Authenticator;
  readonly clock: Clock;
};

export type Introspect = (token: string) => Promise<AccessTokenClaims | null>;

/**
 * What an access token says, if a request with it would be accepted now; null for every other text, whatever is wrong with
 * it. The leeway after its end is for clocks that differ, and this answer is read by the same clock: here there is none.
 */
export const createIntrospection =
  ({ accessTokens, authenticate, clock }: Dependencies): Introspect =>
  async (token) => {
    // First: it also learns of a key that is new.
    const answer = await authenticate({ header: (name) => (name === 'authorization' ? `Bearer ${token}` : null) });
    if (answer.kind !== 'accepted') return null;
    const now = toSeconds(clock());
    const verification = accessTokens.verify(token, now);
    return verification.kind === 'valid' && verification.claims.expiresAt > now ? verification.claims : null;
  };
