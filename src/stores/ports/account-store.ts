import type { SessionId, UserId } from '@fieldgate/guard/core';
import type { ApiKey } from '../../domain/api-key.ts';
import type { EpochMillis } from '../../domain/clock.ts';
import type { Role } from '../../domain/role.ts';
import type { TokenDigests } from '../../domain/session.ts';
import type { User, UserChange } from '../../domain/user.ts';

/**
 * Accounts. Callers pass normalised emails (`normalizeEmail`). Every method is one atomic step and rejects only with
 * `AppError('SERVICE_UNAVAILABLE')`. `test/contract/account-store.ts` is the definition; every adapter runs it.
 */
export type AccountStore = {
  /** `taken` if an account has this email. Of simultaneous calls exactly one creates. */
  readonly create: (account: NewAccount) => Promise<User | 'taken'>;
  /** Called with nearly every request. An adapter that can answer without a promise does, and then throws synchronously too. */
  readonly findById: (id: UserId) => Promise<User | null> | User | null;
  /** The accounts with these ids, in no order; unknown ids are left out. */
  readonly findByIds: (ids: readonly UserId[]) => Promise<readonly User[]>;
  /** For checking a password; the hash must not leave the calling service. */
  readonly findByEmail: (email: string) => Promise<AccountWithHash | null>;
  readonly findHashById: (id: UserId) => Promise<AccountWithHash | null>;
  /**
   * Oldest first, then by id; at most `first` after the cursor. `search` is plain text and matches a part of email or name,
   * ignoring case in every script; empty means all.
   */
  readonly list: (query: AccountQuery) => Promise<AccountPage>;
  /** Replaces a hash by one of the same password with newer parameters, if it is still `expectedHash`. */
  readonly rehash: (id: UserId, expectedHash: string, hash: string) => Promise<void>;
  /**
   * Changes an account: writes what `changeUser` makes of it and of what `decide` returns, and nothing where that is the same.
   * Under simultaneous calls the outcome is as if they had come one after the other: `decide` must be pure, it is called again if
   * another change came first. Null if there is no such account or `decide` returns null.
   *
   * Where the change ends sessions (`User.sessionsFrom`) and this database holds them, they end in the same step, all but `kept`,
   * which goes on with its new digests.
   *
   * A change never takes the last active administrator away: `decide` gets `isLastAdministrator`, and must return null or throw.
   */
  readonly change: (
    id: UserId,
    decide: (account: ChangeableAccount) => UserChange | null,
    kept?: KeptSession,
  ) => Promise<ChangedAccount | null>;
};

export type NewAccount = {
  readonly id: UserId;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** Null: the account has no password. */
  readonly passwordHash: string | null;
  readonly createdAt: EpochMillis;
};

export type AccountWithHash = { readonly user: User; readonly passwordHash: string | null };

export type ChangedAccount = {
  readonly before: User;
  readonly after: User;
  /** The live API keys that the change has revoked. */
  readonly revokedKeys: readonly Pick<ApiKey, 'id' | 'name'>[];
};

export type ChangeableAccount = AccountWithHash & {
  /** This account is the only enabled administrator. */
  readonly isLastAdministrator: boolean;
};

/** The session that changes the password, and the refresh token of a new family that it goes on with. */
export type KeptSession = { readonly id: SessionId; readonly digests: TokenDigests };

export type AccountQuery = {
  readonly first: number;
  /** The last account of the page before. */
  readonly after?: { readonly createdAt: EpochMillis; readonly id: UserId };
  readonly search?: string;
};

export type AccountPage = { readonly users: readonly User[]; readonly hasNextPage: boolean };
