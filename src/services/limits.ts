import { anonymous, type ClientInfo, type Viewer } from '@fieldgate/guard/core';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { actorFor, type RecordEvent } from '../domain/event.ts';
import {
  type BucketName,
  type Count,
  callerKey,
  isBucketName,
  type QuotaName,
  type Rate,
  type RateLimitStatus,
  type Rates,
} from '../domain/rate-limit.ts';
import type { LimitStore } from '../stores/ports/limit-store.ts';
import { createQuota, type Outcome } from './budget.ts';
import { createCounters } from './counters.ts';

type Dependencies = {
  readonly rates: Rates;
  /** Where instances share what they count; null: there is one. */
  readonly shared: LimitStore | null;
  readonly clock: Clock;
  readonly record: RecordEvent;
  /** Told of trouble with the store that no caller is told of. */
  readonly onTrouble: (error: unknown) => void;
};

/** Who is counted. What is worth telling is added to `rateLimits`, for the headers of the answer. */
export type Caller = { readonly viewer: Viewer; readonly client: ClientInfo; readonly rateLimits: RateLimitStatus[] };

export type Limits = ReturnType<typeof createLimits>;

/** How often callers may do what. What comes too often is refused, and written down once per caller and window. */
export const createLimits = ({ rates, shared, clock, record, onTrouble }: Dependencies) => {
  const budgetOf = (name: QuotaName) =>
    rates.general && createQuota({ name, rate: rates.general, shared, clock, onTrouble });
  const [general, documents] = [budgetOf('general'), budgetOf('documents')];
  const counters = {
    login: countersFor(rates.login, clock),
    signup: countersFor(rates.signup, clock),
    refresh: countersFor(rates.refresh, clock),
  };

  const judge = (caller: Caller, outcome: Outcome): AppError | null => {
    if (isWorthTelling(outcome)) caller.rateLimits.push(outcome);
    if (outcome.allowed) return null;
    if (outcome.first) {
      const reason = outcome.bucket.toUpperCase();
      record({ type: 'rate.limited', actor: actorFor(caller.viewer, caller.client), reason });
    }
    return new AppError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(outcome.resetsInMs / 1000)) });
  };

  return {
    /** Counts against the budget that each caller has for everything: the error to refuse with, or null. */
    consumeGeneral: (caller: Caller, points: number): AppError | null => {
      if (!general) return null;
      return judge(caller, general.spend(callerKey(caller.viewer, caller.client.ip), points));
    },

    documents: {
      /** Whether unknown documents of this address are looked at now. Tells nobody. */
      mayLook: (client: ClientInfo): boolean => !documents?.isSpent(addressKey(client)),

      /** The error to refuse an unknown document with, or null. Counts nothing: what is refused has not been looked at. */
      refuse: (client: ClientInfo, rateLimits: RateLimitStatus[]): AppError | null => {
        const refused = documents?.refuseIfSpent(addressKey(client));
        return refused ? judge(anonymousCaller(client, rateLimits), refused) : null;
      },

      /**
       * Counts a look at a document that was no good, afterwards and in any case: one that is larger than what is left
       * would be free else, again and again.
       */
      count: (client: ClientInfo, rateLimits: RateLimitStatus[], points: number): void => {
        if (documents) judge(anonymousCaller(client, rateLimits), documents.add(addressKey(client), points));
      },
    },

    /**
     * Counts what guesses at a credential or makes an account, exactly, over all instances: the error to refuse with, or
     * null. While the store is away each process counts by itself, so that there always is a limit.
     */
    consume: async (bucket: BucketName, caller: Caller, points = 1): Promise<AppError | null> => {
      const [rate, counterOf] = [rates[bucket], counters[bucket]];
      if (!rate || !counterOf) return null;
      const key = callerKey(caller.viewer, caller.client.ip);
      const countHere = (): Count => {
        const counter = counterOf(key);
        counter.spent += points;
        return { consumed: counter.spent, resetsInMs: counter.resetsAt - clock() };
      };
      const countThere = async (store: LimitStore): Promise<Count> => {
        try {
          const [count] = await store.add([{ key: `${bucket}:${key}`, points, windowMs: rate.windowMs }]);
          return count ?? countHere();
        } catch (error) {
          onTrouble(error);
          return countHere();
        }
      };
      const count = shared ? await countThere(shared) : countHere();
      const allowed = count.consumed <= rate.points;
      const first = count.consumed - points <= rate.points;
      return judge(caller, { bucket, ...rate, ...count, allowed, first });
    },

    /** Tells other instances nothing any more; to be called before the store is closed. */
    close: (): void => {
      general?.close();
      documents?.close();
    },
  };
};

/** Two headers cost a request a tenth of its time: of the budget, which every request spends, they tell from its half on. */
const isWorthTelling = ({ bucket, consumed: spent, points }: RateLimitStatus): boolean =>
  isBucketName(bucket) || spent * 2 >= points;

const countersFor = (rate: Rate | null, clock: Clock) => rate && createCounters(clock, rate).counterOf;

/** Whoever they say they are: nobody has asked yet when a document is looked at. */
const addressKey = ({ ip }: ClientInfo): string => callerKey(anonymous, ip);

/** A caller who has shown nothing (yet). */
export const anonymousCaller = (client: ClientInfo, rateLimits: RateLimitStatus[] = []): Caller => ({
  viewer: anonymous,
  client,
  rateLimits,
});
