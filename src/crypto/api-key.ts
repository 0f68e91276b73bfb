/**
 * API keys: opaque, and never stored.
 *
 *     fg_<id: 32 hex digits>_<secret: 43 letters and digits><checksum: 6 letters and digits>
 *
 * - The id is the key's UUID without dashes. It is public, and a lookup is one read by primary key.
 * - The secret is the credential: 43 random letters and digits, 256 bits.
 * - The checksum is the CRC-32 of everything before it, in the same alphabet. It proves nothing. It lets us reject a mistyped or
 *   truncated key without a lookup, and lets a scanner recognise a leaked key offline:
 *   /\bfg_[0-9a-f]{32}_[0-9A-Za-z]{49}\b/
 * - The digest is plain SHA-256, fast on purpose: 256 random bits cannot be guessed. It covers the id too.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type ApiKeyId, apiKeyId } from '@fieldgate/guard/core';
import { isUuid, type TokenDigest, tokenDigest } from '../domain/ids.ts';
import { formatUuid } from './identifiers.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const secretLength = 43;
const checksumLength = 6;
const form = /^fg_([0-9a-f]{32})_[0-9A-Za-z]{49}$/;
const label = 'fieldgate api key 1\0';

export type NewApiKeyText = { readonly text: string; readonly digest: TokenDigest };

/** The contents of a well-formed key. Only the store knows whether it is ours. */
export type ParsedApiKey = { readonly id: ApiKeyId; readonly digest: TokenDigest };

/** Creates the text of a key with this id, which must be a UUID (`createId`). */
export const createApiKeyText = (id: ApiKeyId): NewApiKeyText => {
  if (!isUuid(id)) throw new TypeError('the id of an API key must be a UUID');
  const body = `${apiKeyPrefix(id)}_${createSecret()}`;
  return { text: body + checksumOf(body), digest: digestOf(body) };
};

/** Parses a key; null if the text cannot be one, by its form or its checksum. */
export const parseApiKeyText = (text: string): ParsedApiKey | null => {
  const [, hex] = form.exec(text) ?? [];
  if (hex === undefined) return null;
  const body = text.slice(0, -checksumLength);
  if (text.slice(-checksumLength) !== checksumOf(body)) return null;
  const id = formatUuid(Buffer.from(hex, 'hex'));
  return isUuid(id) ? { id: apiKeyId(id), digest: digestOf(body) } : null;
};

/** Returns the public beginning of this key's text. */
export const apiKeyPrefix = (id: ApiKeyId): string => `fg_${id.replaceAll('-', '')}`;

/**
 * Whether two digests are equal, in constant time. A missing stored digest takes the time of one that differs, so that an
 * unknown key looks like a wrong secret.
 */
export const isSameDigest = (presented: TokenDigest, stored: TokenDigest | null): boolean => {
  const [a, b] = [Buffer.from(presented), Buffer.from(stored ?? dummyDigest)];
  return a.length === b.length && timingSafeEqual(a, b) && stored !== null;
};

/** Without modulo bias: a byte beyond the last whole multiple of the alphabet is skipped. */
const createSecret = (): string => {
  const limit = 256 - (256 % alphabet.length);
  let secret = '';
  while (secret.length < secretLength) {
    for (const byte of randomBytes(secretLength)) {
      if (byte < limit && secret.length < secretLength) secret += alphabet[byte % alphabet.length];
    }
  }
  return secret;
};

const checksumOf = (body: string): string => {
  let rest = crc32(body);
  let text = '';
  for (let i = 0; i < checksumLength; i += 1) {
    text = alphabet[rest % alphabet.length] + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
};

const digestOf = (body: string): TokenDigest =>
  tokenDigest(createHash('sha256').update(label).update(body).digest('base64url'));

/** The digest of no key: no key has an empty body. */
const dummyDigest = digestOf('');
