import type { EpochMillis } from '../../domain/clock.ts';
import type { ProvenIdentity } from '../../domain/identity.ts';
import type { TokenDigest } from '../../domain/ids.ts';

/**
 * What a sign-in at an identity provider leaves here between its steps. Every method is one atomic step and rejects only
 * with `AppError('SERVICE_UNAVAILABLE')`. `test/contract/identity-flow-store.ts` is the definition; every adapter runs it.
 */
export type IdentityFlowStore = {
  /** Whether this state is spent for the first time: of any number of simultaneous calls exactly one is told so. */
  readonly spendState: (state: string, expiresAt: EpochMillis) => Promise<boolean>;
  readonly putCode: (code: LoginCode) => Promise<void>;
  /** What the code stands for. It is gone from then on: of simultaneous calls exactly one gets it, and none at `expiresAt`. */
  readonly takeCode: (digest: TokenDigest, now: EpochMillis) => Promise<LoginCode | null>;
  /** Forgets what has expired, a bounded number of each kind at a time; returns how many. */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};

export type LoginCode = {
  readonly digest: TokenDigest;
  /** What the verifier of whoever may use the code must hash to. */
  readonly challenge: string;
  readonly identity: ProvenIdentity;
  readonly expiresAt: EpochMillis;
};
