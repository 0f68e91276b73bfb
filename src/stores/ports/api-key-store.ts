import type { ApiKeyId, UserId } from '@fieldgate/guard/core';
import type { ApiKey } from '../../domain/api-key.ts';
import type { EpochMillis } from '../../domain/clock.ts';
import type { TokenDigest } from '../../domain/ids.ts';
import type { Role } from '../../domain/role.ts';

/**
 * API keys. Every method is one atomic step and rejects only with `AppError('SERVICE_UNAVAILABLE')`. Nothing removes a key
 * but the removal of its owner: those that are over are history. `test/contract/api-key-store.ts` is the definition; every
 * adapter runs it.
 */
export type ApiKeyStore = {
  /** Null if there is no such account; `full` if it has `mostLive` keys that are neither revoked nor expired. */
  readonly create: (key: NewApiKey, mostLive: number) => Promise<ApiKey | 'full' | null>;
  /**
   * The key and its owner as they are now; null if there is no such key. Asked once per request that presents one, and kept
   * by nobody who asks.
   */
  readonly find: (id: ApiKeyId) => Promise<ApiKeyOnFile | null>;
  /** All keys of one account, newest first, then by id downwards. */
  readonly list: (userId: UserId) => Promise<readonly ApiKey[]>;
  /** One that was revoked keeps the time of the first revocation. Null if this account has no such key. */
  readonly revoke: (userId: UserId, id: ApiKeyId, at: EpochMillis) => Promise<ApiKey | null>;
  /**
   * Writes down a use, if none since `unlessSince` is; whether it did. Of simultaneous calls for one minute exactly one
   * writes.
   */
  readonly recordUse: (id: ApiKeyId, at: EpochMillis, unlessSince: EpochMillis) => Promise<boolean>;
};

export type NewApiKey = Pick<ApiKey, 'id' | 'userId' | 'name' | 'scopes' | 'createdAt' | 'expiresAt'> & {
  readonly digest: TokenDigest;
};

/** A key with what it is checked against. */
export type ApiKeyOnFile = {
  readonly key: ApiKey;
  readonly digest: TokenDigest;
  readonly owner: { readonly role: Role; readonly disabled: boolean };
};
