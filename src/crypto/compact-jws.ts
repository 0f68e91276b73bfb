import { isSigningAlgorithm, type SigningAlgorithm } from '../domain/signing-algorithms.ts';
import { decodeBase64url } from './base64url.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';

/** Why a text is not a token of ours. Constants, for logs: nothing that was sent gets into one. */
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

/** Ours are below 1 KiB. Beyond this nothing is decoded. */
const largestToken = 8192;

const compactForm = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** RFC 9068 §4 allows both; media types ignore case (RFC 7515 §4.1.9). No other kind of token has either. */
const accessTokenTypes = new Set(['at+jwt', 'application/at+jwt']);

const headerMembers = new Set(['alg', 'kid', 'typ']);

/**
 * Reads the compact form of a signed access token, before anything is known of its signature. It has exactly one spelling:
 * three parts of canonical base64url (else a copy of a revoked token could be spelt another way), both JSON objects in UTF-8.
 * The header has exactly `alg`, `kid` and `typ`. With anything more it is not of our making: `crit`, `b64` and `zip` would
 * change what is signed, `jwk`, `jku`, `x5u` and `x5c` would bring a key along, and none of them is ever looked at.
 */
export const parseCompactJws = (token: string): CompactJws | JwsFault => {
  if (token.length > largestToken) return 'oversized token';
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
