import { sessionScopes } from '@fieldgate/guard';
import { AppError } from '../../../domain/errors.ts';
import type { Sessions } from '../../../services/sessions.ts';
import { required } from '../parameters.ts';
import { type GrantHandler, rejectScopes } from './grant.ts';

/** RFC 6749 §6. A token is good for the client it was issued to; in other hands it is refused and stays as it is. */
export const refreshTokenGrant =
  (sessions: Sessions): GrantHandler =>
  async ({ parameters, oauthClient, client }) => {
    const refreshToken = required(parameters, 'refresh_token');
    if (oauthClient.kind !== 'first-party') throw new AppError('REFRESH_TOKEN_INVALID');
    rejectScopes(parameters);
    const grant = await sessions.refresh(refreshToken, client);
    return { ...grant, scopes: sessionScopes };
  };
