import { type ClientInfo, type UserId, unnarrowedScopes } from '@fieldgate/guard/core';
import type { Clock, EpochMillis } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { accountActor, type RecordEvent } from '../domain/event.ts';
import { noClient } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import type { Accounts } from './accounts.ts';
import { anonymousCaller, type Limits } from './limits.ts';

/** For how long a password that was right need not be hashed again. */
const rememberedMs = 60_000;

type Dependencies = {
  readonly accounts: Pick<Accounts, 'authenticate' | 'find' | 'isLocked'>;
  /** What was right, by digest: bounded by whoever gives it. */
  readonly remembered: {
    readonly get: (digest: string) => Remembered | undefined;
    readonly set: (digest: string, value: Remembered) => void;
  };
  /** A digest nobody outside this process can compute. */
  readonly digest: (email: string, password: string) => string;
  readonly clock: Clock;
  /** Counts a guess: the error to refuse it with, or null. */
  readonly consume: Limits['consume'];
  readonly record: RecordEvent;
};

export type Remembered = { readonly userId: UserId; readonly version: number; readonly until: EpochMillis };

type Try = {
  readonly email: string;
  readonly password: string;
  readonly digest: string;
  readonly client: ClientInfo;
};

type Holder = { readonly userId: UserId; readonly role: string; readonly scopes: readonly string[] };

/**
 * Email and password with every request: the login's own check, and nothing of its is left out. Hashing each time would
 * make a server of a few requests per second of us, so a pair that was right is known for a minute by its digest. The
 * account is read at every request: a new password, another role or a switch-off ends what was remembered (`version`), and
 * a lock of its email holds for it too.
 * Pairs that were wrong are never remembered: a guess costs what it costs.
 */
export const createBasicLogin = (deps: Dependencies) => {
  const underWay = new Map<string, Promise<Holder | null>>();

  const verify = async (
    email: string,
    password: string,
    { client = noClient }: { readonly client?: ClientInfo } = {},
  ): Promise<Holder | null> => {
    const digest = deps.digest(email, password);
    const known = await recall(digest);
    if (known) return known;
    // Simultaneous requests of one client wait for one hash instead of filling the queue.
    const same = underWay.get(digest);
    if (same) return same;
    const checking = check({ email, password, digest, client }).finally(() => underWay.delete(digest));
    underWay.set(digest, checking);
    return checking;
  };

  const recall = async (digest: string): Promise<Holder | null> => {
    const entry = deps.remembered.get(digest);
    if (!entry || deps.clock() >= entry.until) return null;
    const user = await deps.accounts.find(entry.userId);
    if (user?.version !== entry.version || user.disabledAt !== null) return null;
    // Locked means refused: who is guessing must not be told from who has just been let in.
    return (await deps.accounts.isLocked(user)) ? null : toHolder(user);
  };

  const check = async ({ email, password, digest, client }: Try): Promise<Holder | null> => {
    const refusal = await deps.consume('login', anonymousCaller(client));
    if (refusal) throw refusal;
    try {
      const user = await deps.accounts.authenticate(email, password, client);
      const actor = accountActor(user.id, client);
      deps.record({ type: 'user.login_succeeded', actor, userId: user.id, metadata: { method: 'basic' } });
      const until = deps.clock() + rememberedMs;
      deps.remembered.set(digest, { userId: user.id, version: user.version, until });
      return toHolder(user);
    } catch (error) {
      if (error instanceof AppError && error.code === 'INVALID_CREDENTIALS') return null;
      throw error;
    }
  };

  return { verify };
};

const toHolder = ({ id, role }: User): Holder => ({ userId: id, role, scopes: unnarrowedScopes });
