import { createHmac, randomBytes } from 'node:crypto';

/**
 * A digest under a key that this process draws and never tells: what guessable secrets may be remembered by for a while in
 * memory. Whoever reads the digests cannot try guesses on them without the key. Parts are told apart whatever is in them.
 */
export const createKeyedDigest = (): ((...parts: readonly string[]) => string) => {
  const key = randomBytes(32);
  return (...parts) => createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
};
