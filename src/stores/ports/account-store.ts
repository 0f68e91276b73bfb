import type { UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from '../../domain/clock.ts';
import type { Role } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';

/**
 * Accounts. Emails are given normalised (`normalizeEmail`). Every method is one atomic step and rejects only with
 * `AppError('SERVICE_UNAVAILABLE')`. `test/contract/account-store.ts` is the definition; every adapter runs it.
 */
export type AccountStore = {
  /** `taken` if an account has this email, also under simultaneous calls: exactly one of them creates. */
  readonly create: (account: NewAccount) => Promise<User | 'taken'>;
  /** Asked with nearly every request. An adapter that can answers at once, and then throws at once too. */
  readonly findById: (id: UserId) => Promise<User | null> | User | null;
  /** For checking a password; the hash goes no further than the service that asks. */
  readonly findByEmail: (email: string) => Promise<AccountWithHash | null>;
  readonly findHashById: (id: UserId) => Promise<AccountWithHash | null>;
  /**
   * Oldest first, then by id; at most `first` after the cursor. `search` matches a part of email or name, ignoring case
   * in every script; it is plain text, empty means all.
   */
  readonly list: (query: AccountQuery) => Promise<AccountPage>;
  /** Replaces a hash by one of the same password with newer parameters, if it is still the one that was read. */
  readonly rehash: (id: UserId, expectedHash: string, hash: string) => Promise<void>;
  /** A new password; raises the version. Null if there is no such account or `expectedHash` is not its hash any more. */
  readonly changePassword: (id: UserId, expectedHash: string, hash: string) => Promise<User | null>;
  /** Raises the version if the role is another one. Null if there is no such account. */
  readonly setRole: (id: UserId, role: Role) => Promise<User | null>;
  /**
   * Switches off (a time) or on (null); raises the version if that is a change. One that is off already keeps the time
   * it was switched off at. Null if there is no such account.
   */
  readonly setDisabled: (id: UserId, disabledAt: EpochMillis | null) => Promise<User | null>;
};

export type NewAccount = {
  readonly id: UserId;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** Null: it has no password, and none opens it. */
  readonly passwordHash: string | null;
  readonly createdAt: EpochMillis;
};

export type AccountWithHash = { readonly user: User; readonly passwordHash: string | null };

export type AccountQuery = {
  readonly first: number;
  /** The last account of the page before. */
  readonly after?: { readonly createdAt: EpochMillis; readonly id: UserId };
  readonly search?: string;
};

export type AccountPage = { readonly users: readonly User[]; readonly hasNextPage: boolean };
