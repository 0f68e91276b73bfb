/**
 * Access tokens: JWTs as in RFC 9068. jsonwebtoken verifies their signatures, and signs where that is fast (`sign-token.ts`).
 * What it leaves open is checked before it (`compact-jws.ts`: encoding and header) and after it (`access-token-claims.ts`).
 *
 * The leeway, a few seconds for clocks that differ, favours the token at both ends: `iat` and `nbf` may be that far ahead, and
 * the token is accepted until that long after `exp`.
 */
import type { ClientId, SessionId, UserId } from '@fieldgate/guard/core';
import jwt from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import type { EpochMillis, EpochSeconds } from '../domain/clock.ts';
import {
  type AccessTokenClaims,
  type ClaimsFault,
  formatScope,
  parseClaims,
  type TimedClaims,
  toTokenId,
} from './access-token-claims.ts';
import { type JwsFault, parseCompactJws } from './compact-jws.ts';
import { createTokenId } from './identifiers.ts';
import type { CurrentKeys, KeySet, VerificationKey } from './keys.ts';
import { signToken } from './sign-token.ts';

export type { AccessTokenClaims, AccountTokenClaims, ServiceTokenClaims } from './access-token-claims.ts';

export type AccessTokenOptions = {
  /** Another set empties the cache of verified tokens. */
  readonly keys: CurrentKeys;
  readonly issuer: string;
  readonly audience: string;
  readonly clientId: string;
  readonly ttlSeconds: number;
  /** 5 by default; at most 60. */
  readonly leewaySeconds?: number;
  /** A token that is valid for longer is rejected. A day by default, so that a shorter `ttlSeconds` does not end existing sessions. */
  readonly maxTtlSeconds?: number;
  /** How many verified tokens are cached. */
  readonly cacheSize?: number;
};

export type AccessTokenInput = {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly accountVersion: number;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly now: EpochSeconds;
};

export type ServiceTokenInput = Pick<AccessTokenInput, 'scopes' | 'now'> & { readonly clientId: ClientId };

export type IssuedAccessToken = { readonly token: string; readonly jti: string; readonly expiresAt: EpochSeconds };

/** `cause` is a constant for logs, finer than the `reason` that clients get. */
export type Verification =
  | { readonly kind: 'valid'; readonly claims: AccessTokenClaims }
  | { readonly kind: 'invalid'; readonly reason: 'TOKEN_INVALID' | 'TOKEN_EXPIRED'; readonly cause: VerificationFault };

export type VerificationFault = JwsFault | 'unknown key' | 'bad signature' | ClaimsFault | TimeFault;

type TimeFault = 'not valid yet' | 'expired';

export type AccessTokens = {
  readonly ttlSeconds: number;
  /** Signs a token. Header `alg typ kid`; claims `iss aud sub sid jti iat exp client_id role scope`, and no others. */
  readonly issue: (input: AccessTokenInput) => Promise<IssuedAccessToken>;
  /** The same for a service client: `sub` is its `client_id`, and there is neither `sid` nor `role`. */
  readonly issueToService: (input: ServiceTokenInput) => Promise<IssuedAccessToken>;
  /**
   * Verifies the token itself at `now`; whether its session is live is the store's to decide. Never throws.
   * `TOKEN_EXPIRED` is only for a token that is ours and has no other fault; every other one is `TOKEN_INVALID`.
   * `ignoreExpiry` also accepts an expired token, which is enough to end its session and for nothing else.
   */
  readonly verify: (token: string, now: EpochMillis, options?: { readonly ignoreExpiry?: boolean }) => Verification;
};

/** The claims in which the tokens of accounts and of services differ. */
type TokenSubject = { readonly sub: string; readonly sid?: SessionId; readonly jti: string };

const maxLeewaySeconds = 60;

/**
 * Creates the functions that issue and verify the access tokens of one issuer.
 *
 * @example
 * const keys = { current: keySet };
 * const tokens = createAccessTokens({ keys, issuer, audience, clientId: 'fieldgate', ttlSeconds: 900 });
 * const { token } = await tokens.issue({ userId, sessionId, accountVersion: 1, role: 'USER', scopes: [], now: toSeconds(clock()) });
 * tokens.verify(token, clock()).kind; // 'valid'
 */
export const createAccessTokens = (options: AccessTokenOptions): AccessTokens => {
  const { keys, issuer, audience, clientId, ttlSeconds, leewaySeconds = 5, cacheSize = 10_000 } = options;
  const { maxTtlSeconds = Math.max(ttlSeconds, 86_400) } = options;
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1) throw new RangeError('ttlSeconds must be a whole number from 1');
  if (!(ttlSeconds <= maxTtlSeconds)) throw new RangeError('ttlSeconds must not exceed maxTtlSeconds');
  if (!(leewaySeconds >= 0 && leewaySeconds <= maxLeewaySeconds)) throw new RangeError('leewaySeconds must be 0 to 60');
  if (issuer === '' || audience === '' || clientId === '')
    throw new RangeError('issuer, audience and clientId must be given');

  const readSigned = cacheVerified(keys, cacheSize, (token, keySet) =>
    readSignedToken(token, keySet, { issuer, audience, maxTtlSeconds }),
  );

  const sign = async (subject: TokenSubject, client: object, { scopes, now }: Omit<ServiceTokenInput, 'clientId'>) => {
    const expiresAt = now + ttlSeconds;
    const claims = {
      ...{ iss: issuer, aud: audience, ...subject, iat: now, exp: expiresAt },
      ...{ ...client, scope: formatScope(scopes) },
    };
    return { token: await signToken(claims, keys.current.signing), jti: subject.jti, expiresAt };
  };

  const issue: AccessTokens['issue'] = ({ userId, sessionId, accountVersion, role, ...rest }) => {
    const jti = toTokenId(createTokenId(), accountVersion);
    return sign({ sub: userId, sid: sessionId, jti }, { client_id: clientId, role }, rest);
  };

  const issueToService: AccessTokens['issueToService'] = ({ clientId: id, ...rest }) =>
    sign({ sub: id, jti: createTokenId() }, { client_id: id }, rest);

  const verify: AccessTokens['verify'] = (token, now, { ignoreExpiry = false } = {}) => {
    const signed = readSigned(token);
    if (typeof signed === 'string') return invalid(signed);
    const { claims, notBefore } = signed;
    if (now < (notBefore - leewaySeconds) * 1000) return invalid('not valid yet');
    // The last check, so that a client learns of the expiry only where that is the only fault.
    if (now >= (claims.expiresAt + leewaySeconds) * 1000 && !ignoreExpiry) return invalid('expired');
    return { kind: 'valid', claims };
  };

  return { ttlSeconds, issue, issueToService, verify };
};

type SignedToken = TimedClaims | Exclude<VerificationFault, TimeFault>;

/** Checks everything that stays true of a token as long as the keys stay the same. */
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
 * signature is invalid. It must not check times: it takes a clock of 0 for none and uses its own.
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
 * Caches verified tokens, because verifying a signature is expensive. Only what the signature covers is cached; time and
 * revocation are checked at every use. Another set of keys empties the cache: a removed key is untrusted at once.
 *
 * Entries are found by the end of the signature, which is fast to hash, and then compared as a whole: a text with the signature
 * of another token was not verified. The text itself may be kept, because an attacker who reads this memory has the signing key
 * and needs no token; and the time of a lookup tells nothing to somebody who does not already know a signature.
 */
const cacheVerified = (
  keys: CurrentKeys,
  capacity: number,
  read: (token: string, keySet: KeySet) => SignedToken,
): ((token: string) => SignedToken) => {
  const verified = new LRUCache<string, { readonly token: string; readonly signed: TimedClaims }>({ max: capacity });
  let verifiedWith: KeySet | undefined;

  return (token) => {
    const keySet = keys.current;
    if (keySet !== verifiedWith) {
      verified.clear();
      verifiedWith = keySet;
    }
    const signatureEnd = token.slice(-32);
    const cached = verified.get(signatureEnd);
    if (cached?.token === token) return cached.signed;
    const signed = read(token, keySet);
    if (typeof signed !== 'string') verified.set(signatureEnd, { token, signed });
    return signed;
  };
};

const invalid = (cause: VerificationFault): Verification => ({
  kind: 'invalid',
  reason: cause === 'expired' ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID',
  cause,
});
