import { sessionScopes } from '@fieldgate/guard';
import { AppError } from '../../../domain/errors.ts';
import type { Sessions } from '../../../services/sessions.ts';
import { required } from '../parameters.ts';
import { type GrantHandler, rejectScopes } from './grant-handler.ts';

/** RFC 6749 §6. A token is valid for the client it was issued to; from another client it is rejected and stays unspent. */
export const refreshTokenGrant =
  (sessions: Sessions): GrantHandler =>
  async ({ parameters, oauthClient, client }) => {
    const refreshToken = required(parameters, 'refresh_token');
    if (oauthClient.kind !== 'first-party') throw new AppError('REFRESH_TOKEN_INVALID');
    rejectScopes(parameters);
    return { ...(await sessions.refresh(refreshToken, client)), scopes: sessionScopes };
  };
