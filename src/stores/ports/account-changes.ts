import type { UserId } from '@fieldgate/guard/core';
import type { AccountMark } from './revocation-journal.ts';

/**
 * The accounts that a session store outside of the database may not know in their current state. The database itself adds an
 * account, in the transaction that changes or deletes it, also a change by hand. Rejects only with
 * `AppError('SERVICE_UNAVAILABLE')`.
 */
export type AccountChanges = {
  /** Returns at most `limit` of them, in no order. */
  readonly list: (limit: number) => Promise<readonly PendingChange[]>;
  /** Removes accounts that the session store knows by now; one that has changed since it was listed stays. */
  readonly settle: (changes: readonly PendingChange[]) => Promise<void>;
};

export type PendingChange = {
  readonly userId: UserId;
  /** Of the account when it was listed. */
  readonly version: number;
  /** Null: it was deleted. */
  readonly account: AccountMark | null;
};
