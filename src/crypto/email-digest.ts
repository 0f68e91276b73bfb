import { createHash } from 'node:crypto';
import { type EmailDigest, emailDigest } from '../domain/ids.ts';

const label = 'fieldgate login attempts 1\0';

/**
 * What a normalised email is counted under. Whoever has a list of addresses can try them on it: it keeps addresses out of
 * the database that people typed by mistake, and hides none that is known.
 */
export const digestOfEmail = (email: string): EmailDigest =>
  emailDigest(createHash('sha256').update(label).update(email).digest('base64url'));
