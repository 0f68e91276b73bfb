import type { UserId } from '@fieldgate/guard/core';
import type { AccountChanges, PendingChange } from '../ports/account-changes.ts';
import type { AccountMark } from '../ports/revocation-journal.ts';
import type { SessionStore } from '../ports/session-store.ts';

type CatchUpDeps = {
  readonly changes: AccountChanges;
  /** A change that was listed in this many calls, one after the other, is taken over. */
  readonly afterCalls: number;
  readonly takeOver: (userId: UserId, account: AccountMark | null) => Promise<void>;
};

/**
 * Returns `SessionStore.catchUp`. A change that has only just been listed may be under way to `accountChanged`, which keeps the
 * session of its caller; to take it over here would end that one too. So it is left for some calls.
 */
export const createCatchUp = ({ changes, afterCalls, takeOver }: CatchUpDeps): NonNullable<SessionStore['catchUp']> => {
  let listed = new Map<UserId, { readonly version: number; readonly calls: number }>();

  const count = ({ userId, version }: PendingChange): number => {
    const before = listed.get(userId);
    return before?.version === version ? before.calls + 1 : 1;
  };

  return async (limit) => {
    const pending = await changes.list(limit);
    const counted = pending.map((change) => ({ change, calls: count(change) }));
    listed = new Map(counted.map(({ change, calls }) => [change.userId, { version: change.version, calls }]));
    const due = counted.filter(({ calls }) => calls >= afterCalls).map(({ change }) => change);
    for (const { userId, account } of due) await takeOver(userId, account);
    await changes.settle(due);
    return due.length;
  };
};
