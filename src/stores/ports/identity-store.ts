import type { UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from '../../domain/clock.ts';
import type { Identity, IdentityKey } from '../../domain/identity.ts';
import type { IdentityId } from '../../domain/ids.ts';
import type { Page, PageQuery } from '../../domain/page.ts';
import type { User } from '../../domain/user.ts';
import type { NewAccount } from './account-store.ts';

/**
 * Identities at identity providers, each linked to one account. Every method is one atomic step and rejects only with
 * `AppError('SERVICE_UNAVAILABLE')`. `test/contract/identity-store.ts` is the definition; every adapter runs it.
 */
export type IdentityStore = {
  /** Records a use and returns the account this identity is linked to; null if it is linked to none. */
  readonly recordUse: (key: IdentityKey, at: EpochMillis) => Promise<UserId | null>;
  /**
   * Creates an account together with its first identity, or neither. Of simultaneous calls for one email, or for one
   * identity, exactly one creates.
   */
  readonly createAccount: (
    account: NewAccount,
    identity: Omit<NewIdentity, 'userId'>,
  ) => Promise<User | 'email-taken' | 'identity-taken'>;
  /**
   * Links an identity to an existing account. If it is linked to this account already, only its email is updated. `taken` if
   * it is linked to another one, also under simultaneous calls. `superseded` if the account has another version by now than
   * `ownerVersion`, or was deleted: no link outlives the credential that it was made with.
   */
  readonly link: (identity: NewIdentity, ownerVersion?: number) => Promise<Identity | 'taken' | 'superseded'>;
  /** Returns a page of the identities of one account, oldest first, then by id. */
  readonly list: (userId: UserId, page: PageQuery) => Promise<Page<Identity>>;
  /**
   * Unlinks an identity. `last-way-in` if the account has no password and no other identity; simultaneous calls always leave
   * one. Null if this account has no such identity.
   */
  readonly unlink: (userId: UserId, id: IdentityId) => Promise<Identity | 'last-way-in' | null>;
};

export type NewIdentity = IdentityKey & Omit<Identity, 'lastUsedAt'>;
