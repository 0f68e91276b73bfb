/**
 * Refresh tokens: opaque to clients, and never stored.
 *
 *     fgr_ base64url( user id 16 ‖ session id 16 ‖ family secret 16 ‖ token secret 32 )
 *
 * - The ids make a lookup one read by primary key; they prove nothing. Both secrets are random.
 * - The family secret is the same in every token of a session. Its digest tells "once ours, and spent" (theft) from
 *   "never ours" (noise) without a row per spent token. The ids of a session alone cannot end it.
 * - The token secret is the credential: 256 bits. The first comes from the system's randomness, every later one is
 *   HMAC-SHA256(key = the secret just spent, label ‖ nonce) with a fresh random nonce, which the store keeps.
 *   The holder of the spent token can get the same successor again (a lost response, a second tab) although the store has only
 *   digests: the nonce is useless without the spent secret, and the spent secret without the nonce.
 *   A thief with an old token learns nothing about later ones: each step needs the nonce of that step.
 * - Digests are plain SHA-256, fast on purpose: 256 random bits cannot be guessed. They cover the ids too, and begin with
 *   different labels, so that neither can replace the other.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { type SessionId, sessionId, type UserId, userId } from '@fieldgate/guard/core';
import { isUuid, type TokenDigest, tokenDigest } from '../domain/ids.ts';
import { Secret } from '../domain/secret.ts';
import type { TokenDigests } from '../domain/session.ts';
import { decodeBase64url } from './base64url.ts';
import { formatUuid, uuidBytes } from './identifiers.ts';

const prefix = 'fgr_';
const idBytes = 16;
const familySecretBytes = 16;
const tokenSecretBytes = 32;
/** User id, session id and family secret: the part that all tokens of one family share. */
const familyBytes = 2 * idBytes + familySecretBytes;
const totalBytes = familyBytes + tokenSecretBytes;
const textLength = prefix.length + Math.ceil((totalBytes * 4) / 3);
const nonceBytes = 32;

const labels = {
  family: 'fieldgate refresh family 1\0',
  token: 'fieldgate refresh token 1\0',
  successor: 'fieldgate refresh successor 1\0',
};

/** The contents of a well-formed refresh token. Only the store knows whether it is ours, and unspent. */
export type ParsedRefreshToken = {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly digests: TokenDigests;
  /** The token itself, to derive its successor from. */
  readonly token: Secret;
};

export type NewRefreshToken = { readonly token: string; readonly digests: TokenDigests };

export type SuccessorToken = {
  readonly token: string;
  readonly digest: TokenDigest;
  /** Stored with the digest: only the holder of the spent token can derive the same successor from it. */
  readonly nonce: string;
};

/** Creates the first refresh token of a session, with a new family. The ids must be UUIDs (`createId`). */
export const createRefreshToken = (user: UserId, session: SessionId): NewRefreshToken => {
  if (!isUuid(user) || !isUuid(session)) throw new TypeError('the ids in a refresh token must be UUIDs');
  const secrets = randomBytes(familySecretBytes + tokenSecretBytes);
  const bytes = Buffer.concat([uuidBytes(user), uuidBytes(session), secrets]);
  return { token: format(bytes), digests: digestsOf(bytes) };
};

/**
 * Parses a refresh token; null if the text cannot be one: another prefix or length, or not canonical base64url, so that every
 * token has exactly one text.
 */
export const parseRefreshToken = (text: string): ParsedRefreshToken | null => {
  const bytes = decode(text);
  if (bytes === null) return null;
  return {
    userId: userId(formatUuid(bytes.subarray(0, idBytes))),
    sessionId: sessionId(formatUuid(bytes.subarray(idBytes, 2 * idBytes))),
    digests: digestsOf(bytes),
    token: new Secret(text),
  };
};

/**
 * Returns the successor of a presented token. Without a nonce it draws a fresh one (a rotation); with the stored nonce it returns
 * the same successor as then (a replay). The family stays the same.
 */
export const succeedRefreshToken = (spent: ParsedRefreshToken, nonce: string = createNonce()): SuccessorToken => {
  const bytes = decode(spent.token.reveal());
  if (bytes === null) throw new TypeError('only a parsed refresh token has a successor');
  const secret = createHmac('sha256', bytes.subarray(familyBytes)).update(labels.successor).update(nonce).digest();
  const successor = Buffer.concat([bytes.subarray(0, familyBytes), secret]);
  return { token: format(successor), digest: digestsOf(successor).token, nonce };
};

const createNonce = (): string => randomBytes(nonceBytes).toString('base64url');

const format = (bytes: Buffer): string => prefix + bytes.toString('base64url');

const decode = (text: string): Buffer | null => {
  if (text.length !== textLength || !text.startsWith(prefix)) return null;
  return decodeBase64url(text.slice(prefix.length));
};

const digestsOf = (bytes: Buffer): TokenDigests => ({
  family: digest(labels.family, bytes.subarray(0, familyBytes)),
  token: digest(labels.token, bytes),
});

const digest = (label: string, bytes: Buffer): TokenDigest =>
  tokenDigest(createHash('sha256').update(label).update(bytes).digest('base64url'));
