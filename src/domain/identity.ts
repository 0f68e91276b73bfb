import type { UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';
import type { IdentityId } from './ids.ts';

/** A way into an account by way of an identity provider (Google, GitHub, a company's own). */
export type Identity = {
  readonly id: IdentityId;
  readonly userId: UserId;
  /** What the provider is called in this server's configuration and paths: `google`. */
  readonly provider: string;
  /** As the provider told it when the identity was linked; null if it told none. To be shown, never to decide by. */
  readonly email: string | null;
  readonly createdAt: EpochMillis;
  /** The last sign-in by it; null if there was none. */
  readonly lastUsedAt: EpochMillis | null;
};

/**
 * What an identity is known by: who says it, and the name they never give to anybody else (OpenID Connect Core §2).
 * Never the email, which changes and changes hands.
 */
export type IdentityKey = { readonly issuer: string; readonly subject: string };

/** Who a provider says has just signed in there. */
export type ProvenIdentity = IdentityKey & {
  readonly provider: string;
  /** Normalised; null if the provider tells none that is one. */
  readonly email: string | null;
  /** Whether the provider attests that the email is this person's. */
  readonly emailVerified: boolean;
  /** Empty if the provider tells none. */
  readonly name: string;
};
