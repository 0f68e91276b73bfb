import type { Authenticator, RejectionReason, SessionId, UserId } from '@fieldgate/guard/core';
import type { AccessTokenClaims, AccessTokens, VerificationFault } from '../crypto/access-token.ts';
import { isJsonObject, type JsonObject } from '../crypto/json-object.ts';
import { parseRefreshToken } from '../crypto/refresh-token.ts';
import type { ApiKey } from '../domain/api-key.ts';
import { type Clock, toSeconds } from '../domain/clock.ts';
import type { ServiceClient } from '../domain/service-client.ts';
import type { RefreshTokenState, Session } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import type { ServiceClientStore } from '../stores/ports/service-client-store.ts';
import type { SessionStore } from '../stores/ports/session-store.ts';
import type { Accounts } from './accounts.ts';
import type { ApiKeys } from './api-keys.ts';

export type AccessTokenFault = VerificationFault;

/** What stands in the store behind a token that is ours. */
export type StoredState = {
  /** Null where there is no such account (any more). */
  readonly account: User | null;
  /** Null where the session is over. */
  readonly session: Session | null;
};

export type AccessTokenReport = {
  readonly kind: 'access';
  /** Null if a request with this token would be accepted now, else the reason its client would be told. */
  readonly rejection: RejectionReason | null;
  /** The first thing wrong with the token itself, in the order of the checks; null if nothing is. */
  readonly fault: AccessTokenFault | null;
  /** What is written in it, believed or not; null where it cannot be read. */
  readonly decoded: { readonly header: JsonObject | null; readonly payload: JsonObject | null };
  /** Null unless the token is a person's, ours, and has at most expired: nothing else it says is worth a look. */
  readonly stored: StoredState | null;
  /** The same for a service's token; its `client` is null where there is none (any more). */
  readonly service: { readonly client: ServiceClient | null } | null;
};

export type RefreshTokenReport = {
  readonly kind: 'refresh';
  /** `malformed`: it cannot be one of ours, by its form alone. */
  readonly state: RefreshTokenState | 'malformed';
  readonly named: { readonly userId: UserId; readonly sessionId: SessionId } | null;
  readonly stored: StoredState | null;
};

export type ApiKeyReport = {
  readonly kind: 'api-key';
  /** Null if a request with this key would be accepted now, else the reason its client would be told. */
  readonly rejection: RejectionReason | null;
  /** Whether the text can be a key at all: its form, and its own checksum. */
  readonly isWellFormed: boolean;
  /** Null unless the text is a key of this server, secret and all. */
  readonly holder: { readonly key: ApiKey; readonly account: User | null } | null;
};

export type TokenReport = AccessTokenReport | RefreshTokenReport | ApiKeyReport;

type Dependencies = {
  readonly accessTokens: AccessTokens;
  /** The way requests come in by. It has the verdict, so that this never says otherwise than the server does. */
  readonly authenticate: Authenticator;
  readonly sessions: Pick<SessionStore, 'list' | 'recognize'>;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly clients: Pick<ServiceClientStore, 'find'>;
  readonly apiKeys: Pick<ApiKeys, 'inspect'>;
  readonly clock: Clock;
};

export type TokenInspection = ReturnType<typeof createTokenInspection>;

/** Looks at tokens without using them: nothing is spent, ended or written. */
export const createTokenInspection = (deps: Dependencies) => {
  const inspectAccessToken = async (token: string): Promise<AccessTokenReport> => {
    const now = toSeconds(deps.clock());
    const verification = deps.accessTokens.verify(token, now);
    const ours = deps.accessTokens.verify(token, now, { ignoreExpiry: true });
    const answer = await deps.authenticate({
      header: (name) => (name === 'authorization' ? `Bearer ${token}` : null),
    });
    return {
      kind: 'access',
      rejection: answer.kind === 'accepted' ? null : answer.kind === 'rejected' ? answer.reason : 'TOKEN_INVALID',
      fault: verification.kind === 'invalid' ? verification.cause : null,
      decoded: readWritten(token),
      ...(await findHolder(ours.kind === 'valid' ? ours.claims : null)),
    };
  };

  const findHolder = async (
    claims: AccessTokenClaims | null,
  ): Promise<Pick<AccessTokenReport, 'stored' | 'service'>> => {
    switch (claims?.kind) {
      case undefined:
        return { stored: null, service: null };
      case 'account':
        return { stored: await findBackground(claims.userId, claims.sessionId), service: null };
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
      stored: await findBackground(userId, sessionId),
    };
  };

  const findBackground = async (userId: UserId, sessionId: SessionId): Promise<StoredState> => ({
    account: await deps.accounts.find(userId),
    session: (await deps.sessions.list(userId)).find(({ id }) => id === sessionId) ?? null,
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

  /** What this credential is worth at this moment, and why. */
  const inspect = (token: string): Promise<TokenReport> => {
    if (token.startsWith('fgr_')) return inspectRefreshToken(token);
    return token.startsWith('fg_') ? inspectApiKey(token) : inspectAccessToken(token);
  };

  return { inspect };
};

/** For showing only. The signature is left out: it is what makes the text a credential. */
const readWritten = (token: string): AccessTokenReport['decoded'] => {
  const [header, payload] = token.length > longestShown ? [] : token.split('.');
  return { header: readPart(header), payload: readPart(payload) };
};

const longestShown = 65_536;

const readPart = (part: string | undefined): JsonObject | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
};
