/**
 * A sign-in at an identity provider, from the redirect until the browser returns. Its state is in a cookie of that browser,
 * and nowhere else:
 *
 *     state                 = SHA-256 of the cookie
 *     nonce, PKCE verifier  = HMAC-SHA-256 under 256 random bits in the cookie
 *
 * A returning state is accepted only with the cookie it is the digest of, unchanged. So instances share no key, and a stranger
 * cannot make the server write rows.
 *
 * The cookie is neither signed nor encrypted, since it protects nothing from the browser that holds it: scripts cannot read it,
 * other hosts cannot set it (`__Host-`), and its user could only forge a sign-in that they may start anyway. The other fields
 * are checked again when it returns.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { EpochMillis } from '../domain/clock.ts';
import { isJsonObject } from './json-object.ts';

const secretBytes = 32;
const stateLabel = 'fieldgate oauth state 1\0';

/** What is known when a sign-in starts. */
export type IdentityFlow = {
  readonly provider: string;
  /** Where the browser is sent in the end. */
  readonly returnTo: string;
  /** The digest of the verifier that the page which started it keeps to itself (RFC 7636, S256). */
  readonly challenge: string;
  readonly startedAt: EpochMillis;
};

/** What the provider gets, or a digest of it, and must send back. Each has the 43 characters that RFC 7636 requires. */
export type FlowSecrets = { readonly state: string; readonly nonce: string; readonly codeVerifier: string };

export type StartedFlow = { readonly cookie: string; readonly secrets: FlowSecrets };

export const startFlow = (flow: IdentityFlow): StartedFlow => {
  const secret = randomBytes(secretBytes).toString('base64url');
  const cookie = Buffer.from(JSON.stringify({ secret, ...flow })).toString('base64url');
  return { cookie, secrets: secretsOf(cookie, secret) };
};

/** Returns the sign-in of this state if this is its cookie; else null. */
export const readFlow = (
  cookie: string,
  state: string,
): { readonly flow: IdentityFlow; readonly secrets: FlowSecrets } | null => {
  if (stateOf(cookie) !== state) return null;
  const { secret, provider, returnTo, challenge, startedAt } = parse(cookie);
  if (typeof secret !== 'string' || typeof provider !== 'string' || typeof returnTo !== 'string') return null;
  if (typeof challenge !== 'string' || typeof startedAt !== 'number') return null;
  return { flow: { provider, returnTo, challenge, startedAt }, secrets: secretsOf(cookie, secret) };
};

const secretsOf = (cookie: string, secret: string): FlowSecrets => ({
  state: stateOf(cookie),
  nonce: derive(secret, 'nonce'),
  codeVerifier: derive(secret, 'code verifier'),
});

const stateOf = (cookie: string): string => createHash('sha256').update(stateLabel).update(cookie).digest('base64url');

const derive = (secret: string, purpose: string): string =>
  createHmac('sha256', secret).update(purpose).digest('base64url');

const parse = (cookie: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cookie, 'base64url').toString());
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
};
