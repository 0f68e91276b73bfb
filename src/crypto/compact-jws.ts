import { isSigningAlgorithm, type SigningAlgorithm } from '../domain/signing-algorithms.ts';
import { decodeBase64url } from './base64url.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';

/** Why a text is not one of our tokens. Constants for logs, which contain nothing a client sent. */
export type JwsFault =
  | 'oversized token'
  | 'malformed token'
  | 'unexpected header'
  | 'unexpected type'
  | 'unexpected algorithm';

export type CompactJws = {
  readonly alg: SigningAlgorithm;
  readonly kid: string;
  readonly payload: JsonObject;
};

/** Our tokens are below 1 KiB. Nothing longer than this is decoded. */
const maxTokenLength = 8192;

const compactForm = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** RFC 9068 §4 allows both; media types are case-insensitive (RFC 7515 §4.1.9). No other kind of token has either. */
const accessTokenTypes = new Set(['at+jwt', 'application/at+jwt']);

const headerMembers = new Set(['alg', 'kid', 'typ']);

/**
 * Parses the compact form of a signed access token, before its signature is verified. Only one encoding is accepted: three parts
 * of canonical base64url (a revoked token could otherwise be encoded differently), both JSON objects in UTF-8. The header has
 * exactly `alg`, `kid` and `typ`. A header with more is not ours: `crit`, `b64` and `zip` would change what is signed, `jwk`,
 * `jku`, `x5u` and `x5c` would supply a key, and none of them is ever read.
 */
export const parseCompactJws = (token: string): CompactJws | JwsFault => {
  if (token.length > maxTokenLength) return 'oversized token';
  const [, headerText, payloadText, signatureText] = compactForm.exec(token) ?? [];
  if (headerText === undefined || payloadText === undefined || signatureText === undefined) return 'malformed token';
  const header = parseJsonPart(headerText);
  const payload = parseJsonPart(payloadText);
  if (header === null || payload === null || decodeBase64url(signatureText) === null) return 'malformed token';

  const { alg, kid, typ } = header;
  if (!Object.keys(header).every((member) => headerMembers.has(member))) return 'unexpected header';
  if (typeof kid !== 'string') return 'unexpected header';
  if (typeof typ !== 'string' || !accessTokenTypes.has(typ.toLowerCase())) return 'unexpected type';
  if (!isSigningAlgorithm(alg)) return 'unexpected algorithm';
  return { alg, kid, payload };
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const parseJsonPart = (text: string): JsonObject | null => {
  const bytes = decodeBase64url(text);
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
};
