import type { ClientId, SessionId, UserId } from '@fieldgate/guard/core';
/**
 * Access tokens: JWTs after RFC 9068. jsonwebtoken checks their signatures, and makes those that are quick to make
 * (`sign-token.ts`); everything it leaves open is decided here, before it (`compact-jws.ts`: the spelling and the header) and after it (`access-token-claims.ts`: the claims).
 *
 * Leeway, a few seconds for clocks that differ, counts in favour of the token at both ends: `iat` and `nbf` may lie up
 * to that far ahead, and the token is accepted until that long after `exp`.
 */
import jwt from 'jsonwebtoken';
import type { EpochSeconds } from '../domain/clock.ts';
import { createRecentEntries } from '../domain/recent-entries.ts';
import {
  type AccessTokenClaims,
  type ClaimsFault,
  checkTime,
  formatScope,
  parseClaims,
  type TimedClaims,
  type TimeFault,
} from './access-token-claims.ts';
import { type JwsFault, parseCompactJws } from './compact-jws.ts';
import { createTokenId } from './identifiers.ts';
import type { KeySet, VerificationKey } from './keys.ts';
import { signToken } from './sign-token.ts';

export type { AccessTokenClaims, AccountTokenClaims, ServiceTokenClaims } from './access-token-claims.ts';

export type AccessTokenOptions = {
  /** The keys of this moment. Asked at every use: with another set, nothing verified with the one before is remembered. */
  readonly keys: () => KeySet;
  readonly issuer: string;
  readonly audience: string;
  readonly clientId: string;
  readonly ttlSeconds: number;
  /** 5 by default; at most 60. */
  readonly leewaySeconds?: number;
  /** A token that is valid for longer is refused. A day by default, so that a shortened lifetime signs nobody out. */
  readonly maxTtlSeconds?: number;
  /** How many verified tokens are remembered. */
  readonly cacheSize?: number;
};

export type AccessTokenInput = {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly now: EpochSeconds;
};

export type ServiceTokenInput = Pick<AccessTokenInput, 'scopes' | 'now'> & { readonly clientId: ClientId };

export type IssuedAccessToken = { readonly token: string; readonly jti: string; readonly expiresAt: EpochSeconds };

/** `cause` is for logs: a constant, finer than what the caller is told. */
export type Verification =
  | { readonly kind: 'valid'; readonly claims: AccessTokenClaims }
  | { readonly kind: 'invalid'; readonly reason: 'TOKEN_INVALID' | 'TOKEN_EXPIRED'; readonly cause: VerificationFault };

export type VerificationFault = JwsFault | 'unknown key' | 'bad signature' | ClaimsFault | TimeFault;

export type AccessTokens = {
  readonly ttlSeconds: number;
  /** Signs a new token. Header `alg typ kid`; claims `iss aud sub sid jti iat exp client_id role scope`, and no others. */
  readonly issue: (grant: AccessTokenInput) => Promise<IssuedAccessToken>;
  /** The same for a service: `sub` is its `client_id`, and there is neither `sid` nor `role`. */
  readonly issueToService: (grant: ServiceTokenInput) => Promise<IssuedAccessToken>;
  /**
   * What a token is worth at `now`, by itself: whether its session still lives is the store's to say. Never throws.
   * `TOKEN_EXPIRED` is told only of a token that is ours and has no other fault; every other one is `TOKEN_INVALID`.
   * `ignoreExpiry` accepts it after its end too: enough to log its session out, and for nothing else.
   */
  readonly verify: (token: string, now: EpochSeconds, options?: { readonly ignoreExpiry?: boolean }) => Verification;
};

const longestLeewaySeconds = 60;

/**
 * Issues and verifies the access tokens of one issuer.
 *
 * @example
 * const tokens = createAccessTokens({ keys: () => keySet, issuer, audience, clientId: 'fieldgate', ttlSeconds: 900 });
 * const { token } = await tokens.issue({ userId, sessionId, role: 'USER', scopes: [], now });
 * tokens.verify(token, now).kind; // 'valid'
 */
export const createAccessTokens = (options: AccessTokenOptions): AccessTokens => {
  const { keys, issuer, audience, clientId, ttlSeconds, leewaySeconds = 5, cacheSize = 10_000 } = options;
  const { maxTtlSeconds = Math.max(ttlSeconds, 86_400) } = options;
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1) throw new RangeError('ttlSeconds must be a whole number from 1');
  if (!(ttlSeconds <= maxTtlSeconds)) throw new RangeError('ttlSeconds must not exceed maxTtlSeconds');
  if (!(leewaySeconds >= 0 && leewaySeconds <= longestLeewaySeconds))
    throw new RangeError('leewaySeconds must be 0 to 60');
  if (issuer === '' || audience === '' || clientId === '')
    throw new RangeError('issuer, audience and clientId must be given');

  const readSigned = cacheVerified(keys, cacheSize, (token, keySet) =>
    readSignedToken(token, keySet, { issuer, audience, maxTtlSeconds }),
  );

  const sign = async (subject: object, client: object, { scopes, now }: Omit<ServiceTokenInput, 'clientId'>) => {
    const jti = createTokenId();
    const expiresAt = now + ttlSeconds;
    const claims = {
      ...{ iss: issuer, aud: audience, ...subject, jti, iat: now, exp: expiresAt },
      ...{ ...client, scope: formatScope(scopes) },
    };
    return { token: await signToken(claims, keys().signing), jti, expiresAt };
  };

  const issue = ({ userId, sessionId, role, ...rest }: AccessTokenInput): Promise<IssuedAccessToken> =>
    sign({ sub: userId, sid: sessionId }, { client_id: clientId, role }, rest);

  const issueToService = ({ clientId: id, ...rest }: ServiceTokenInput): Promise<IssuedAccessToken> =>
    sign({ sub: id }, { client_id: id }, rest);

  const verify: AccessTokens['verify'] = (token, now, { ignoreExpiry = false } = {}) => {
    const signed = readSigned(token);
    if (typeof signed === 'string') return invalid(signed);
    const fault = checkTime(signed, now, leewaySeconds);
    if (fault === null || (fault === 'expired' && ignoreExpiry)) return { kind: 'valid', claims: signed.claims };
    return invalid(fault);
  };

  return { ttlSeconds, issue, issueToService, verify };
};

type SignedToken = TimedClaims | Exclude<VerificationFault, TimeFault>;

/** Everything that stays true of a token for as long as the keys do, whatever the time. */
const readSignedToken = (token: string, keySet: KeySet, format: Parameters<typeof parseClaims>[1]): SignedToken => {
  const jws = parseCompactJws(token);
  if (typeof jws === 'string') return jws;
  const key = keySet.verification.get(jws.kid);
  if (key === undefined) return 'unknown key';
  if (key.alg !== jws.alg) return 'unexpected algorithm';
  if (!hasValidSignature(token, key)) return 'bad signature';
  return parseClaims(jws.payload, format);
};

/**
 * jsonwebtoken throws more than its own errors for hostile input, a bare SyntaxError among them: whatever it throws, the
 * signature is not good. Times are not its business here: it would take a clock of 0 for none and look up its own.
 */
const hasValidSignature = (token: string, { alg, key }: VerificationKey): boolean => {
  try {
    jwt.verify(token, key, { algorithms: [alg], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch {
    return false;
  }
};

/**
 * Spares the signature of a token that was verified before. Only what the signature vouches for is remembered; time and
 * revocation are looked at anew at every use. Another set of keys empties it: a key that is removed stops being trusted at
 * once.
 *
 * Found by the end of its signature, which is quickly hashed, and then compared whole: a text with the signature of another
 * one was not verified. The text itself is kept, for whoever reads this memory finds the signing key in it and needs no
 * token; and how long the look-up takes tells nothing to somebody who does not know a signature already.
 */
const cacheVerified = (
  keys: () => KeySet,
  capacity: number,
  read: (token: string, keySet: KeySet) => SignedToken,
): ((token: string) => SignedToken) => {
  const verified = createRecentEntries<{ readonly token: string; readonly reading: TimedClaims }>(capacity);
  let verifiedWith: KeySet | undefined;

  return (token) => {
    const keySet = keys();
    if (keySet !== verifiedWith) {
      verified.clear();
      verifiedWith = keySet;
    }
    const signatureEnd = token.slice(-32);
    const known = verified.get(signatureEnd);
    if (known?.token === token) return known.reading;
    const reading = read(token, keySet);
    if (typeof reading !== 'string') verified.set(signatureEnd, { token, reading });
    return reading;
  };
};

const invalid = (cause: VerificationFault): Verification => ({
  kind: 'invalid',
  reason: cause === 'expired' ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID',
  cause,
});
