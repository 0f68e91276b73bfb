import type { EpochMillis } from '../../domain/clock.ts';
import type { ProvenIdentity } from '../../domain/identity.ts';
import type { TokenDigest } from '../../domain/ids.ts';

/**
 * The state of a sign-in at an identity provider between its steps. Every method is one atomic step and rejects only
 * with `AppError('SERVICE_UNAVAILABLE')`. `test/contract/identity-flow-store.ts` is the definition; every adapter runs it.
 */
export type IdentityFlowStore = {
  /** Marks a state as spent; returns whether it was not yet. Of simultaneous calls exactly one returns true. */
  readonly spendState: (state: string, expiresAt: EpochMillis) => Promise<boolean>;
  readonly putCode: (code: LoginCode) => Promise<void>;
  /** Removes a code and returns it; null from `expiresAt` on. Of simultaneous calls exactly one gets it. */
  readonly takeCode: (digest: TokenDigest, now: EpochMillis) => Promise<LoginCode | null>;
  /** Removes expired states and codes, at most `limit` of each; returns how many. */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};

export type LoginCode = {
  readonly digest: TokenDigest;
  /** Hash of the verifier that must be presented with the code (RFC 7636, S256). */
  readonly challenge: string;
  readonly identity: ProvenIdentity;
  readonly expiresAt: EpochMillis;
};
