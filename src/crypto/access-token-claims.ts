import { type ClientId, clientId, type SessionId, sessionId, type UserId, userId } from '@fieldgate/guard/core';
import type { EpochSeconds } from '../domain/clock.ts';
import type { JsonObject } from './json-object.ts';

/** The claims of a verified access token, under our names. */
export type AccessTokenClaims = AccountTokenClaims | ServiceTokenClaims;

/** Of an account, in a session. */
export type AccountTokenClaims = CommonClaims & {
  readonly kind: 'account';
  /** `sub` */
  readonly userId: UserId;
  /** `sid` */
  readonly sessionId: SessionId;
  readonly role: string;
  /** The version of the account that the token was issued for (`toTokenId`). Undefined in a token that was not issued here. */
  readonly accountVersion: number | undefined;
};

/** Of a service client, which is its own subject: `sub` is `client_id` (RFC 9068 §2.2). It has neither session nor role. */
export type ServiceTokenClaims = CommonClaims & { readonly kind: 'service' };

type CommonClaims = {
  /** `jti`, which identifies the token. Its text does not: an ECDSA signature (r, s) has a valid twin (r, n − s). */
  readonly tokenId: string;
  readonly clientId: ClientId;
  readonly scopes: readonly string[];
  readonly issuedAt: EpochSeconds;
  readonly expiresAt: EpochSeconds;
};

/** The claims, and when the token becomes valid: at `iat`, or at `nbf` if that is later. */
export type TimedClaims = { readonly claims: AccessTokenClaims; readonly notBefore: EpochSeconds };

export type ClaimsFault = 'unexpected issuer' | 'unexpected audience' | 'unexpected claims' | 'unexpected lifetime';

export type ClaimsFormat = {
  readonly issuer: string;
  readonly audience: string;
  readonly maxTtlSeconds: number;
};

/** Checks everything about the payload that does not depend on the time: every claim is present, of its type, and ours. */
export const parseClaims = (
  payload: JsonObject,
  { issuer, audience, maxTtlSeconds }: ClaimsFormat,
): TimedClaims | ClaimsFault => {
  if (payload['iss'] !== issuer) return 'unexpected issuer';
  if (!isFor(payload['aud'], audience)) return 'unexpected audience';

  const { sub, sid, jti, client_id: clientName, role, scope, iat, exp, nbf } = payload;
  if (!isText(sub) || !isText(jti) || !isText(clientName)) return 'unexpected claims';
  if (typeof scope !== 'string') return 'unexpected claims';
  if (!isWholeNumber(iat) || !isWholeNumber(exp)) return 'unexpected claims';
  if (nbf !== undefined && !(typeof nbf === 'number' && Number.isFinite(nbf))) return 'unexpected claims';
  if (exp <= iat || exp - iat > maxTtlSeconds) return 'unexpected lifetime';

  const common: CommonClaims = {
    tokenId: jti,
    clientId: clientId(clientName),
    scopes: Object.freeze(parseScope(scope)),
    issuedAt: iat,
    expiresAt: exp,
  };
  const claims = withSubject(common, { sub, sid, role });
  if (claims === null) return 'unexpected claims';
  return { claims: Object.freeze(claims), notBefore: Math.max(iat, Math.ceil(nbf ?? iat)) };
};

type SubjectClaims = { readonly sub: string; readonly sid: unknown; readonly role: unknown };

/** An account has a session and a role, a service has neither and is its own subject; every other combination is invalid. */
const withSubject = (common: CommonClaims, { sub, sid, role }: SubjectClaims): AccessTokenClaims | null => {
  if (isText(sid) && isText(role)) {
    const accountVersion = versionIn(common.tokenId);
    return { kind: 'account', userId: userId(sub), sessionId: sessionId(sid), accountVersion, role, ...common };
  }
  const isService = sid === undefined && role === undefined && sub === common.clientId;
  return isService ? { kind: 'service', ...common } : null;
};

/**
 * Returns the `jti` of an account's token, whose form is ours to choose (RFC 7519 §4.1.7): a unique text and the version of the
 * account. A change of the account retires the token by it. `iat` could not: it counts whole seconds, and clocks differ.
 */
export const toTokenId = (unique: string, accountVersion: number): string => `${unique}.${accountVersion}`;

const versionIn = (tokenId: string): number | undefined => {
  const [, digits] = /\.(\d{1,15})$/.exec(tokenId) ?? [];
  return digits === undefined ? undefined : Number(digits);
};

/** RFC 6749 §3.3: no spaces, quotation marks or backslashes; a scope with a space would be two. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

export const formatScope = (scopes: readonly string[]): string => {
  if (!scopes.every((scope) => scopeToken.test(scope)))
    throw new TypeError('a scope contains a character that is not allowed');
  return scopes.join(' ');
};

const parseScope = (scope: string): readonly string[] => scope.split(' ').filter((item) => item !== '');

/** RFC 7519 §4.1.3: a string or an array of strings. Compared exactly; an array with anything else in it is rejected. */
const isFor = (aud: unknown, audience: string): boolean =>
  aud === audience || (Array.isArray(aud) && aud.every((item) => typeof item === 'string') && aud.includes(audience));

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isWholeNumber = (value: unknown): value is number => Number.isSafeInteger(value);
