import type { UserId } from '@fieldgate/guard/core';
import type { EventDraft, RecordEvent } from '../domain/event.ts';
import type { Session } from '../domain/session.ts';
import type { User, UserChange } from '../domain/user.ts';
import type { AccountStore, ChangeableAccount, ChangedAccount, KeptSession } from '../stores/ports/account-store.ts';
import type { SessionStore } from '../stores/ports/session-store.ts';

type AccountChangesDeps = {
  readonly accounts: Pick<AccountStore, 'change'>;
  /** Notified of every change to what an account may do. */
  readonly sessions: Pick<SessionStore, 'accountChanged'>;
  readonly record: RecordEvent;
};

type AccountChange = {
  /** What is to change; null to leave the account alone. Must be pure: see `AccountStore.change`. */
  readonly decide: (account: ChangeableAccount) => UserChange | null;
  /** The event to record if something changed. */
  readonly event: (changed: ChangedAccount) => EventDraft;
  /** Goes on where the change ends the sessions of the account. */
  readonly kept?: KeptSession;
};

export type ChangeResult = {
  /** The account as it is now. */
  readonly user: User;
  /** The kept session; null if none was named, or it has ended. */
  readonly session: Session | null;
};

/** Resolves with null if there is no such account, or `decide` returned null. */
export type ChangeAccount = (id: UserId, change: AccountChange) => Promise<ChangeResult | null>;

/**
 * The only way in which services change an account: the store raises its version (`changeUser`), the event is recorded, and the
 * session store learns of the new version, so that no older token and no cached account outlives the change. Where this is cut
 * short, the change stands as a whole or not at all: sessions are bound to the version of their account, and the database lists it
 * for `SessionStore.catchUp` in the same transaction.
 */
export const createChangeAccount =
  ({ accounts, sessions, record }: AccountChangesDeps): ChangeAccount =>
  async (id, { decide, event, kept }) => {
    const changed = await accounts.change(id, decide, kept);
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
    return { user: after, session: await sessions.accountChanged(after, kept) };
  };
