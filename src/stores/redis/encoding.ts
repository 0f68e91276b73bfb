import { type SessionId, sessionId, type UserId } from '@fieldgate/guard/core';
import { isUuid, type TokenDigest } from '../../domain/ids.ts';
import type { Session, TokenDigests } from '../../domain/session.ts';
import { readClientInfo } from './client-info-codec.ts';

/** How values of the house are written in Redis; the scripts name the places. */

const digestBytes = 16;

/** All that is kept of an account is under this key. The braces make a cluster look at the id alone. */
export const accountKey = (prefix: string, user: UserId): string => `${prefix}:{${user}}`;

/** Other ids than ours name nobody; they are not looked for. */
export const isStorable = (user: UserId, session?: SessionId): boolean =>
  isUuid(user) && (session === undefined || isUuid(session));

export const writeSessionId = (id: SessionId): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

/** Several one after the other. */
export const writeSessionIds = (ids: readonly SessionId[]): Buffer => writeSessionId(sessionId(ids.join('')));

export const readSessionId = (bytes: Buffer): SessionId => {
  const hex = bytes.toString('hex');
  return sessionId(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`);
};

/**
 * The first 128 bits of a digest. Nobody chooses what is digested, so there is no second text to be found in fewer than
 * 2^128 tries, and the 256 random bits of a token are as far from their digest as before.
 */
export const writeDigest = (digest: TokenDigest): Buffer => {
  const bytes = Buffer.from(digest, 'base64url').subarray(0, digestBytes);
  if (bytes.length < digestBytes) throw new TypeError('A digest has at least 128 bits.');
  return bytes;
};

export const writeDigests = ({ family, token }: TokenDigests): Buffer =>
  Buffer.concat([writeDigest(family), writeDigest(token)]);

/** Which no family is: digests of 128 zero bits do not happen. */
export const noDigest = Buffer.alloc(digestBytes);

/** Our nonces are the base64url of 32 bytes and are kept as those bytes; any other text as it is, behind a mark. */
export const writeNonce = (nonce: string): Buffer => {
  const bytes = Buffer.from(nonce, 'base64url');
  return bytes.toString('base64url') === nonce
    ? Buffer.concat([asBytes, bytes])
    : Buffer.concat([asText, Buffer.from(nonce)]);
};

export const readNonce = (stored: Buffer): string =>
  stored.subarray(1).toString(stored[0] === asBytes[0] ? 'base64url' : 'utf8');

const asBytes = Buffer.from('b');
const asText = Buffer.from('t');

/** A session from what the scripts answer: three times and where it was last used from. */
export const readSession = (
  names: { readonly userId: UserId; readonly sessionId: SessionId },
  [createdAt, lastSeenAt, expiresAt, client]: readonly unknown[],
): Session => ({
  id: names.sessionId,
  userId: names.userId,
  createdAt: readNumber(createdAt),
  lastSeenAt: readNumber(lastSeenAt),
  expiresAt: readNumber(expiresAt),
  ...readClientInfo(readBytes(client)),
});

export const readNumber = (reply: unknown): number => {
  if (typeof reply !== 'number') throw new TypeError('Redis answered something else than a number.');
  return reply;
};

export const readBytes = (reply: unknown): Buffer => {
  if (!Buffer.isBuffer(reply)) throw new TypeError('Redis answered something else than text.');
  return reply;
};
