/**
 * A sign-in at an identity provider, from the moment the browser leaves until it is back. It is kept by that browser, in a
 * cookie, and noClient else:
 *
 *     state                 = SHA-256 of the cookie
 *     nonce, PKCE verifier  = HMAC-SHA-256 under 256 random bits in the cookie
 *
 * Nobody can bring back a state without the cookie it is the digest of, nor change a letter of that cookie. There is no key
 * that instances would have to share, and no row that strangers could make a server write by asking for it.
 *
 * The cookie is neither signed nor sealed: there is nobody to keep it from. Scripts cannot read it, other hosts cannot set
 * it (`__Host-`), and the person at the browser could only make up a sign-in that they may begin anyway. What else is in it
 * is checked again when it comes back.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { EpochMillis } from '../domain/clock.ts';
import { isJsonObject } from './json-object.ts';

const secretBytes = 32;
const stateLabel = 'fieldgate oauth state 1\0';

/** What is known when a sign-in begins. */
export type IdentityFlow = {
  readonly provider: string;
  /** Where the browser is to be sent in the end. */
  readonly returnTo: string;
  /** What the verifier hashes to that whoever began it keeps to itself (RFC 7636, S256). */
  readonly challenge: string;
  readonly startedAt: EpochMillis;
};

/** What the provider is given, or a digest of it, and what it has to give back. Each as long as RFC 7636 asks: 43 characters. */
export type FlowSecrets = { readonly state: string; readonly nonce: string; readonly codeVerifier: string };

export type StartedFlow = { readonly cookie: string; readonly secrets: FlowSecrets };

export const startFlow = (flow: IdentityFlow): StartedFlow => {
  const secret = randomBytes(secretBytes).toString('base64url');
  const cookie = Buffer.from(JSON.stringify({ secret, ...flow })).toString('base64url');
  return { cookie, secrets: secretsOf(cookie, secret) };
};

/** The sign-in that this state belongs to, if this is its cookie; else null. */
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
