import type { MaybePromise } from '@whatwg-node/promise-helpers';
import type { OnFault } from '../authorization/faults.ts';
import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';
import type { ClientId, SessionId, UserId } from '../domain/ids.ts';
import type { SessionStatus } from '../domain/session-status.ts';
import {
  type AnswerOptions,
  parseBearerVerification,
  parseBoolean,
  parseSessionStatus,
  rejected,
  useAnswer,
} from './answers.ts';
import type { AccountBearerClaims, BearerVerification, ServiceBearerClaims } from './claims.ts';

export type BearerOptions = {
  /** Returns whether the token is genuine and not expired. Throws only when it cannot tell. */
  readonly verify: (token: string) => MaybePromise<BearerVerification>;
  /** Returns the current state of the token's session. `null`: nothing can revoke the token, which is valid until it expires. */
  readonly checkSession: ((userId: UserId, sessionId: SessionId) => MaybePromise<SessionStatus>) | null;
  /**
   * Returns whether a service's token is still valid. `null`: nothing can revoke it. Then such a token is accepted only if
   * `checkSession` is null too: where tokens can be revoked, one that cannot be is rejected.
   */
  readonly checkServiceToken: ((clientId: ClientId, tokenId: string) => MaybePromise<boolean>) | null;
  /** Called when one of these returns something that is not understood. The token is then rejected. Default: `console.error`. */
  readonly onFault?: OnFault | undefined;
};

/**
 * Returns an authenticator for `Authorization: Bearer <token>` (RFC 6750 §2.1; the scheme in any case).
 * Absent: no header, an empty one, or another scheme. `Bearer` without a token is rejected with TOKEN_INVALID. A token whose
 * session has ended is rejected with TOKEN_REVOKED; one whose account has another role or version by now with TOKEN_STALE, so a
 * token neither keeps a role that was taken away nor misses a new one, nor outlives the password it was issued under: a refresh
 * brings a current one.
 * An answer that is not understood rejects the token with TOKEN_INVALID.
 * Synchronous if `verify` and the checks are; throws what they throw. A check that is left out is a TypeError here.
 *
 * @example
 * const authenticate = bearer({ verify: verifyToken, checkSession, checkServiceToken: null });
 */
export const bearer = (options: BearerOptions): Authenticator => {
  const check = createTokenCheck(options, 'bearer');
  return (source) => {
    const authorization = readAuthorization(source);
    if (authorization.kind !== 'credential') return authorization;
    return authorization.scheme === 'bearer' ? check(authorization.value) : { kind: 'absent' };
  };
};

/** Returns the bearer token that was sent, not verified. Null if there is none, or more than one. */
export const presentedBearer = (source: CredentialSource): string | null => {
  const authorization = readAuthorization(source);
  const isBearer = authorization.kind === 'credential' && authorization.scheme === 'bearer';
  return isBearer && authorization.value !== '' ? authorization.value : null;
};

/** The content of a request's Authorization header. `scheme` is in lower case: its name ignores case (RFC 9110 §11.1). */
export type Authorization =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'credential'; readonly scheme: string; readonly value: string };

/** Ends where the value begins: a token is long, and only its verification reads it. */
const schemeAndSpace = /^([!#$%&'*+.^_`|~\w-]+)(?:[ \t]+|$)/;

/** A comma followed by what reads as a scheme and a value: a second Authorization header, joined to the first. */
const secondCredential = /,[ \t]*[!#$%&'*+.^_`|~\w-]+[ \t]+[^\s=,]/;

/**
 * Reads the Authorization header. An empty one is absent. Several, which arrive joined by commas, are ambiguous: to accept
 * one of them would let anyone who can add a header decide who the caller is.
 */
export const readAuthorization = (source: CredentialSource): Authorization => {
  const header = source.header('authorization')?.trim() ?? '';
  if (header === '') return { kind: 'absent' };
  if (header.includes(',') && secondCredential.test(header)) return { kind: 'ambiguous' };
  const [start = '', scheme] = schemeAndSpace.exec(header) ?? [];
  if (scheme === undefined) return { kind: 'absent' };
  return { kind: 'credential', scheme: scheme.toLowerCase(), value: header.slice(start.length) };
};

/** Returns the check of an access token, whichever header carries it. `via` names that credential in the viewer. */
export const createTokenCheck = (options: BearerOptions, via: string) => {
  // The types say so too, but not to JavaScript, where a misspelt check would accept revoked tokens.
  for (const name of ['checkSession', 'checkServiceToken'] as const) {
    if (options[name] === null || typeof options[name] === 'function') continue;
    throw new TypeError(`The option ${name} must be a function, or null if nothing can revoke a token.`);
  }
  const checkVerified = (verification: BearerVerification): MaybePromise<Authentication> => {
    if (verification.kind !== 'valid') return rejected(verification.reason);
    const { claims } = verification;
    return claims.kind === 'service' ? checkService(claims, options, via) : checkAccount(claims, options, via);
  };
  return (token: string): MaybePromise<Authentication> => {
    if (token === '') return rejected('TOKEN_INVALID');
    return useAnswer(options.verify(token), reading(`${via}: verify`, parseBearerVerification, options), checkVerified);
  };
};

const reading = <Value>(
  name: string,
  parse: (value: unknown) => Value,
  { onFault }: BearerOptions,
): AnswerOptions<Value, Authentication> => ({ name, parse, onFault, otherwise: rejected('TOKEN_INVALID') });

const checkService = (
  { clientId, tokenId, scopes, expiresAt }: ServiceBearerClaims,
  options: BearerOptions,
  via: string,
): MaybePromise<Authentication> => {
  const { checkSession, checkServiceToken } = options;
  const decide = (isValid: boolean): Authentication => {
    if (!isValid) return rejected('TOKEN_REVOKED');
    return { kind: 'accepted', viewer: { kind: 'service', id: clientId, scopes: [...scopes], via, expiresAt } };
  };
  if (checkServiceToken === null) return checkSession === null ? decide(true) : rejected('TOKEN_INVALID');
  const parse = reading(`${via}: checkServiceToken`, parseBoolean, options);
  return useAnswer(checkServiceToken(clientId, tokenId), parse, decide);
};

const checkAccount = (
  claims: AccountBearerClaims,
  options: BearerOptions,
  via: string,
): MaybePromise<Authentication> => {
  const { checkSession } = options;
  const { userId: id, role, sessionId, accountVersion, authTime, amr, expiresAt } = claims;
  const decide = (status: SessionStatus): Authentication => {
    if (status.kind !== 'live') return rejected('TOKEN_REVOKED');
    const isCurrent = status.accountVersion === undefined || status.accountVersion === accountVersion;
    if (!isCurrent || status.role !== role) return rejected('TOKEN_STALE');
    const { account } = status;
    const scopes = [...claims.scopes];
    return {
      kind: 'accepted',
      viewer: { kind: 'account', id, role, scopes, sessionId, accountVersion, authTime, amr, via, expiresAt, account },
    };
  };
  if (checkSession === null) return decide({ kind: 'live', role });
  // Without a session there is nothing to check, so nothing could say that the token has not been revoked.
  if (sessionId === null) return rejected('TOKEN_INVALID');
  return useAnswer(checkSession(id, sessionId), reading(`${via}: checkSession`, parseSessionStatus, options), decide);
};
