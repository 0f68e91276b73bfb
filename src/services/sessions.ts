import { type ClientInfo, type SessionId, sessionId, type UserId } from '@fieldgate/guard/core';
import { AppError, badInput } from '../domain/errors.ts';
import { type Actor, anonymousActor } from '../domain/event.ts';
import { isUuid } from '../domain/ids.ts';
import { checkPage, type Page, type PageQuery } from '../domain/page.ts';
import type { Session } from '../domain/session.ts';
import type { PasswordChange } from './account-passwords.ts';
import type { NewAccountInput } from './accounts.ts';
import { createSessionLogout } from './session-logout.ts';
import { createSessionRefresh } from './session-refresh.ts';
import { createSessionTokens, type IssuedTokens, requireStarted, type SessionsDeps } from './session-tokens.ts';

export type { IssuedTokens } from './session-tokens.ts';

export type Sessions = ReturnType<typeof createSessions>;

/** Everything that starts, renews or ends a session. */
export const createSessions = (deps: SessionsDeps) => {
  const { sessions, accounts, record } = deps;
  const { signIn, start, reissue, issue } = createSessionTokens(deps);

  /** Errors: those of `Accounts.createAccount`. */
  const signup = async (input: NewAccountInput, client: ClientInfo): Promise<IssuedTokens> => {
    const user = await accounts.createAccount(input, anonymousActor(client));
    return requireStarted(await start(user, client, 'signup'));
  };

  /** Errors: INVALID_CREDENTIALS, ACCOUNT_LOCKED. */
  const login = (email: string, password: string, client: ClientInfo): Promise<IssuedTokens> =>
    signIn(() => accounts.authenticate(email, password, client), client, 'password');

  /**
   * Changes the password, ends the other sessions and renews this one. Without the current password it gives an account its first
   * one, which takes a recent sign-in. Errors: those of `Accounts.changePassword`; BAD_USER_INPUT (currentPassword), STEP_UP_REQUIRED.
   */
  const changePassword = async (
    caller: SessionCaller,
    change: PasswordChange,
    client: ClientInfo,
  ): Promise<IssuedTokens> => {
    const isProven = change.currentPassword !== null && change.currentPassword !== undefined;
    if (!isProven) await requireFirstPassword(caller);
    const user = await accounts.changePassword(caller.id, change, client);
    await sessions.endAll(user.id, caller.sessionId);
    return reissue(user, caller.sessionId, isProven);
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
    ...{ signup, login, signIn, changePassword, list, revoke, revokeAll },
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
