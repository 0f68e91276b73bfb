import { type ClientInfo, type SessionId, sessionId, sessionScopes, type UserId } from '@fieldgate/guard/core';
import type { AccessTokens } from '../crypto/access-token.ts';
import { createRefreshToken } from '../crypto/refresh-token.ts';
import { type Clock, toSeconds } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { accountActor, type RecordEvent } from '../domain/event.ts';
import type { Session } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import type { SessionStore } from '../stores/ports/session-store.ts';
import type { Accounts } from './accounts.ts';
import type { RequireRecentSignIn } from './recent-sign-in.ts';

/** What a sign-in or a refresh returns. */
export type IssuedTokens = {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
  readonly user: User;
  readonly session: Session;
};

/** What a session was started with; `identity` is a sign-in at a provider. */
export type LoginMethod = 'password' | 'signup' | 'identity';

export type SessionsDeps = {
  readonly sessions: SessionStore;
  readonly accounts: Accounts;
  readonly accessTokens: AccessTokens;
  readonly requireRecentSignIn: RequireRecentSignIn;
  readonly clock: Clock;
  readonly createId: () => string;
  readonly record: RecordEvent;
};

/** Starts sessions, and issues the tokens of those that live. */
export const createSessionTokens = (deps: SessionsDeps) => {
  const { sessions, record } = deps;

  /** Starts a session for the account that `prove` resolves with. Errors: those of `prove`. */
  const signIn = async (prove: () => Promise<User>, client: ClientInfo, method: LoginMethod): Promise<IssuedTokens> => {
    const started = await start(await prove(), client, method);
    if (started !== 'superseded') return started;
    // The account changed between the proof and the start: prove again what it is now, once.
    return requireStarted(await start(await prove(), client, method));
  };

  /** `superseded`: the account has changed since `user` was read, and no session was started. */
  const start = async (user: User, client: ClientInfo, method: LoginMethod): Promise<IssuedTokens | 'superseded'> => {
    const id = sessionId(deps.createId());
    const { token, digests } = createRefreshToken(user.id, id);
    const { version, role, sessionsFrom } = user;
    const session = await sessions.start({ id, userId: user.id, version, role, sessionsFrom, digests, client });
    if (session === 'superseded') return session;
    const actor = accountActor(user.id, client);
    record({ type: 'user.login_succeeded', actor, userId: user.id, sessionId: id, metadata: { method } });
    return issue(user, session, token);
  };

  /** Signs an access token to go with this refresh token. */
  const issue = async (user: User, session: Session, refreshToken: string): Promise<IssuedTokens> => {
    const { ttlSeconds } = deps.accessTokens;
    const subject = { userId: user.id, sessionId: session.id, accountVersion: user.version, role: user.role };
    const now = toSeconds(deps.clock());
    const { token } = await deps.accessTokens.issue({ ...subject, scopes: sessionScopes, now });
    return { accessToken: token, refreshToken, expiresInSeconds: ttlSeconds, user, session };
  };

  return { signIn, start, issue };
};

export type SessionTokens = ReturnType<typeof createSessionTokens>;

/** Fails where the account changed once more, which takes an administrator within milliseconds. Errors: INVALID_CREDENTIALS. */
export const requireStarted = (outcome: IssuedTokens | 'superseded'): IssuedTokens => {
  if (outcome === 'superseded') throw new AppError('INVALID_CREDENTIALS');
  return outcome;
};

/** What names a session. */
export type SessionRef = { readonly userId: UserId; readonly sessionId: SessionId };
