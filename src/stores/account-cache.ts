import type { UserId } from '@fieldgate/guard/core';
import { LRUCache } from 'lru-cache';
import type { Clock, EpochMillis } from '../domain/clock.ts';
import type { User } from '../domain/user.ts';
import type { AccountStore } from './ports/account-store.ts';

/** An account store that keeps the accounts it has read. */
export type CachedAccounts = AccountStore & {
  /** Returns the account if it was read lately and had this version then, without asking the store. */
  readonly getCached: (id: UserId, version: number) => User | undefined;
};

const capacity = 50_000;
/** A name or an email edited by hand does not raise the version (role and state do: migration 0030); it is read again after this long. */
const maxAgeMs = 30_000;

type Entry = { readonly user: User; readonly readAt: EpochMillis };

/**
 * Caches the accounts that were found. Two accounts of one id and one version are equal (`changeUser`), so a caller who knows the
 * current version for sure, as Redis returns it with every check of a session, need not read the account again.
 */
export const cacheAccounts = (accounts: AccountStore, clock: Clock): CachedAccounts => {
  const cache = new LRUCache<UserId, Entry>({ max: capacity });

  const keep = (user: User | null): User | null => {
    if (user !== null) cache.set(user.id, { user, readAt: clock() });
    return user;
  };

  return {
    ...accounts,
    findById: (id) => {
      const found = accounts.findById(id);
      return found instanceof Promise ? found.then(keep) : keep(found);
    },
    getCached: (id, version) => {
      const entry = cache.get(id);
      if (entry?.user.version !== version) return undefined;
      return Math.abs(clock() - entry.readAt) < maxAgeMs ? entry.user : undefined;
    },
  };
};
