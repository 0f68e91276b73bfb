import { type SessionId, sessionId, type UserId } from '@fieldgate/guard/core';
import { isUuid, type TokenDigest } from '../../domain/ids.ts';
import type { Session, TokenDigests } from '../../domain/session.ts';
import { readClientInfo } from './client-info-codec.ts';

/** How values are stored in Redis; `session.lua` describes where. */

const digestBytes = 16;

/** The one key of an account. The braces make a cluster hash the id only. */
export const accountKey = (prefix: string, user: UserId): string => `${prefix}:{${user}}`;

/** Any other id cannot exist here, so it is not looked up. */
export const isStorable = (user: UserId, session?: SessionId): boolean =>
  isUuid(user) && (session === undefined || isUuid(session));

export const writeSessionId = (id: SessionId): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

/** The ids one after the other. */
export const writeSessionIds = (ids: readonly SessionId[]): Buffer => writeSessionId(sessionId(ids.join('')));

export const readSessionId = (bytes: Buffer): SessionId => {
  const hex = bytes.toString('hex');
  return sessionId(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`);
};

/**
 * The first 128 bits of a digest. An attacker does not choose what is digested, so finding a second preimage still takes
 * 2^128 tries, and the 256 random bits of a token are no easier to find.
 */
export const writeDigest = (digest: TokenDigest): Buffer => {
  const bytes = Buffer.from(digest, 'base64url').subarray(0, digestBytes);
  if (bytes.length < digestBytes) throw new TypeError('A digest has at least 128 bits.');
  return bytes;
};

export const writeDigests = ({ family, token }: TokenDigests): Buffer =>
  Buffer.concat([writeDigest(family), writeDigest(token)]);

/** Matches no token: a digest of 128 zero bits does not occur. */
export const noDigest = Buffer.alloc(digestBytes);

/** Nonces made here are base64url and stored as bytes; any other text is stored as it is. The first byte says which. */
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

/** A session from the values that the scripts return: four times and the client. */
export const readSession = (
  names: { readonly userId: UserId; readonly sessionId: SessionId },
  [createdAt, lastSeenAt, expiresAt, authenticatedAt, client]: readonly unknown[],
): Session => ({
  id: names.sessionId,
  userId: names.userId,
  createdAt: readNumber(createdAt),
  lastSeenAt: readNumber(lastSeenAt),
  expiresAt: readNumber(expiresAt),
  authenticatedAt: readNumber(authenticatedAt),
  ...readClientInfo(readBytes(client)),
});

export const readNumber = (reply: unknown): number => {
  if (typeof reply !== 'number') throw new TypeError('Redis did not return a number.');
  return reply;
};

export const readBytes = (reply: unknown): Buffer => {
  if (!Buffer.isBuffer(reply)) throw new TypeError('Redis did not return bytes.');
  return reply;
};
