import type { Authenticator, CredentialSource } from '../domain/authentication.ts';
import { readAuthorization } from './authorization-header.ts';
import { type BearerOptions, createTokenCheck } from './token-check.ts';

/**
 * Returns an authenticator for `Authorization: Bearer <token>` (RFC 6750 §2.1; the scheme in any case).
 *
 * Absent: no header, an empty one, or another scheme. `Bearer` without a token is rejected with TOKEN_INVALID. A token whose
 * session has ended is rejected with TOKEN_REVOKED; one whose account has another role or version by now with TOKEN_STALE, so a
 * token neither keeps a role that was taken away nor misses a new one, nor outlives the password it was issued under: a refresh
 * brings a current one.
 * Synchronous if `verify` and `checkSession` are; throws what they throw.
 *
 * @example
 * const authenticate = bearer({ verify: verifyToken, checkSession: (userId, sessionId) => sessions.check(userId, sessionId) });
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
