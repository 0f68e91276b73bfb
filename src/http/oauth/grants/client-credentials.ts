import { AppError } from '../../../domain/errors.ts';
import type { ServiceClients } from '../../../services/service-clients.ts';
import type { GrantHandler } from './grant-handler.ts';

/** RFC 6749 §4.4: a service client, for itself. Without a refresh token, since it can request a new token any time. */
export const clientCredentialsGrant =
  (serviceClients: ServiceClients): GrantHandler =>
  async ({ parameters, oauthClient, client }) => {
    if (oauthClient.kind !== 'service') throw new AppError('INVALID_CLIENT');
    const requested = parameters.get('scope');
    const scopes = requested === undefined ? null : parseScope(requested);
    return { ...(await serviceClients.issueToken(oauthClient.service, scopes, client)), refreshToken: null };
  };

/** RFC 6749 §3.3. Two spaces in a row make an empty scope, which no client was granted. */
const parseScope = (scope: string): readonly string[] => [...new Set(scope.split(' '))];
