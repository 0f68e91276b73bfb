import type { Revoke } from '../../services/revocation.ts';
import type { Route } from '../router.ts';
import type { IdentifyClient } from './client-authentication.ts';
import { readForm, required } from './parameters.ts';
import { tokenResponse } from './responses.ts';

type Options = { readonly identifyClient: IdentifyClient; readonly revoke: Revoke };

/**
 * `POST /revoke` (RFC 7009). Either token of a session ends it, and with it all its tokens: an access token that were
 * refused alone could be had anew at once. What the token is, it says itself; a hint is not needed and a wrong one harmless.
 */
export const createRevocationEndpoint =
  ({ identifyClient, revoke }: Options): Route =>
  async (request, { client }) => {
    const parameters = await readForm(request);
    const oauthClient = await identifyClient({ request, parameters, client });
    await revoke(required(parameters, 'token'), oauthClient.kind === 'service' ? oauthClient.service : null, client);
    return tokenResponse({});
  };
