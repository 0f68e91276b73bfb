import { createHmac, randomBytes } from 'node:crypto';

/**
 * Creates a digest under a random key that never leaves this process, so that guessable secrets can be cached by it: without the
 * key the digests cannot be guessed offline. The parts are kept apart whatever they contain.
 */
export const createKeyedDigest = (): ((...parts: readonly string[]) => string) => {
  const key = randomBytes(32);
  return (...parts) => createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
};
