import type { MaybePromise } from '@whatwg-node/promise-helpers';
import type { OnFault } from '../authorization/faults.ts';
import type { Authentication, Authenticator, CredentialSource } from '../domain/authentication.ts';
import { parseBasicAccount, useAnswer } from './answers.ts';
import { readAuthorization } from './bearer.ts';
import type { BasicAccount } from './claims.ts';

export type BasicOptions = {
  /**
   * Returns the account, null if there is none with this name and password. Throws only when it cannot tell. Called for every
   * request: cache the result of slow password hashing.
   */
  readonly verify: (username: string, password: string, source: CredentialSource) => MaybePromise<BasicAccount | null>;
  /** Called when `verify` returns something that is not understood. The pair is then rejected. Default: `console.error`. */
  readonly onFault?: OnFault | undefined;
};

/** RFC 7617 §2.1: tells clients that passwords are read as UTF-8. */
const challenge = 'Basic realm="graphql", charset="UTF-8"';

/**
 * Returns an authenticator for `Authorization: Basic <base64(name ":" password)>` (RFC 7617), in UTF-8; the first colon ends
 * the name. Absent: no header, or another scheme. Every other problem, also an answer of `verify` that is neither an account nor
 * null, is rejected with TOKEN_INVALID and a Basic challenge.
 * Base64 must be canonical and control characters are rejected, as the RFC asks, so each pair has exactly one spelling.
 *
 * @example
 * const authenticate = basic({ verify: (email, password) => accounts.verify(email, password) });
 */
export const basic =
  ({ verify, onFault }: BasicOptions): Authenticator =>
  (source) => {
    const authorization = readAuthorization(source);
    if (authorization.kind !== 'credential') return authorization;
    if (authorization.scheme !== 'basic') return { kind: 'absent' };
    const pair = parsePair(authorization.value);
    if (pair === null) return rejected;
    const reading = { name: 'basic: verify', parse: parseBasicAccount, onFault, otherwise: rejected };
    return useAnswer(verify(pair.username, pair.password, source), reading, toAuthentication);
  };

const rejected: Authentication = { kind: 'rejected', reason: 'TOKEN_INVALID', challenge };

const toAuthentication = (account: BasicAccount | null): Authentication => {
  if (account === null) return rejected;
  const { userId, role, scopes } = account;
  return {
    kind: 'accepted',
    viewer: {
      kind: 'account',
      id: userId,
      role,
      scopes: [...scopes],
      sessionId: null,
      via: 'basic',
      expiresAt: null,
    },
  };
};

const maxLength = 2048;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const parsePair = (value: string): { readonly username: string; readonly password: string } | null => {
  const text = value.length > maxLength ? null : decode(value);
  const colon = text?.indexOf(':') ?? -1;
  if (text === null || colon < 0 || /\p{Cc}/u.test(text)) return null;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
};

/** Decodes canonical base64 (RFC 4648 §4, with padding) of well-formed UTF-8. Null for anything else. */
const decode = (value: string): string | null => {
  try {
    const bytes = atob(value);
    return btoa(bytes) === value ? utf8.decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0))) : null;
  } catch {
    return null;
  }
};
