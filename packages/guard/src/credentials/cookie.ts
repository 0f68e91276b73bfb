import type { Authenticator } from '../domain/authentication.ts';
import { type BearerOptions, createTokenCheck, presentedBearer } from './bearer.ts';
import { readCookie } from './cookie-header.ts';
import type { OriginCheck } from './origin-check.ts';

export type CookieOptions = Omit<BearerOptions, 'serviceStanding'> & {
  /** The whole name, prefix included; compared exactly. */
  readonly name: string;
  /** Browsers send cookies whoever asks: without this, any page could act as its visitor. See `createOriginCheck`. */
  readonly mayUseCookies: OriginCheck;
};

/**
 * An access token in a cookie. It is worth what it would be as `Authorization: Bearer`, and rejected for the same reasons.
 *
 * Absent: no or an empty cookie of this name, and one that holds the very token of the Authorization header (a server in
 * front that hands on both). Any other header beside it is a second credential. Two cookies of the name are ambiguous.
 * Rejected with ORIGIN, unread, where `mayUseCookies` says no.
 *
 * @example
 * const mayUseCookies = createOriginCheck(['https://api.example.com', 'https://app.example.com']);
 * const authenticator = cookie({ name: '__Host-access', mayUseCookies, verify, standing: sessions.check });
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
