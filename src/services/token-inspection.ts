import type { Authentication, Authenticator, RejectionReason, SessionId, UserId } from '@fieldgate/guard/core';
import type { AccessTokenClaims, AccessTokens, VerificationFault } from '../crypto/access-token.ts';
import { isJsonObject, type JsonObject } from '../crypto/json-object.ts';
import { parseRefreshToken } from '../crypto/refresh-token.ts';
import type { ApiKey } from '../domain/api-key.ts';
import type { Clock } from '../domain/clock.ts';
import { byCreation, type Position } from '../domain/page.ts';
import type { ServiceClient } from '../domain/service-client.ts';
import type { RefreshTokenState, Session } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import type { ServiceClientStore } from '../stores/ports/service-client-store.ts';
import type { SessionStore } from '../stores/ports/session-store.ts';
import type { Accounts } from './accounts.ts';
import type { ApiKeys } from './api-keys.ts';

export type AccessTokenFault = VerificationFault;

/** What the stores hold about a token of ours. */
export type StoredState = {
  /** Null if the account does not exist (any more). */
  readonly account: User | null;
  /** Null if the session has ended. */
  readonly session: Session | null;
};

export type AccessTokenReport = {
  readonly kind: 'access';
  /** Null if a request with this token would be accepted now, else the reason the client would get. */
  readonly rejection: RejectionReason | null;
  /** The first thing wrong with the token itself, in the order of the checks; null if nothing is. */
  readonly fault: AccessTokenFault | null;
  /** The contents of the token, verified or not; null where they cannot be decoded. */
  readonly decoded: { readonly header: JsonObject | null; readonly payload: JsonObject | null };
  /** Null unless the token is ours, of an account, and at most expired: the ids in any other one mean nothing. */
  readonly stored: StoredState | null;
  /** The same for the token of a service; its `client` is null if that does not exist (any more). */
  readonly service: { readonly client: ServiceClient | null } | null;
};

export type RefreshTokenReport = {
  readonly kind: 'refresh';
  /** `malformed`: by its form alone it cannot be one of ours. */
  readonly state: RefreshTokenState | 'malformed';
  readonly named: { readonly userId: UserId; readonly sessionId: SessionId } | null;
  readonly stored: StoredState | null;
};

export type ApiKeyReport = {
  readonly kind: 'api-key';
  /** Null if a request with this key would be accepted now, else the reason the client would get. */
  readonly rejection: RejectionReason | null;
  /** Whether form and checksum are those of a key. */
  readonly isWellFormed: boolean;
  /** Null unless the text is a key of this server, secret included. */
  readonly holder: { readonly key: ApiKey; readonly account: User | null } | null;
};

export type TokenReport = AccessTokenReport | RefreshTokenReport | ApiKeyReport;

type TokenInspectionDeps = {
  readonly accessTokens: AccessTokens;
  /** The authenticator of requests. Its result is reported, so that inspection never contradicts the server. */
  readonly authenticate: Authenticator;
  readonly sessions: Pick<SessionStore, 'list' | 'recognize'>;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly clients: Pick<ServiceClientStore, 'find'>;
  readonly apiKeys: Pick<ApiKeys, 'inspect'>;
  readonly clock: Clock;
};

/** Examines tokens without using them: nothing is spent, ended or written. */
export const createTokenInspection = (deps: TokenInspectionDeps) => {
  const inspectAccessToken = async (token: string): Promise<AccessTokenReport> => {
    const now = deps.clock();
    const verification = deps.accessTokens.verify(token, now);
    const ours = deps.accessTokens.verify(token, now, { ignoreExpiry: true });
    const authentication = await deps.authenticate({
      header: (name) => (name === 'authorization' ? `Bearer ${token}` : null),
    });
    return {
      kind: 'access',
      rejection: rejectionOf(authentication),
      fault: verification.kind === 'invalid' ? verification.cause : null,
      decoded: decode(token),
      ...(await findSubject(ours.kind === 'valid' ? ours.claims : null)),
    };
  };

  const findSubject = async (
    claims: AccessTokenClaims | null,
  ): Promise<Pick<AccessTokenReport, 'stored' | 'service'>> => {
    switch (claims?.kind) {
      case undefined:
        return { stored: null, service: null };
      case 'account':
        return { stored: await findStored(claims.userId, claims.sessionId), service: null };
      case 'service': {
        const found = await deps.clients.find(claims.clientId);
        return { stored: null, service: { client: found?.client ?? null } };
      }
    }
  };

  const inspectRefreshToken = async (token: string): Promise<RefreshTokenReport> => {
    const parsed = parseRefreshToken(token);
    if (!parsed) return { kind: 'refresh', state: 'malformed', named: null, stored: null };
    const { userId, sessionId, digests } = parsed;
    return {
      kind: 'refresh',
      state: await deps.sessions.recognize(userId, sessionId, digests),
      named: { userId, sessionId },
      stored: await findStored(userId, sessionId),
    };
  };

  const findSession = async (
    userId: UserId,
    sessionId: SessionId,
    after: Position | null = null,
  ): Promise<Session | null> => {
    const { items, hasNextPage } = await deps.sessions.list(userId, { first: 100, after });
    const [found, last] = [items.find(({ id }) => id === sessionId), items.at(-1)];
    if (found || !hasNextPage || !last) return found ?? null;
    return findSession(userId, sessionId, byCreation(last));
  };

  const findStored = async (userId: UserId, sessionId: SessionId): Promise<StoredState> => ({
    account: await deps.accounts.find(userId),
    session: await findSession(userId, sessionId),
  });

  const inspectApiKey = async (text: string): Promise<ApiKeyReport> => {
    const { isWellFormed, verification, key } = await deps.apiKeys.inspect(text);
    return {
      kind: 'api-key',
      rejection: verification.kind === 'valid' ? null : verification.reason,
      isWellFormed,
      holder: key && { key, account: await deps.accounts.find(key.userId) },
    };
  };

  /** Resolves with what this credential is worth now, and why. */
  const inspect = (token: string): Promise<TokenReport> => {
    if (token.startsWith('fgr_')) return inspectRefreshToken(token);
    return token.startsWith('fg_') ? inspectApiKey(token) : inspectAccessToken(token);
  };

  return { inspect };
};

const rejectionOf = (authentication: Authentication): RejectionReason | null => {
  if (authentication.kind === 'accepted') return null;
  return authentication.kind === 'rejected' ? authentication.reason : 'TOKEN_INVALID';
};

/** For display only. Without the signature, which makes the text a credential. */
const decode = (token: string): AccessTokenReport['decoded'] => {
  const [header, payload] = token.length > maxDecodedLength ? [] : token.split('.');
  return { header: decodePart(header), payload: decodePart(payload) };
};

const maxDecodedLength = 65_536;

const decodePart = (part: string | undefined): JsonObject | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
};
