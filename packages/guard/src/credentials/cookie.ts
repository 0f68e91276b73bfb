import type { Authenticator } from '../domain/authentication.ts';
import { presentedBearer } from './bearer.ts';
import { readCookie } from './cookie-header.ts';
import type { OriginCheck } from './origin-check.ts';
import { type BearerOptions, createTokenCheck } from './token-check.ts';

export type CookieOptions = Omit<BearerOptions, 'checkServiceToken'> & {
  /** The full name with its prefix, compared exactly. */
  readonly name: string;
  /** Browsers attach cookies to requests of any page: without this check every site could act as its visitor. */
  readonly mayUseCookies: OriginCheck;
};

/**
 * Returns an authenticator for an access token in a cookie. The token is verified as in `bearer` and rejected for the same
 * reasons.
 *
 * Absent: no cookie of this name, an empty one, or one with the same token as the Authorization header (from a proxy that
 * sends both). Any other Authorization header is a second credential. Two cookies of this name are ambiguous.
 * Rejected with ORIGIN, without being verified, if `mayUseCookies` returns false.
 *
 * @example
 * const mayUseCookies = createOriginCheck(['https://api.example.com', 'https://app.example.com']);
 * const authenticate = cookie({ name: '__Host-access', mayUseCookies, verify: verifyToken, checkSession });
 */
export const cookie = ({ name, mayUseCookies, ...options }: CookieOptions): Authenticator => {
  const check = createTokenCheck(options, 'cookie');
  return (source) => {
    const presented = readCookie(source, name);
    if (presented.kind !== 'value') return presented;
    if (presented.value === presentedBearer(source)) return { kind: 'absent' };
    return mayUseCookies(source) ? check(presented.value) : { kind: 'rejected', reason: 'ORIGIN' };
  };
};
