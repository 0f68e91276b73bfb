import { type ClientInfo, type SessionId, sessionId, sessionScopes, type UserId } from '@fieldgate/guard/core';
import type { AccessTokens } from '../crypto/access-token.ts';
import { createRefreshToken, parseRefreshToken, succeedRefreshToken } from '../crypto/refresh-token.ts';
import { type Clock, toSeconds } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { type Actor, accountActor, anonymousActor, type RecordEvent } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import type { Session } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import type { SessionStore } from '../stores/ports/session-store.ts';
import type { Accounts, NewAccountInput, PasswordChange } from './accounts.ts';

/** What a sign-in or a refresh gives. */
export type IssuedTokens = {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
  readonly user: User;
  readonly session: Session;
};

/** What a session was begun with; `identity` is a sign-in at a provider. */
export type LoginMethod = 'password' | 'signup' | 'identity';

/** Which sessions a logout ends, seen from the session of the token that asks. */
export type LogoutScope = 'CURRENT' | 'OTHERS' | 'ALL';

type Dependencies = {
  readonly sessions: SessionStore;
  readonly accounts: Accounts;
  readonly accessTokens: AccessTokens;
  readonly clock: Clock;
  readonly createId: () => string;
  readonly record: RecordEvent;
};

export type Sessions = ReturnType<typeof createSessions>;

/** Everything that begins, renews or ends a session. */
export const createSessions = (deps: Dependencies) => {
  const { sessions, accounts, record } = deps;

  const signup = async (input: NewAccountInput, client: ClientInfo): Promise<IssuedTokens> =>
    requireStarted(await start(await accounts.register(input, anonymousActor(client)), client, 'signup'));

  /** Errors: INVALID_CREDENTIALS. */
  const login = (email: string, password: string, client: ClientInfo): Promise<IssuedTokens> =>
    signIn(() => accounts.authenticate(email, password, client), client, 'password');

  /** Begins a session of whoever `prove` says it is. Errors: those of `prove`. */
  const signIn = async (prove: () => Promise<User>, client: ClientInfo, method: LoginMethod): Promise<IssuedTokens> => {
    const grant = await start(await prove(), client, method);
    if (grant !== 'superseded') return grant;
    // The account changed meanwhile. Look at what it is now, once.
    return requireStarted(await start(await prove(), client, method));
  };

  const start = async (user: User, client: ClientInfo, method: LoginMethod): Promise<IssuedTokens | 'superseded'> => {
    const id = sessionId(deps.createId());
    const { token, digests } = createRefreshToken(user.id, id);
    const session = await sessions.start({
      id,
      userId: user.id,
      version: user.version,
      role: user.role,
      digests,
      client,
    });
    if (session === 'superseded') return session;
    const actor = accountActor(user.id, client);
    record({ type: 'user.login_succeeded', actor, userId: user.id, sessionId: id, metadata: { method } });
    return grant(user, session, token);
  };

  /**
   * Spends a refresh token for a new pair. Any failure is REFRESH_TOKEN_INVALID, whatever the cause; a token that was
   * spent before has ended its session by then, and that stays committed.
   */
  const refresh = async (refreshToken: string, client: ClientInfo): Promise<IssuedTokens> => {
    const presented = parseRefreshToken(refreshToken);
    if (!presented) throw new AppError('REFRESH_TOKEN_INVALID');
    // Read before the token is spent. If the account changes in between, the store knows by then, and what is issued here
    // for what it was is stale or revoked at its first use.
    const user = await requireUser(presented.userId);
    const successor = succeedRefreshToken(presented);
    const rotation = await sessions.rotate({
      userId: presented.userId,
      sessionId: presented.sessionId,
      digests: presented.digests,
      successor: successor.digest,
      successorNonce: successor.nonce,
      client,
      version: user.version,
      role: user.role,
    });
    const { sessionId } = presented;
    const actor = accountActor(user.id, client);
    switch (rotation.kind) {
      case 'rotated':
        record({ type: 'token.refreshed', actor, userId: user.id, sessionId });
        return grant(user, rotation.session, successor.token);
      case 'replayed': {
        record({ type: 'token.replayed', actor, userId: user.id, sessionId });
        const same = succeedRefreshToken(presented, rotation.successorNonce);
        return grant(user, rotation.session, same.token);
      }
      case 'reused':
        // Whoever it is: the holder, or who stole it from them.
        record({ type: 'token.reuse_detected', actor: anonymousActor(client), userId: user.id, sessionId });
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

  /** Changes the password, ends the other sessions and renews this one. Errors: INVALID_CREDENTIALS, BAD_USER_INPUT. */
  const changePassword = async (
    caller: { readonly id: UserId; readonly sessionId: SessionId },
    change: PasswordChange,
    client: ClientInfo,
  ): Promise<IssuedTokens> => {
    const user = await accounts.changePassword(caller.id, change, client);
    await sessions.endAll(user.id, caller.sessionId);
    const { token, digests } = createRefreshToken(user.id, caller.sessionId);
    const session = await sessions.reissue(user.id, caller.sessionId, digests);
    if (!session) throw new AppError('UNAUTHENTICATED', { reason: 'TOKEN_REVOKED' });
    return grant(user, session, token);
  };

  const grant = async (user: User, session: Session, refreshToken: string): Promise<IssuedTokens> => {
    const access = await deps.accessTokens.issue({
      userId: user.id,
      sessionId: session.id,
      role: user.role,
      scopes: sessionScopes,
      now: toSeconds(deps.clock()),
    });
    return {
      accessToken: access.token,
      refreshToken,
      expiresInSeconds: deps.accessTokens.ttlSeconds,
      user,
      session,
    };
  };

  /**
   * Ends sessions, known by an access token (expired or not), a refresh token (spent or not), or both. Tokens that name no
   * live session end nothing, which is no error. Returns how many sessions this call ended.
   */
  const logout = async (tokens: LogoutTokens, scope: LogoutScope, client: ClientInfo): Promise<number> => {
    const [named, other] = [
      await sessionOfAccessToken(tokens.accessToken),
      await sessionOfRefreshToken(tokens.refreshToken),
    ];
    const targets = [named, other].filter((target) => target !== null);
    const ended = await Promise.all(targets.map((target) => logoutOne(target, scope, client)));
    return ended.reduce((sum, count) => sum + count, 0);
  };

  const logoutOne = async (target: SessionName, scope: LogoutScope, client: ClientInfo): Promise<number> => {
    const endedSessions = await endFrom(target, scope);
    const { userId, sessionId } = target;
    const metadata = { scope, endedSessions };
    if (endedSessions > 0) {
      record({ type: 'user.logged_out', actor: accountActor(userId, client), userId, sessionId, metadata });
    }
    return endedSessions;
  };

  const endFrom = async ({ userId, sessionId }: SessionName, scope: LogoutScope): Promise<number> => {
    switch (scope) {
      case 'CURRENT':
        return (await sessions.end(userId, sessionId)) ? 1 : 0;
      case 'OTHERS':
        return sessions.endAll(userId, sessionId);
      case 'ALL':
        return sessions.endAll(userId);
    }
  };

  /** The live session an access token speaks for. A token of a session that is over has no say over the others. */
  const sessionOfAccessToken = async (token: string | null): Promise<SessionName | null> => {
    if (token === null) return null;
    const verification = deps.accessTokens.verify(token, toSeconds(deps.clock()), { ignoreExpiry: true });
    if (verification.kind === 'invalid' || verification.claims.kind !== 'account') return null;
    const { userId, sessionId } = verification.claims;
    return (await sessions.check(userId, sessionId)).kind === 'live' ? { userId, sessionId } : null;
  };

  const sessionOfRefreshToken = async (token: string | null): Promise<SessionName | null> => {
    const parsed = token === null ? null : parseRefreshToken(token);
    if (!parsed) return null;
    const genuine = await sessions.isFamily(parsed.userId, parsed.sessionId, parsed.digests.family);
    return genuine ? { userId: parsed.userId, sessionId: parsed.sessionId } : null;
  };

  const list = (id: UserId): Promise<readonly Session[]> => sessions.list(id);

  /** Ends one session of this account. Errors: NOT_FOUND, alike for another account's session and for none (ASVS 8.2.2). */
  const revoke = async (owner: UserId, id: string, actor: Actor): Promise<SessionId> => {
    const ended = isUuid(id) && (await sessions.end(owner, sessionId(id)));
    if (!ended) throw new AppError('NOT_FOUND');
    record({ type: 'session.revoked', actor, userId: owner, sessionId: sessionId(id) });
    return sessionId(id);
  };

  /** Ends every session of an account; returns how many. Errors: NOT_FOUND. */
  const revokeAll = async (id: string, actor: Actor): Promise<number> => {
    const user = await accounts.find(id);
    if (!user) throw new AppError('NOT_FOUND');
    const endedSessions = await sessions.endAll(user.id);
    if (endedSessions > 0) record({ type: 'session.revoked', actor, userId: user.id, metadata: { endedSessions } });
    return endedSessions;
  };

  return { signup, login, signIn, refresh, changePassword, logout, list, revoke, revokeAll };
};

type LogoutTokens = { readonly accessToken: string | null; readonly refreshToken: string | null };
type SessionName = { readonly userId: UserId; readonly sessionId: SessionId };

/** A fresh account cannot have changed between its making and its first session, short of an administrator's hurry. */
const requireStarted = (outcome: IssuedTokens | 'superseded'): IssuedTokens => {
  if (outcome === 'superseded') throw new AppError('INVALID_CREDENTIALS');
  return outcome;
};
