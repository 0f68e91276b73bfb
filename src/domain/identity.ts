import type { UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';
import type { IdentityId } from './ids.ts';

/** A link between an account and an identity at a provider (Google, GitHub, a company's own), by which its owner can sign in. */
export type Identity = {
  readonly id: IdentityId;
  readonly userId: UserId;
  /** The provider's name in configuration and paths: `google`. */
  readonly provider: string;
  /** What the provider reported when the identity was linked; null if nothing. For display only: nothing is decided by it. */
  readonly email: string | null;
  readonly createdAt: EpochMillis;
  /** The last sign-in with it; null if there was none. */
  readonly lastUsedAt: EpochMillis | null;
};

/**
 * What identifies an identity: the issuer, and the subject that the issuer never reassigns (OpenID Connect Core §2). Never the
 * email, which can change and can be given to somebody else.
 */
export type IdentityKey = { readonly issuer: string; readonly subject: string };

/** The identity that has just signed in at a provider. */
export type ProvenIdentity = IdentityKey & {
  readonly provider: string;
  /** Normalised; null if the provider reports no valid email. */
  readonly email: string | null;
  /** Whether the provider has verified that the email belongs to this person. */
  readonly emailVerified: boolean;
  /** Empty if the provider reports none. */
  readonly name: string;
};
