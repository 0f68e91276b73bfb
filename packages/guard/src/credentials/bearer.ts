import type { Authentication, Authenticator, CredentialSource, RejectionReason } from '../domain/authentication.ts';
import type { ClientId, SessionId, UserId } from '../domain/ids.ts';
import type { SessionStatus } from '../domain/session-status.ts';
import type { SignedInViewer } from '../domain/viewer.ts';
import { readAuthorization } from './authorization-header.ts';
import { type MaybePromise, whenSettled } from './maybe-promise.ts';

/** What a bearer token has to say of its holder. The claims of our own access tokens do. */
export type BearerClaims = AccountBearerClaims | ServiceBearerClaims;

export type AccountBearerClaims = {
  readonly kind?: 'account';
  readonly userId: UserId;
  readonly role: string;
  readonly scopes: readonly string[];
  /** The session it was issued for, if there is such a thing. */
  readonly sessionId: SessionId | null;
  readonly expiresAt: number | null;
};

export type ServiceBearerClaims = {
  readonly kind: 'service';
  readonly clientId: ClientId;
  readonly tokenId: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number | null;
};

export type BearerVerification =
  | { readonly kind: 'valid'; readonly claims: BearerClaims }
  | { readonly kind: 'invalid'; readonly reason: Extract<RejectionReason, `TOKEN_${'INVALID' | 'EXPIRED'}`> };

export type BearerOptions = {
  /** Whether the token is genuine and in time. Throws only when it cannot tell. */
  readonly verify: (token: string) => MaybePromise<BearerVerification>;
  /** What the token's session is worth now. Left out, a token is good until it expires, and nothing can revoke it. */
  readonly checkSession?: (userId: UserId, sessionId: SessionId) => MaybePromise<SessionStatus>;
  /** Whether a service's token is still good. Left out where `standing` is given, no service is let in. */
  readonly checkServiceToken?: (clientId: ClientId, tokenId: string) => MaybePromise<boolean>;
};

/**
 * `Authorization: Bearer <token>` (RFC 6750 §2.1; the scheme in any case).
 *
 * Absent: no or an empty header, or another scheme. `Bearer` with nothing after it was meant as a credential and is
 * rejected with TOKEN_INVALID. A token whose session is over is rejected with TOKEN_REVOKED; one whose account has another
 * role by now with TOKEN_STALE: it neither keeps rights that were taken nor lacks new ones, a refresh brings them.
 * Answers without a promise if `verify` and `standing` do. What they throw, it throws.
 *
 * @example
 * const authenticator = bearer({ verify: (token) => tokens.verify(token, toSeconds(clock())), standing: sessions.check });
 */
export const bearer = (options: BearerOptions): Authenticator => {
  const check = createTokenCheck(options, 'bearer');
  return (source) => {
    const authorization = readAuthorization(source);
    if (authorization.kind !== 'credential') return authorization;
    return authorization.scheme === 'bearer' ? check(authorization.value) : { kind: 'absent' };
  };
};

/** What an access token is worth, however it was presented. `via` says how, and becomes the viewer's. */
export const createTokenCheck = (
  { verify, checkSession: standing, checkServiceToken: serviceStanding }: BearerOptions,
  via: string,
) => {
  const accepted = (claims: BearerClaims, account?: unknown): Authentication => ({
    kind: 'accepted',
    viewer: viewerFrom(claims, via, account),
  });

  const accept = (claims: BearerClaims): MaybePromise<Authentication> =>
    claims.kind === 'service' ? acceptService(claims) : acceptAccount(claims);

  const acceptService = (claims: ServiceBearerClaims): MaybePromise<Authentication> => {
    if (serviceStanding === undefined) return standing === undefined ? accepted(claims) : rejected('TOKEN_INVALID');
    return whenSettled(serviceStanding(claims.clientId, claims.tokenId), (isLive) =>
      isLive ? accepted(claims) : rejected('TOKEN_REVOKED'),
    );
  };

  const acceptAccount = (claims: AccountBearerClaims): MaybePromise<Authentication> => {
    if (standing === undefined) return accepted(claims);
    // Without a session there is nothing to ask about, so nothing that could say it has not been revoked.
    if (claims.sessionId === null) return rejected('TOKEN_INVALID');
    return whenSettled(standing(claims.userId, claims.sessionId), (now) => acceptStanding(claims, now));
  };

  const acceptStanding = (claims: AccountBearerClaims, now: SessionStatus): Authentication => {
    switch (now.kind) {
      case 'ended':
        return rejected('TOKEN_REVOKED');
      case 'live':
        return now.role === claims.role ? accepted(claims, now.account) : rejected('TOKEN_STALE');
    }
  };

  return (token: string): MaybePromise<Authentication> => {
    if (token === '') return rejected('TOKEN_INVALID');
    return whenSettled(verify(token), (verification) =>
      verification.kind === 'valid' ? accept(verification.claims) : rejected(verification.reason),
    );
  };
};

/** The bearer token that was sent, verified or not; null if none was, or more than one. */
export const presentedBearer = (source: CredentialSource): string | null => {
  const authorization = readAuthorization(source);
  const isBearer = authorization.kind === 'credential' && authorization.scheme === 'bearer';
  return isBearer && authorization.value !== '' ? authorization.value : null;
};

const viewerFrom = (claims: BearerClaims, via: string, account?: unknown): SignedInViewer => {
  const { scopes, expiresAt } = claims;
  if (claims.kind === 'service') return { kind: 'service', id: claims.clientId, scopes, via, expiresAt };
  const { userId, role, sessionId } = claims;
  return { kind: 'account', id: userId, role, scopes, sessionId, via, expiresAt, account };
};

const rejected = (reason: Extract<Authentication, { kind: 'rejected' }>['reason']): Authentication => ({
  kind: 'rejected',
  reason,
});
