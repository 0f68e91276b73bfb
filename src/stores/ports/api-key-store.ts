import type { ApiKeyId, UserId } from '@fieldgate/guard/core';
import type { ApiKey } from '../../domain/api-key.ts';
import type { EpochMillis } from '../../domain/clock.ts';
import type { TokenDigest } from '../../domain/ids.ts';
import type { Page, PageQuery } from '../../domain/page.ts';
import type { Role } from '../../domain/role.ts';

/**
 * API keys. Every method is one atomic step and rejects only with `AppError('SERVICE_UNAVAILABLE')`. Expired and revoked keys are
 * history; the adapter decides how long they are kept. `test/contract/api-key-store.ts` is the definition; every
 * adapter runs it.
 */
export type ApiKeyStore = {
  /**
   * Null if there is no such account; `full` if it has `maxLive` keys that are neither revoked nor expired; `superseded` if it has
   * another version by now than `ownerVersion`, so that no key outlives the credential that it was made with.
   */
  readonly create: (key: NewApiKey, maxLive: number) => Promise<ApiKey | 'full' | 'superseded' | null>;
  /**
   * Returns the key and its owner as they are now; null if there is no such key. Called once per request that presents one;
   * callers must not cache it.
   */
  readonly find: (id: ApiKeyId) => Promise<ApiKeyOnFile | null>;
  /** Returns a page of the keys of one account, newest first, then by descending id. */
  readonly list: (userId: UserId, page: PageQuery) => Promise<Page<ApiKey>>;
  /** Revokes a key; a revoked key keeps its first time. Null if this account has no such key. */
  readonly revoke: (userId: UserId, id: ApiKeyId, at: EpochMillis) => Promise<ApiKey | null>;
  /**
   * Records a use unless one was recorded after `unlessSince`; returns whether it did. Of simultaneous calls exactly one
   * records.
   */
  readonly recordUse: (id: ApiKeyId, at: EpochMillis, unlessSince: EpochMillis) => Promise<boolean>;
  /** Removes keys that expired or were revoked longer ago than they are kept, at most `limit`; returns how many. */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};

export type NewApiKey = Pick<ApiKey, 'id' | 'userId' | 'name' | 'scopes' | 'createdAt' | 'expiresAt'> & {
  readonly digest: TokenDigest;
  /** Of the account when the credential of its owner was checked; undefined where none was. */
  readonly ownerVersion?: number | undefined;
};

/** A key with what a presented one is checked against. */
export type ApiKeyOnFile = {
  readonly key: ApiKey;
  readonly digest: TokenDigest;
  readonly owner: { readonly role: Role; readonly disabled: boolean };
};
