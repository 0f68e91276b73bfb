import type { ClientInfo, UserId } from '@fieldgate/guard/core';
import { type ParsedRefreshToken, parseRefreshToken, succeedRefreshToken } from '../crypto/refresh-token.ts';
import { AppError } from '../domain/errors.ts';
import { accountActor, anonymousActor } from '../domain/event.ts';
import type { Rotation } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import type { IssuedTokens, SessionsDeps, SessionTokens } from './session-tokens.ts';

type SessionRefreshDeps = Pick<SessionsDeps, 'sessions' | 'accounts' | 'record'> & {
  readonly issue: SessionTokens['issue'];
};

type Refresh = {
  readonly presented: ParsedRefreshToken;
  readonly user: User;
  readonly successor: string;
  readonly client: ClientInfo;
};

export const createSessionRefresh = (deps: SessionRefreshDeps) => {
  const { sessions, accounts, record, issue } = deps;

  /**
   * Spends a refresh token for a new pair. Every failure is REFRESH_TOKEN_INVALID; a token that was spent before has ended its
   * session by then, and that stays committed.
   */
  const refresh = async (refreshToken: string, client: ClientInfo): Promise<IssuedTokens> => {
    const presented = parseRefreshToken(refreshToken);
    if (!presented) throw new AppError('REFRESH_TOKEN_INVALID');
    // Read before the token is spent. If the account changes in between, the store knows by then, and the tokens issued here
    // for the old state are stale or revoked at their first use.
    const user = await requireUser(presented.userId);
    const { token, digest, nonce } = succeedRefreshToken(presented);
    const { userId, sessionId, digests } = presented;
    const use = { userId, sessionId, digests, successor: digest, successorNonce: nonce, client };
    const { version, role, sessionsFrom } = user;
    const rotation = await sessions.rotate({ ...use, version, role, sessionsFrom });
    return answer(rotation, { presented, user, successor: token, client });
  };

  const answer = (rotation: Rotation, { presented, user, successor, client }: Refresh): Promise<IssuedTokens> => {
    const { sessionId } = presented;
    const about = { actor: accountActor(user.id, client), userId: user.id, sessionId };
    switch (rotation.kind) {
      case 'rotated':
        record({ type: 'token.refreshed', ...about });
        return issue(user, rotation.session, successor);
      case 'replayed':
        record({ type: 'token.replayed', ...about });
        return issue(user, rotation.session, succeedRefreshToken(presented, rotation.successorNonce).token);
      case 'reused':
        // Anonymous: it may be the owner or the thief.
        record({ type: 'token.reuse_detected', ...about, actor: anonymousActor(client) });
        throw new AppError('REFRESH_TOKEN_INVALID');
      case 'unknown':
        throw new AppError('REFRESH_TOKEN_INVALID');
    }
  };

  const requireUser = async (id: UserId): Promise<User> => {
    const user = await accounts.find(id);
    if (!user || user.disabledAt !== null) throw new AppError('REFRESH_TOKEN_INVALID');
    return user;
  };

  return { refresh };
};
