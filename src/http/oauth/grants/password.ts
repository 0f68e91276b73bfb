import { sessionScopes } from '@fieldgate/guard';
import { AppError } from '../../../domain/errors.ts';
import type { Sessions } from '../../../services/sessions.ts';
import { required } from '../parameters.ts';
import { type GrantHandler, rejectScopes } from './grant.ts';

/** RFC 6749 §4.3, for the apps in front of this server only: nobody else is to be given a password. */
export const passwordGrant =
  (sessions: Sessions): GrantHandler =>
  async ({ parameters, oauthClient, client }) => {
    if (oauthClient.kind !== 'first-party') throw new AppError('UNAUTHORIZED_CLIENT');
    rejectScopes(parameters);
    const grant = await sessions.login(required(parameters, 'username'), required(parameters, 'password'), client);
    return { ...grant, scopes: sessionScopes };
  };
