import { type ClientInfo, type UserId, unnarrowedScopes } from '@fieldgate/guard/core';
import { noClient } from '../domain/client.ts';
import type { Clock, EpochMillis } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { accountActor, type RecordEvent } from '../domain/event.ts';
import type { User } from '../domain/user.ts';
import type { Accounts } from './accounts.ts';
import { anonymousCaller, type Limits } from './limits.ts';

/** How long a password that was right is not hashed again. */
const cacheMs = 60_000;

type BasicLoginDeps = {
  readonly accounts: Pick<Accounts, 'authenticate' | 'find' | 'isLocked'>;
  /** Pairs that were right, by digest. Must be bounded. */
  readonly cache: {
    readonly get: (digest: string) => CachedLogin | undefined;
    readonly set: (digest: string, value: CachedLogin) => void;
  };
  /** Returns a digest that only this process can compute. */
  readonly digest: (email: string, password: string) => string;
  readonly clock: Clock;
  /** Counts a guess. Resolves with the error to refuse it with, or null. */
  readonly consume: Limits['consume'];
  readonly record: RecordEvent;
};

export type CachedLogin = { readonly userId: UserId; readonly version: number; readonly until: EpochMillis };

type Login = {
  readonly email: string;
  readonly password: string;
  readonly digest: string;
  readonly client: ClientInfo;
};

type Holder = { readonly userId: UserId; readonly role: string; readonly scopes: readonly string[] };

/**
 * Verifies email and password with every request (HTTP Basic), with every check of a login. Hashing each time would limit the
 * server to a few requests per second, so a pair that was right is cached for a minute by its digest. The account is read at
 * every request: a change of it ends the cache entry (`version`), and a lock of its email holds here too.
 * Wrong pairs are never cached: every guess costs a hash.
 */
export const createBasicLogin = (deps: BasicLoginDeps) => {
  const pending = new Map<string, Promise<Holder | null>>();

  const verify = async (
    email: string,
    password: string,
    { client = noClient }: { readonly client?: ClientInfo } = {},
  ): Promise<Holder | null> => {
    const digest = deps.digest(email, password);
    const cached = await findCached(digest);
    if (cached) return cached;
    // Simultaneous requests of one client share one hash instead of filling the queue.
    const same = pending.get(digest);
    if (same) return same;
    const checking = check({ email, password, digest, client }).finally(() => pending.delete(digest));
    pending.set(digest, checking);
    return checking;
  };

  const findCached = async (digest: string): Promise<Holder | null> => {
    const entry = deps.cache.get(digest);
    if (!entry || deps.clock() >= entry.until) return null;
    const user = await deps.accounts.find(entry.userId);
    if (user?.version !== entry.version || user.disabledAt !== null) return null;
    // A lock rejects this pair too: the response must not tell a guess from a login that was right a minute ago.
    return (await deps.accounts.isLocked(user)) ? null : toHolder(user);
  };

  const check = async ({ email, password, digest, client }: Login): Promise<Holder | null> => {
    const refusal = await deps.consume('login', anonymousCaller(client));
    if (refusal) throw refusal;
    try {
      const user = await deps.accounts.authenticate(email, password, client);
      const actor = accountActor(user.id, client);
      deps.record({ type: 'user.login_succeeded', actor, userId: user.id, metadata: { method: 'basic' } });
      const until = deps.clock() + cacheMs;
      deps.cache.set(digest, { userId: user.id, version: user.version, until });
      return toHolder(user);
    } catch (error) {
      if (error instanceof AppError && error.code === 'INVALID_CREDENTIALS') return null;
      throw error;
    }
  };

  return { verify };
};

const toHolder = ({ id, role }: User): Holder => ({ userId: id, role, scopes: unnarrowedScopes });
