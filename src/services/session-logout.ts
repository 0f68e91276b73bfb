import type { ClientInfo } from '@fieldgate/guard/core';
import { parseRefreshToken } from '../crypto/refresh-token.ts';
import { accountActor } from '../domain/event.ts';
import type { SessionRef, SessionsDeps } from './session-tokens.ts';

/** Which sessions a logout ends, seen from the session of the presented token. */
export type LogoutScope = 'CURRENT' | 'OTHERS' | 'ALL';

type SessionLogoutDeps = Pick<SessionsDeps, 'sessions' | 'accessTokens' | 'clock' | 'record'>;

type PresentedTokens = { readonly accessToken: string | null; readonly refreshToken: string | null };

export const createSessionLogout = (deps: SessionLogoutDeps) => {
  const { sessions, accessTokens, clock, record } = deps;

  /**
   * Ends sessions named by an access token (expired or not), a refresh token (spent or not), or both. Tokens that name no live
   * session end nothing, which is no error. Resolves with the number of sessions that this call ended.
   */
  const logout = async (tokens: PresentedTokens, scope: LogoutScope, client: ClientInfo): Promise<number> => {
    const byAccessToken = await sessionOfAccessToken(tokens.accessToken);
    const byRefreshToken = await sessionOfRefreshToken(tokens.refreshToken);
    const named = [byAccessToken, byRefreshToken].filter((session) => session !== null);
    const ended = await Promise.all(named.map((session) => logoutFrom(session, scope, client)));
    return ended.reduce((sum, count) => sum + count, 0);
  };

  const logoutFrom = async (session: SessionRef, scope: LogoutScope, client: ClientInfo): Promise<number> => {
    const endedSessions = await end(session, scope);
    if (endedSessions > 0) {
      const actor = accountActor(session.userId, client);
      record({ type: 'user.logged_out', actor, ...session, metadata: { scope, endedSessions } });
    }
    return endedSessions;
  };

  const end = async ({ userId, sessionId }: SessionRef, scope: LogoutScope): Promise<number> => {
    switch (scope) {
      case 'CURRENT':
        return (await sessions.end(userId, sessionId)) ? 1 : 0;
      case 'OTHERS':
        return sessions.endAll(userId, sessionId);
      case 'ALL':
        return sessions.endAll(userId);
    }
  };

  /** The live session of an access token. The token of an ended session has no say over the others. */
  const sessionOfAccessToken = async (token: string | null): Promise<SessionRef | null> => {
    if (token === null) return null;
    const verification = accessTokens.verify(token, clock(), { ignoreExpiry: true });
    if (verification.kind === 'invalid' || verification.claims.kind !== 'account') return null;
    const { userId, sessionId } = verification.claims;
    return (await sessions.check(userId, sessionId)).kind === 'live' ? { userId, sessionId } : null;
  };

  const sessionOfRefreshToken = async (token: string | null): Promise<SessionRef | null> => {
    const parsed = token === null ? null : parseRefreshToken(token);
    if (!parsed) return null;
    const { userId, sessionId, digests } = parsed;
    return (await sessions.isFamily(userId, sessionId, digests.family)) ? { userId, sessionId } : null;
  };

  return { logout };
};
