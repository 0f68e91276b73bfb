import type { UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from '../../domain/clock.ts';
import type { Identity, IdentityKey } from '../../domain/identity.ts';
import type { IdentityId } from '../../domain/ids.ts';
import type { User } from '../../domain/user.ts';
import type { NewAccount } from './account-store.ts';

/**
 * Identities at providers, each linked to one account. Every method is one atomic step and rejects only with
 * `AppError('SERVICE_UNAVAILABLE')`. `test/contract/identity-store.ts` is the definition; every adapter runs it.
 */
export type IdentityStore = {
  /** The account this identity opens, the use written down; null if it is linked to none. */
  readonly recordUse: (key: IdentityKey, at: EpochMillis) => Promise<UserId | null>;
  /**
   * A new account with this identity as its first way in, or neither of the two. Of simultaneous calls for one email, or
   * for one identity, exactly one creates.
   */
  readonly createAccount: (
    account: NewAccount,
    identity: Omit<NewIdentity, 'userId'>,
  ) => Promise<User | 'email-taken' | 'identity-taken'>;
  /**
   * Links to an account that is there. One that is linked to it already stays as it is, with the email told now. `taken` if
   * it is linked to another, also under simultaneous calls.
   */
  readonly link: (identity: NewIdentity) => Promise<Identity | 'taken'>;
  /** All of one account, oldest first, then by id. */
  readonly list: (userId: UserId) => Promise<readonly Identity[]>;
  /**
   * Unlinks. `last-way-in` if the account has no password and this is all that opens it; of simultaneous calls for an
   * account, one is always left. Null if this account has no such identity.
   */
  readonly unlink: (userId: UserId, id: IdentityId) => Promise<Identity | 'last-way-in' | null>;
};

export type NewIdentity = IdentityKey & Omit<Identity, 'lastUsedAt'>;
