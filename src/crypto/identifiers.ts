import { randomBytes, randomUUID } from 'node:crypto';
import type { EpochMillis } from '../domain/clock.ts';

/**
 * Returns a new identifier: a UUID of version 7 (RFC 9562 §5.7), 48 bits of `now` and 74 random bits, in lower case.
 * Identifiers sort by the millisecond they were made in; within one millisecond their order is random. They are not secret:
 * knowing one must grant nothing.
 */
export const createId = (now: EpochMillis): string => {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return formatUuid(bytes);
};

/**
 * Creates a source of identifiers like those of `createId` that sort in the order they were made in: the 12 bits after the
 * version count within a millisecond (RFC 9562 §6.2, method 1), and a clock that goes backwards is ignored.
 */
export const createOrderedIds = (): ((now: EpochMillis) => string) => {
  let latest = 0;
  let count = 0;
  return (now) => {
    if (now > latest) [latest, count] = [now, 0];
    else if (count < 0xfff) count += 1;
    else [latest, count] = [latest + 1, 0];
    const bytes = randomBytes(16);
    bytes.writeUIntBE(latest, 0, 6);
    bytes.writeUInt16BE(0x7000 | count, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    return formatUuid(bytes);
  };
};

/** Returns an id for one request, for responses and log lines. Called for every request, so it uses Node's buffered randomness. */
export const createRequestId: () => string = randomUUID;

/** Returns 128 random bits in base64url: what makes the `jti` of an access token unique. */
export const createTokenId = (): string => randomBytes(16).toString('base64url');

/** Formats 16 bytes as a UUID in lower case. */
export const formatUuid = (bytes: Buffer): string => {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** Returns the 16 bytes of a UUID. The text must be one (`isUuid`). */
export const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');
