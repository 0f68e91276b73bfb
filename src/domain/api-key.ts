import type { ApiKeyId, UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';

/** A key for programs, as its owner may see it: nothing in it opens anything. */
export type ApiKey = {
  readonly id: ApiKeyId;
  /** Whose rights it has, less what it was not granted. */
  readonly userId: UserId;
  readonly name: string;
  /** See `scope.ts`. Empty: it may say whose it is and nothing else that asks for a scope. */
  readonly scopes: readonly string[];
  readonly createdAt: EpochMillis;
  readonly expiresAt: EpochMillis;
  /** Null while it was not revoked. Keys that are over are kept: they are history. */
  readonly revokedAt: EpochMillis | null;
  /** Null if it never was used; up to a minute behind. */
  readonly lastUsedAt: EpochMillis | null;
};

export type ApiKeyState = 'live' | 'expired' | 'revoked';

/** What a key is worth by itself; whether its owner's account is on is another question. */
export const apiKeyState = ({ expiresAt, revokedAt }: ApiKey, now: EpochMillis): ApiKeyState => {
  if (revokedAt !== null) return 'revoked';
  return now < expiresAt ? 'live' : 'expired';
};
