import { AppError } from '../../domain/errors.ts';
import { anonymousCaller, type Limits } from '../../services/limits.ts';
import type { Route } from '../route.ts';
import type { IdentifyClient } from './client-authentication.ts';
import type { GrantHandler, TokenResponse } from './grants/grant-handler.ts';
import { isJson, readForm, readJsonSignIn, required } from './parameters.ts';
import { tokenResponse } from './responses.ts';

type TokenEndpointDeps = {
  readonly identifyClient: IdentifyClient;
  /** By `grant_type`. */
  readonly grants: ReadonlyMap<string, GrantHandler>;
  readonly consume: Limits['consume'];
};

/** `POST /token` (RFC 6749 §3.2). A sign-in may also be JSON. It consumes from the same buckets as the mutations that do the same. */
export const createTokenEndpoint =
  ({ identifyClient, grants, consume }: TokenEndpointDeps): Route =>
  async (request, { client, rateLimits }) => {
    const parameters = isJson(request) ? await readJsonSignIn(request) : await readForm(request);
    const bucket = parameters.get('grant_type') === 'password' ? 'login' : 'refresh';
    const refusal = await consume(bucket, anonymousCaller(client, rateLimits));
    if (refusal) throw refusal;
    const oauthClient = await identifyClient({ request, parameters, client });
    const handle = grants.get(required(parameters, 'grant_type'));
    if (!handle) throw new AppError('UNSUPPORTED_GRANT_TYPE');
    return tokenResponse(toBody(await handle({ parameters, oauthClient, client })));
  };

/** RFC 6749 §5.1; `token` repeats the access token under the name that many clients read. */
const toBody = ({ accessToken, refreshToken, expiresInSeconds, scopes }: TokenResponse): object => ({
  token: accessToken,
  access_token: accessToken,
  ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
  token_type: 'Bearer',
  expires_in: expiresInSeconds,
  ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
});
