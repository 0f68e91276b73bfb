import type { Authentication, RejectionReason } from '../domain/authentication.ts';
import type { ClientId, SessionId, UserId } from '../domain/ids.ts';
import { type MaybePromise, whenSettled } from '../domain/maybe-promise.ts';
import type { SessionStatus } from '../domain/session-status.ts';
import type { SignedInViewer } from '../domain/viewer.ts';

/** What a verified token says about its holder. */
export type BearerClaims = AccountBearerClaims | ServiceBearerClaims;

export type AccountBearerClaims = {
  readonly kind?: 'account';
  readonly userId: UserId;
  readonly role: string;
  readonly scopes: readonly string[];
  /** The session that the token was issued for, null if there is none. */
  readonly sessionId: SessionId | null;
  /** The version of the account that the token was issued for. */
  readonly accountVersion?: number | undefined;
  /** When the token expires, in seconds since 1970; null if it does not. */
  readonly expiresAt: number | null;
};

export type ServiceBearerClaims = {
  readonly kind: 'service';
  readonly clientId: ClientId;
  readonly tokenId: string;
  readonly scopes: readonly string[];
  /** When the token expires, in seconds since 1970; null if it does not. */
  readonly expiresAt: number | null;
};

export type BearerVerification =
  | { readonly kind: 'valid'; readonly claims: BearerClaims }
  | { readonly kind: 'invalid'; readonly reason: Extract<RejectionReason, `TOKEN_${'INVALID' | 'EXPIRED'}`> };

/** How a token is verified, whichever header carries it. */
export type BearerOptions = {
  /** Returns whether the token is genuine and not expired. Throws only when it cannot tell. */
  readonly verify: (token: string) => MaybePromise<BearerVerification>;
  /** Returns the current state of the token's session. Without it a token is valid until it expires and cannot be revoked. */
  readonly checkSession?: (userId: UserId, sessionId: SessionId) => MaybePromise<SessionStatus>;
  /** Returns whether a service's token is still valid. With `checkSession` but without this, all tokens of services are rejected. */
  readonly checkServiceToken?: (clientId: ClientId, tokenId: string) => MaybePromise<boolean>;
};

type TokenCheck = (token: string) => MaybePromise<Authentication>;

/** Returns the check of an access token. `via` says which credential carried it and becomes the viewer's `via`. */
export const createTokenCheck = (options: BearerOptions, via: string): TokenCheck => {
  const checkClaims = (claims: BearerClaims): MaybePromise<Authentication> =>
    claims.kind === 'service' ? checkService(claims, options, via) : checkAccount(claims, options, via);
  return (token) => {
    if (token === '') return rejected('TOKEN_INVALID');
    return whenSettled(options.verify(token), (verification) =>
      verification.kind === 'valid' ? checkClaims(verification.claims) : rejected(verification.reason),
    );
  };
};

const checkService = (
  claims: ServiceBearerClaims,
  { checkSession, checkServiceToken }: BearerOptions,
  via: string,
): MaybePromise<Authentication> => {
  const { clientId, tokenId, scopes, expiresAt } = claims;
  const accept = (): Authentication => accepted({ kind: 'service', id: clientId, scopes, via, expiresAt });
  if (checkServiceToken === undefined) return checkSession === undefined ? accept() : rejected('TOKEN_INVALID');
  return whenSettled(checkServiceToken(clientId, tokenId), (isValid) =>
    isValid ? accept() : rejected('TOKEN_REVOKED'),
  );
};

const checkAccount = (
  claims: AccountBearerClaims,
  { checkSession }: BearerOptions,
  via: string,
): MaybePromise<Authentication> => {
  const { userId, role, scopes, sessionId, accountVersion, expiresAt } = claims;
  const accept = (account?: unknown): Authentication =>
    accepted({ kind: 'account', id: userId, role, scopes, sessionId, accountVersion, via, expiresAt, account });
  if (checkSession === undefined) return accept();
  // Without a session there is nothing to check, so nothing could say that the token has not been revoked.
  if (sessionId === null) return rejected('TOKEN_INVALID');
  return whenSettled(checkSession(userId, sessionId), (status) => {
    if (status.kind === 'ended') return rejected('TOKEN_REVOKED');
    const isCurrent = status.accountVersion === undefined || status.accountVersion === accountVersion;
    return isCurrent && status.role === role ? accept(status.account) : rejected('TOKEN_STALE');
  });
};

const accepted = (viewer: SignedInViewer): Authentication => ({ kind: 'accepted', viewer });

const rejected = (reason: RejectionReason): Authentication => ({ kind: 'rejected', reason });
