import { anonymous, type ClientInfo, type Viewer } from '@fieldgate/guard/core';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { actorFor, type RecordEvent } from '../domain/event.ts';
import {
  type BucketName,
  callerKey,
  isBucketName,
  type QuotaName,
  type RateLimitStatus,
  type Rates,
} from '../domain/rate-limit.ts';
import type { Signals } from '../domain/signals.ts';
import type { LimitStore } from '../stores/ports/limit-store.ts';
import { createBucket } from './bucket.ts';
import { createQuota, type Outcome } from './quota.ts';

type LimitsDeps = {
  readonly rates: Rates;
  /** Where instances share what they count; null if there is one instance. */
  readonly shared: LimitStore | null;
  readonly clock: Clock;
  readonly record: RecordEvent;
  readonly signals: Pick<Signals, 'backgroundError'>;
};

/** Who is counted. `rateLimits` collects what the response headers report. */
export type Caller = { readonly viewer: Viewer; readonly client: ClientInfo; readonly rateLimits: RateLimitStatus[] };

export type Limits = ReturnType<typeof createLimits>;

/** How often callers may do what. A refusal is recorded once per caller and window. */
export const createLimits = (deps: LimitsDeps) => {
  const { rates, record } = deps;
  const quota = (name: QuotaName) => rates.general && createQuota({ ...deps, name, rate: rates.general });
  const bucket = (name: BucketName) => {
    const rate = rates[name];
    return rate && createBucket({ ...deps, name, rate });
  };
  const [general, documents] = [quota('general'), quota('documents')];
  const buckets = { login: bucket('login'), signup: bucket('signup'), refresh: bucket('refresh') };

  const toRefusal = (caller: Caller, outcome: Outcome): AppError | null => {
    if (isReported(outcome)) caller.rateLimits.push(outcome);
    if (outcome.allowed) return null;
    if (outcome.isFirstRefusal) {
      const actor = actorFor(caller.viewer, caller.client);
      record({ type: 'rate.limited', actor, reason: outcome.name.toUpperCase() });
    }
    return new AppError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(outcome.resetsInMs / 1000)) });
  };

  return {
    /** Consumes from the caller's general quota. Returns the error to refuse the operation with, or null. */
    consumeGeneral: (caller: Caller, points: number): AppError | null =>
      general && toRefusal(caller, general.consume(callerKey(caller.viewer, caller.client.ip), points)),

    documents: {
      /** Whether unknown documents of this address may be parsed now. Records nothing. */
      mayParse: (client: ClientInfo): boolean => !documents?.isExhausted(addressKey(client)),

      /** Returns the error to refuse an unknown document with, or null. Consumes nothing: what is refused was not parsed. */
      refuse: (client: ClientInfo, rateLimits: RateLimitStatus[]): AppError | null => {
        const outcome = documents?.refuseIfExhausted(addressKey(client));
        return outcome ? toRefusal(anonymousCaller(client, rateLimits), outcome) : null;
      },

      /** Counts an invalid document after the work, in any case: one larger than what is left would otherwise be free every time. */
      count: (client: ClientInfo, rateLimits: RateLimitStatus[], points: number): void => {
        if (documents) toRefusal(anonymousCaller(client, rateLimits), documents.add(addressKey(client), points));
      },
    },

    /** Consumes from a bucket of the caller. Resolves with the error to refuse the operation with, or null. */
    consume: async (name: BucketName, caller: Caller, points = 1): Promise<AppError | null> => {
      const outcome = await buckets[name]?.consume(callerKey(caller.viewer, caller.client.ip), points);
      return outcome ? toRefusal(caller, outcome) : null;
    },

    /** Stops the exchange with other instances. Call it before the store is closed. */
    close: (): void => {
      general?.close();
      documents?.close();
    },
  };
};

/** The two headers cost a tenth of a request, so the general quota, which every request consumes, is reported from half of it on. */
const isReported = ({ name, consumed, points }: RateLimitStatus): boolean =>
  isBucketName(name) || consumed * 2 >= points;

/** By address, whatever the credential says: a document is parsed before any credential is verified. */
const addressKey = ({ ip }: ClientInfo): string => callerKey(anonymous, ip);

/** A caller without a verified credential. */
export const anonymousCaller = (client: ClientInfo, rateLimits: RateLimitStatus[] = []): Caller => ({
  viewer: anonymous,
  client,
  rateLimits,
});
