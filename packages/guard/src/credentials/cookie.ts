import type { MaybePromise } from '@whatwg-node/promise-helpers';
import type { Authenticator, CredentialSource } from '../domain/authentication.ts';
import { parseBoolean, rejected, useAnswer } from './answers.ts';
import { type BearerOptions, createTokenCheck, presentedBearer } from './bearer.ts';

export type CookieOptions = Omit<BearerOptions, 'checkServiceToken'> & {
  /** The full name with its prefix, compared exactly. */
  readonly name: string;
  /** Browsers attach cookies to requests of any page: without this check every site could act as its visitor. */
  readonly mayUseCookies: (source: CredentialSource) => MaybePromise<boolean>;
};

/**
 * Returns an authenticator for an access token in a cookie. The token is verified as in `bearer` and rejected for the same
 * reasons.
 *
 * Absent: no cookie of this name, an empty one, or one with the same token as the Authorization header (from a proxy that
 * sends both). Any other Authorization header is a second credential. Two cookies of this name are ambiguous.
 * Rejected with ORIGIN, without being verified, if `mayUseCookies` returns anything but true. A `checkSession` that is left out is a
 * TypeError here.
 *
 * @example
 * const mayUseCookies = createOriginCheck(['https://api.example.com', 'https://app.example.com']);
 * const authenticate = cookie({ name: '__Host-access', mayUseCookies, verify: verifyToken, checkSession });
 */
export const cookie = ({ name, mayUseCookies, ...options }: CookieOptions): Authenticator => {
  const check = createTokenCheck({ ...options, checkServiceToken: null }, 'cookie');
  const otherwise = rejected('ORIGIN');
  const reading = { name: 'cookie: mayUseCookies', parse: parseBoolean, onFault: options.onFault, otherwise };
  return (source) => {
    const presented = readCookie(source, name);
    if (presented.kind !== 'value') return presented;
    if (presented.value === presentedBearer(source)) return { kind: 'absent' };
    return useAnswer(mayUseCookies(source), reading, (mayUse) => (mayUse ? check(presented.value) : otherwise));
  };
};

/** The value that a request's Cookie header has for one name. */
export type PresentedCookie =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'value'; readonly value: string };

/** The two of RFC 6265 §5.2. `trim` removes more, and would match names to which no browser applied the `__Host-` rules. */
const leadingSpaces = /^[ \t]+/;

/**
 * Reads one cookie as it was sent, neither decoded nor unquoted. An empty one is absent. Two with the same name are
 * ambiguous: they differ in path or domain, which the header does not say, and anyone who can set one of them (a server on
 * another port of localhost, a sibling domain) must not decide who the caller is. Parsers that return an object take the
 * first.
 */
export const readCookie = (source: CredentialSource, name: string): PresentedCookie => {
  const header = source.header('cookie');
  if (header === null) return { kind: 'absent' };
  const start = `${name}=`;
  const [first, second] = header
    .split(';')
    .map((pair) => pair.replace(leadingSpaces, ''))
    .filter((pair) => pair.startsWith(start));
  if (second !== undefined) return { kind: 'ambiguous' };
  const value = first?.slice(start.length) ?? '';
  return value === '' ? { kind: 'absent' } : { kind: 'value', value };
};
