import type { UserId } from '@fieldgate/guard/core';
import type { EventDraft, RecordEvent } from '../domain/event.ts';
import type { User, UserChange } from '../domain/user.ts';
import type { AccountStore, AccountWithHash, ChangedAccount } from '../stores/ports/account-store.ts';
import type { SessionStore } from '../stores/ports/session-store.ts';

type AccountChangesDeps = {
  readonly accounts: Pick<AccountStore, 'change'>;
  /** Notified of every change to what an account may do. */
  readonly sessions: Pick<SessionStore, 'accountChanged'>;
  readonly record: RecordEvent;
};

type AccountChange = {
  /** What is to change; null to leave the account alone. Must be pure: see `AccountStore.change`. */
  readonly decide: (account: AccountWithHash) => UserChange | null;
  /** The event to record if something changed. */
  readonly event: (changed: ChangedAccount) => EventDraft;
};

/** Resolves with the account as it is now; null if there is none, or `decide` returned null. */
export type ChangeAccount = (id: UserId, change: AccountChange) => Promise<User | null>;

/**
 * The only way in which services change an account: the store raises its version (`changeUser`), the event is recorded, and the
 * session store learns of the new version, so that no older token and no cached account outlives the change.
 */
export const createChangeAccount =
  ({ accounts, sessions, record }: AccountChangesDeps): ChangeAccount =>
  async (id, { decide, event }) => {
    const changed = await accounts.change(id, decide);
    if (changed === null) return null;
    const { before, after, revokedKeys } = changed;
    if (after.version !== before.version) {
      const draft = event(changed);
      record(draft);
      for (const { id: keyId, name } of revokedKeys) {
        record({ type: 'api_key.revoked', actor: draft.actor, userId: id, metadata: { keyId, name } });
      }
    }
    // Also where nothing changed: a caller who repeats a change completes a notification that failed the first time.
    await sessions.accountChanged(after);
    return after;
  };
