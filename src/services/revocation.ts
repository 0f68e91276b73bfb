import type { ClientInfo } from '@fieldgate/guard/core';
import type { AccessTokens } from '../crypto/access-token.ts';
import { parseRefreshToken } from '../crypto/refresh-token.ts';
import { type Clock, toSeconds } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import type { ServiceClient } from '../domain/service-client.ts';
import type { ServiceClients } from './service-clients.ts';
import type { Sessions } from './sessions.ts';

type Dependencies = {
  readonly accessTokens: Pick<AccessTokens, 'verify'>;
  readonly sessions: Pick<Sessions, 'logout'>;
  readonly serviceClients: Pick<ServiceClients, 'revokeToken'>;
  readonly clock: Clock;
};

/** `by` is the service that asks, null for everybody else. */
export type Revoke = (token: string, by: ServiceClient | null, client: ClientInfo) => Promise<void>;

/**
 * Ends what a token stands for: the session of a person's token, the one token of a service. A text that was never a token
 * of ours ends nothing, which is no error (RFC 7009 §2.2).
 * A person's token is ended by whoever holds it; a service's only by that service. Errors: INVALID_CLIENT for a service's
 * token and nobody who proves to be a service; INVALID_REQUEST for a service with a token that is not its own.
 */
export const createRevocation =
  ({ accessTokens, sessions, serviceClients, clock }: Dependencies): Revoke =>
  async (token, by, client) => {
    const verification = accessTokens.verify(token, toSeconds(clock()), { ignoreExpiry: true });
    const claims = verification.kind === 'valid' ? verification.claims : null;
    if (claims?.kind === 'service') {
      if (by === null) throw new AppError('INVALID_CLIENT');
      if (by.id !== claims.clientId) throw foreign();
      return serviceClients.revokeToken(claims, { kind: 'service', id: by.id, client });
    }
    if (by === null)
      return void (await sessions.logout({ accessToken: token, refreshToken: token }, 'CURRENT', client));
    if (claims !== null || parseRefreshToken(token) !== null) throw foreign();
  };

const foreign = (): AppError => new AppError('INVALID_REQUEST', {}, 'The token was issued to another client.');
