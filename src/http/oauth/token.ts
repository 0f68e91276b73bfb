import { AppError } from '../../domain/errors.ts';
import type { BucketName } from '../../domain/rate-limit.ts';
import { anonymousCaller, type Caller, type Limits } from '../../services/limits.ts';
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
    const grantType = required(parameters, 'grant_type');
    const handle = grants.get(grantType);
    if (!handle) throw new AppError('UNSUPPORTED_GRANT_TYPE');
    const requireQuota = async (bucket: BucketName, caller: Caller): Promise<void> => {
      const refusal = await consume(bucket, caller);
      if (refusal) throw refusal;
    };
    const byAddress = anonymousCaller(client, rateLimits);
    if (grantType !== 'client_credentials')
      await requireQuota(grantType === 'password' ? 'login' : 'refresh', byAddress);
    const oauthClient = await identifyClient({ request, parameters, client, rateLimits });
    // By the client that it proved to be: others behind its address must not use up its tokens, nor it the refreshes of people there.
    if (oauthClient.kind === 'service' && grantType === 'client_credentials') {
      await requireQuota('refresh', { viewer: { kind: 'service', id: oauthClient.service.id }, client, rateLimits });
    }
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
