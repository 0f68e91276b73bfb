import type { Revoke } from '../../services/revocation.ts';
import type { Route } from '../route.ts';
import type { IdentifyClient } from './client-authentication.ts';
import { readForm, required } from './parameters.ts';
import { tokenResponse } from './responses.ts';

type RevocationEndpointDeps = { readonly identifyClient: IdentifyClient; readonly revoke: Revoke };

/**
 * `POST /revoke` (RFC 7009). Either token of a session ends the session with all its tokens: an access token revoked alone could
 * be replaced at once. The token itself shows its type, so `token_type_hint` is ignored.
 */
export const createRevocationEndpoint =
  ({ identifyClient, revoke }: RevocationEndpointDeps): Route =>
  async (request, { client, rateLimits }) => {
    const parameters = await readForm(request);
    const oauthClient = await identifyClient({ request, parameters, client, rateLimits });
    await revoke(required(parameters, 'token'), oauthClient.kind === 'service' ? oauthClient.service : null, client);
    return tokenResponse({});
  };
