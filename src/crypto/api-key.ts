/**
 * API keys: opaque, and never stored.
 *
 *     fg_<id: 32 hex digits>_<secret: 43 letters and digits><checksum: 6 letters and digits>
 *
 * - The id is the key's UUID without its dashes. It is public, and says where to look: a look-up is one read by key.
 * - The secret is the credential: 43 random letters and digits, 256 bits.
 * - The checksum is the CRC-32 of everything before it, in the same alphabet. It proves nothing; with it a mistyped or cut
 *   key is refused without a look-up, and a scanner can tell a leaked key from text that looks like one, offline:
 *   /\bfg_[0-9a-f]{32}_[0-9A-Za-z]{49}\b/
 * - The digest is plain SHA-256, fast on purpose: there is nothing to guess in 256 random bits. It covers the id too.
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

/** What a well-formed key says. That it is one of ours, only the store can tell. */
export type ParsedApiKey = { readonly id: ApiKeyId; readonly digest: TokenDigest };

/** A new key with this id, which must be a UUID (`createId`). */
export const createApiKeyText = (id: ApiKeyId): NewApiKeyText => {
  if (!isUuid(id)) throw new TypeError('an API key can only be named by a UUID');
  const body = `${apiKeyPrefix(id)}_${createSecret()}`;
  return { text: body + checksumOf(body), digest: digestOf(body) };
};

/** Reads a key, or null if the text cannot be one: other form, or a checksum that is not its own. */
export const parseApiKeyText = (text: string): ParsedApiKey | null => {
  const [, hex] = form.exec(text) ?? [];
  if (hex === undefined) return null;
  const body = text.slice(0, -checksumLength);
  if (text.slice(-checksumLength) !== checksumOf(body)) return null;
  const id = formatUuid(Buffer.from(hex, 'hex'));
  return isUuid(id) ? { id: apiKeyId(id), digest: digestOf(body) } : null;
};

/** How every text of this key begins. Public. */
export const apiKeyPrefix = (id: ApiKeyId): string => `fg_${id.replaceAll('-', '')}`;

/**
 * Whether two digests are one. Takes the same time whatever they have in common, and for a stored digest that is not there
 * the time of one that differs: what is missing is not told apart from what is wrong.
 */
export const isSameDigest = (presented: TokenDigest, stored: TokenDigest | null): boolean => {
  const [one, other] = [Buffer.from(presented), Buffer.from(stored ?? dummyDigest)];
  return one.length === other.length && timingSafeEqual(one, other) && stored !== null;
};

/** Without bias: a byte beyond the last whole multiple of the alphabet is drawn again. */
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

/** Of no key: nothing has an empty body. */
const dummyDigest = digestOf('');
