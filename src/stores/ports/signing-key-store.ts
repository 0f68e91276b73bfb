import type { EpochMillis } from '../../domain/clock.ts';
import type { SigningKeyRecord } from '../../domain/signing-key.ts';

/**
 * The signing keys that were made after those of the configuration. Every method is one atomic step and rejects only with
 * `AppError('SERVICE_UNAVAILABLE')`. `test/contract/signing-key-store.ts` is the definition; every adapter runs it.
 */
export type SigningKeyStore = {
  /** All of them, in the order in which they sign. */
  readonly list: () => Promise<readonly SigningKeyRecord[]>;
  /** Puts a key behind the one it succeeds. False, and nothing is changed, if that has a successor: of simultaneous callers one puts. */
  readonly publish: (key: SigningKeyRecord) => Promise<boolean>;
  /**
   * Ends the key that `key` succeeds at once. If that has a successor already, it stays, and signs no later than `key`
   * would have; otherwise `key` is put behind it. There is no moment without a successor.
   */
  readonly replace: (key: SigningKeyRecord) => Promise<void>;
  /** Takes back a key that does not sign yet. False if it does by now, if the key before it was revoked, or if there is none. */
  readonly withdraw: (kid: string, now: EpochMillis) => Promise<boolean>;
  /** Forgets the private halves of keys whose successors have signed since before this time; returns how many. */
  readonly erasePrivateKeys: (signingBefore: EpochMillis) => Promise<number>;
  /** Forgets keys that have ended, as long as none before them is good still; returns how many. Never the last of a line. */
  readonly purgeEnded: (now: EpochMillis) => Promise<number>;
};
