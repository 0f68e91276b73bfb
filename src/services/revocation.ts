import type { ClientInfo } from '@fieldgate/guard/core';
import type { AccessTokens } from '../crypto/access-token.ts';
import { parseRefreshToken } from '../crypto/refresh-token.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { ServiceClient } from '../domain/service-client.ts';
import type { ServiceClients } from './service-clients.ts';
import type { Sessions } from './sessions.ts';

type RevocationDeps = {
  readonly accessTokens: Pick<AccessTokens, 'verify'>;
  readonly sessions: Pick<Sessions, 'logout'>;
  readonly serviceClients: Pick<ServiceClients, 'revokeToken'>;
  readonly clock: Clock;
};

/** `by` is the authenticated service client, null for any other caller. */
export type Revoke = (token: string, by: ServiceClient | null, client: ClientInfo) => Promise<void>;

/**
 * Revokes a token: for the token of an account its whole session, for the token of a service that token alone. A text that was
 * never a token of ours revokes nothing, which is no error (RFC 7009 §2.2).
 * Anyone who holds the token of an account can revoke it; the token of a service only that service. Errors: INVALID_CLIENT for
 * the token of a service without client authentication; INVALID_REQUEST for a service that presents another client's token.
 */
export const createRevocation =
  ({ accessTokens, sessions, serviceClients, clock }: RevocationDeps): Revoke =>
  async (token, by, client) => {
    const verification = accessTokens.verify(token, clock(), { ignoreExpiry: true });
    const claims = verification.kind === 'valid' ? verification.claims : null;
    if (claims?.kind === 'service') {
      if (by === null) throw new AppError('INVALID_CLIENT');
      if (by.id !== claims.clientId) throw issuedToAnother();
      return serviceClients.revokeToken(claims, { kind: 'service', id: by.id, client });
    }
    if (by === null) {
      await sessions.logout({ accessToken: token, refreshToken: token }, 'CURRENT', client);
      return;
    }
    if (claims !== null || parseRefreshToken(token) !== null) throw issuedToAnother();
  };

const issuedToAnother = (): AppError =>
  new AppError('INVALID_REQUEST', {}, 'The token was issued to another client. Each client revokes its own tokens.');
