import type { ApiKeyId, UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';

/** An API key as its owner may see it. It contains nothing that grants access. */
export type ApiKey = {
  readonly id: ApiKeyId;
  /** The owner, whose rights the key has as far as its scopes allow. */
  readonly userId: UserId;
  readonly name: string;
  /** See `scope.ts`. Without any the key grants nothing that requires a scope. */
  readonly scopes: readonly string[];
  readonly createdAt: EpochMillis;
  readonly expiresAt: EpochMillis;
  /** Null while the key is not revoked. Expired and revoked keys are kept for the record. */
  readonly revokedAt: EpochMillis | null;
  /** Null if the key was never used; up to a minute behind. */
  readonly lastUsedAt: EpochMillis | null;
};

export type ApiKeyState = 'live' | 'expired' | 'revoked';

/** Returns the state of the key alone; whether its owner is disabled is decided elsewhere. */
export const apiKeyState = ({ expiresAt, revokedAt }: ApiKey, now: EpochMillis): ApiKeyState => {
  if (revokedAt !== null) return 'revoked';
  return now < expiresAt ? 'live' : 'expired';
};
