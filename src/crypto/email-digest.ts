import { createHash } from 'node:crypto';
import { type EmailDigest, emailDigest } from '../domain/ids.ts';

const label = 'fieldgate login attempts 1\0';

/**
 * Returns the key under which failed sign-ins of a normalised email are counted. It keeps mistyped addresses out of the database;
 * it does not hide an address from somebody who can guess it.
 */
export const digestOfEmail = (email: string): EmailDigest =>
  emailDigest(createHash('sha256').update(label).update(email).digest('base64url'));
