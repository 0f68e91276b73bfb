/**
 * Refresh tokens: opaque to everyone else, and never stored.
 *
 *     fgr_ base64url( user id 16 ‖ session id 16 ‖ family secret 16 ‖ token secret 32 )
 *
 * - The ids say where to look, so that a look-up is one read by key; they prove nothing. Both secrets are random.
 * - The family secret is the same in every token of a session. Its digest tells "once ours, and spent" (theft) from
 *   "never ours" (noise) with no row per spent token. Whoever only knows the session's ids cannot end it.
 * - The token secret is the credential: 256 bits. The first comes from the system's randomness, every later one is
 *   HMAC-SHA256(key = the secret just spent, label ‖ nonce) with a fresh random nonce, which the store keeps.
 *   The holder of the spent token can be given the same successor again (a lost answer, a second tab) although the
 *   store holds only digests: the nonce is worthless without the spent secret, and the spent secret without the nonce.
 *   A thief with an old token learns nothing of later ones: each step needs the nonce of that step.
 * - Digests are plain SHA-256, fast on purpose: there is nothing to guess in 256 random bits. They cover the ids too,
 *   and begin with different labels, so that no digest can stand in for the other.
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

/** What a well-formed refresh token says. That it is ours, and unspent, only the store can tell. */
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
  /** Stored beside the digest; gives the same successor again, to the holder of the spent token only. */
  readonly nonce: string;
};

/** The first refresh token of a session, of a new family. The ids must be UUIDs (`createId`). */
export const createRefreshToken = (user: UserId, session: SessionId): NewRefreshToken => {
  if (!isUuid(user) || !isUuid(session)) throw new TypeError('a refresh token can only name UUIDs');
  const secrets = randomBytes(familySecretBytes + tokenSecretBytes);
  const bytes = Buffer.concat([uuidBytes(user), uuidBytes(session), secrets]);
  return { token: format(bytes), digests: digestsOf(bytes) };
};

/**
 * Reads a refresh token, or null if the text cannot be one: other prefix, other length, not canonical base64url.
 * Every token has exactly one spelling.
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
 * The token that follows a presented one. Without a nonce a fresh one is drawn (a rotation); with the stored nonce it is
 * the same successor as when that nonce was drawn (a replay). The family stays the same.
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
