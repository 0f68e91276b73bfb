import type { UserId } from '@fieldgate/guard/core';
import { createRecentEntries } from '../domain/recent-entries.ts';
import type { User } from '../domain/user.ts';
import type { AccountStore } from './ports/account-store.ts';

/** An account store that can say without asking what an account looked like at a version. */
export type RecentAccounts = AccountStore & {
  /** The account, if it was read lately and had this version then. */
  readonly recall: (id: UserId, version: number) => User | undefined;
};

/** Half of them goes when there are so many. */
const capacity = 50_000;
/** Whoever edits a row by hand does not raise its version: after this long it is read again whatever it says. */
const longestBeliefMs = 30_000;

type Known = { readonly user: User; readonly readAt: number };

/**
 * Caches the accounts that were found. Two accounts of one id and one version are equal (`changeUser`), so a caller who knows the
 * current version for sure, as Redis returns it with every check of a session, need not read the account again.
 */
export const recentAccounts = (accounts: AccountStore, clock: () => number): RecentAccounts => {
  const known = createRecentEntries<Known>(capacity);

  const remember = (user: User | null): User | null => {
    if (user !== null) known.set(user.id, { user, readAt: clock() });
    return user;
  };

  return {
    ...accounts,
    findById: (id) => {
      const found = accounts.findById(id);
      return found instanceof Promise ? found.then(remember) : remember(found);
    },
    recall: (id, version) => {
      const entry = known.get(id);
      if (entry?.user.version !== version) return undefined;
      return Math.abs(clock() - entry.readAt) < longestBeliefMs ? entry.user : undefined;
    },
  };
};
