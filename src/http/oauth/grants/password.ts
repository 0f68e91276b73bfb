import { sessionScopes } from '@fieldgate/guard';
import { AppError } from '../../../domain/errors.ts';
import type { Sessions } from '../../../services/sessions.ts';
import { required } from '../parameters.ts';
import { type GrantHandler, rejectScopes } from './grant-handler.ts';

/** RFC 6749 §4.3, for first-party apps only: no other client may handle passwords. */
export const passwordGrant =
  (sessions: Sessions): GrantHandler =>
  async ({ parameters, oauthClient, client }) => {
    if (oauthClient.kind !== 'first-party') throw new AppError('UNAUTHORIZED_CLIENT');
    rejectScopes(parameters);
    const [username, password] = [required(parameters, 'username'), required(parameters, 'password')];
    return { ...(await sessions.login(username, password, client)), scopes: sessionScopes };
  };
