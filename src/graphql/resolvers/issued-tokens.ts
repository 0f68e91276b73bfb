import type { DeliveredTokens } from '../delivery.ts';
import type { Resolvers } from '../generated/resolvers.ts';

const tokenFields = {
  tokenType: () => 'Bearer',
  expiresIn: ({ expiresInSeconds }: DeliveredTokens) => expiresInSeconds,
};

/** The payloads that carry tokens: of a sign-in, and of what renews a session. */
export const issuedTokensResolvers: Resolvers = {
  SignInPayload: {
    ...tokenFields,
    status: () => 'SIGNED_IN',
    challenge: () => null,
  },
  AuthPayload: tokenFields,
};
