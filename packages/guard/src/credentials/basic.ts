import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';
import type { UserId } from '../domain/ids.ts';
import { readAuthorization } from './authorization-header.ts';
import { type MaybePromise, whenSettled } from './maybe-promise.ts';

/** Who the name and the password belong to, with the role they have now; null if to nobody. */
export type BasicAccount = { readonly userId: UserId; readonly role: string; readonly scopes: readonly string[] };

export type BasicOptions = {
  /** Throws only when it cannot tell. Called for each request: remember what was slow to find out. */
  readonly verify: (username: string, password: string, source: CredentialSource) => MaybePromise<BasicAccount | null>;
};

/** RFC 7617 §2.1: passwords are read as UTF-8, and clients are told so. */
const challenge = 'Basic realm="graphql", charset="UTF-8"';

/**
 * `Authorization: Basic <base64(name ":" password)>` (RFC 7617), in UTF-8; the first colon ends the name. Base64 is read
 * strictly, and control characters are refused as the RFC asks: there is one spelling for each pair.
 * Whatever is wrong is the one rejection TOKEN_INVALID, challenged in its own scheme. Absent: no header, another scheme.
 *
 * @example
 * const authenticator = basic({ verify: (email, password) => accounts.verify(email, password) });
 */
export const basic =
  ({ verify }: BasicOptions): Authenticator =>
  (source) => {
    const authorization = readAuthorization(source);
    if (authorization.kind !== 'credential') return authorization;
    if (authorization.scheme !== 'basic') return { kind: 'absent' };
    const pair = parsePair(authorization.value);
    return pair === null ? rejected : whenSettled(verify(pair.username, pair.password, source), toAuthentication);
  };

const rejected: Authentication = { kind: 'rejected', reason: 'TOKEN_INVALID', challenge };

const toAuthentication = (account: BasicAccount | null): Authentication => {
  if (account === null) return rejected;
  const { userId, role, scopes } = account;
  return {
    kind: 'accepted',
    viewer: { kind: 'account', id: userId, role, scopes, sessionId: null, via: 'basic', expiresAt: null },
  };
};

const longest = 2048;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const parsePair = (value: string): { readonly username: string; readonly password: string } | null => {
  const text = value.length > longest ? null : decode(value);
  const colon = text?.indexOf(':') ?? -1;
  if (text === null || colon < 0 || /\p{Cc}/u.test(text)) return null;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
};

/** The text behind canonical base64 (RFC 4648 §4, padding included) of well-formed UTF-8, or null. */
const decode = (value: string): string | null => {
  try {
    const bytes = atob(value);
    return btoa(bytes) === value ? utf8.decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0))) : null;
  } catch {
    return null;
  }
};
