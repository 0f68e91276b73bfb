import type { EpochMillis } from '../../domain/clock.ts';
import type { SigningKeyRecord } from '../../domain/signing-key.ts';

/**
 * The signing keys that were created after those of the configuration. Every method is one atomic step and rejects only with
 * `AppError('SERVICE_UNAVAILABLE')`. `test/contract/signing-key-store.ts` is the definition; every adapter runs it.
 */
export type SigningKeyStore = {
  /** Returns all keys, in the order in which they sign. */
  readonly list: () => Promise<readonly SigningKeyRecord[]>;
  /** Adds a key as the successor of another. False, and nothing changes, if that has one: of simultaneous calls exactly one adds. */
  readonly publish: (key: SigningKeyRecord) => Promise<boolean>;
  /**
   * Revokes the key that `key` succeeds. If that has a successor already, the successor stays and signs no later than `key`
   * would have; otherwise `key` becomes it. There is no moment without a successor.
   */
  readonly replace: (key: SigningKeyRecord) => Promise<void>;
  /** Removes a key that does not sign yet. False if it signs by now, if its predecessor was revoked, or if there is no such key. */
  readonly withdraw: (kid: string, now: EpochMillis) => Promise<boolean>;
  /**
   * Removes at most `limit` expired keys and erases at most as many private halves that no clock can still be signing with;
   * returns how many of both. A key stays while its predecessor verifies, and the last of a chain always stays.
   */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};
