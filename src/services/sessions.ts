import { type ClientInfo, type SessionId, sessionId, type UserId } from '@fieldgate/guard/core';
import { createRefreshToken } from '../crypto/refresh-token.ts';
import { AppError, badInput } from '../domain/errors.ts';
import type { Actor } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import { checkPage, type Page, type PageQuery } from '../domain/page.ts';
import type { Session } from '../domain/session.ts';
import type { PasswordChange } from './account-passwords.ts';
import { createSessionLogout } from './session-logout.ts';
import { createSessionRefresh } from './session-refresh.ts';
import { createSignup } from './session-signup.ts';
import { createSessionTokens, type IssuedTokens, type SessionsDeps } from './session-tokens.ts';

export type { IssuedTokens } from './session-tokens.ts';

export type Sessions = ReturnType<typeof createSessions>;

/** Everything that starts, renews or ends a session. */
export const createSessions = (deps: SessionsDeps) => {
  const { sessions, accounts, record } = deps;
  const { signIn, start, issue } = createSessionTokens(deps);

  /** Errors: INVALID_CREDENTIALS, ACCOUNT_LOCKED. */
  const login = (email: string, password: string, client: ClientInfo): Promise<IssuedTokens> =>
    signIn(() => accounts.authenticate(email, password, client), client, 'password');

  /**
   * Changes the password, ends the other sessions and gives this one a new refresh token; those it had before are unknown from then
   * on. Where that is cut short after the password is in force, every session has ended, this one too. Without the current password
   * it gives an account its first one, which takes a recent sign-in. Errors: those of `Accounts.changePassword`, UNAUTHENTICATED;
   * BAD_USER_INPUT (currentPassword), STEP_UP_REQUIRED.
   */
  const changePassword = async (
    caller: SessionCaller,
    change: Omit<PasswordChange, 'kept'>,
    client: ClientInfo,
  ): Promise<IssuedTokens> => {
    if (change.currentPassword === null || change.currentPassword === undefined) await requireFirstPassword(caller);
    const { token, digests } = createRefreshToken(caller.id, caller.sessionId);
    const kept = { id: caller.sessionId, digests };
    const { user, session } = await accounts.changePassword(caller.id, { ...change, kept }, client);
    if (!session) throw new AppError('UNAUTHENTICATED', { reason: 'TOKEN_REVOKED' });
    return issue(user, session, token);
  };

  const requireFirstPassword = async (caller: SessionCaller): Promise<void> => {
    if (await accounts.hasPassword(caller.id)) throw currentPasswordMissing();
    await deps.requireRecentSignIn(caller);
  };

  /** Resolves with a page of the live sessions of an account, newest first. Errors: BAD_USER_INPUT (first). */
  const list = async (id: UserId, page: PageQuery): Promise<Page<Session>> => sessions.list(id, checkPage(page));

  /** Ends one session of this account. Errors: NOT_FOUND, alike for another account's session and for none (ASVS 8.2.2). */
  const revoke = async (owner: UserId, id: string, actor: Actor): Promise<SessionId> => {
    const ended = isUuid(id) && (await sessions.end(owner, sessionId(id)));
    if (!ended) throw new AppError('NOT_FOUND');
    record({ type: 'session.revoked', actor, userId: owner, sessionId: sessionId(id) });
    return sessionId(id);
  };

  /** Ends every session of an account. Resolves with their number. Errors: NOT_FOUND. */
  const revokeAll = async (id: string, actor: Actor): Promise<number> => {
    const user = await accounts.find(id);
    if (!user) throw new AppError('NOT_FOUND');
    const endedSessions = await sessions.endAll(user.id);
    if (endedSessions > 0) record({ type: 'session.revoked', actor, userId: user.id, metadata: { endedSessions } });
    return endedSessions;
  };

  return {
    ...createSignup({ ...deps, start }),
    ...{ login, signIn, changePassword, list, revoke, revokeAll },
    ...createSessionRefresh({ ...deps, issue }),
    ...createSessionLogout(deps),
  };
};

type SessionCaller = { readonly id: UserId; readonly sessionId: SessionId };

const currentPasswordMissing = (): AppError =>
  badInput(
    'currentPassword',
    'CURRENT_PASSWORD_REQUIRED',
    'The account has a password. Send it as currentPassword, however recent the sign-in is.',
  );
