import { anonymous, type ClientInfo } from '@fieldgate/guard/core';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { actorFor, type RecordEvent } from '../domain/event.ts';
import {
  type CallerIdentity,
  callerKey,
  type ExactLimit,
  type Rate,
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
export type Caller = { readonly viewer: CallerIdentity } & Counted;

/** The part of a request that is needed to count it. */
export type Counted = { readonly client: ClientInfo; readonly rateLimits: RateLimitStatus[] };

/** Whose general quota a request consumes. */
export type Payer = {
  readonly key: string;
  readonly identity: CallerIdentity;
  /** Of an API key or a password that came with the request: only a store can say whose it is. */
  readonly digest: string | null;
  /** Whether no check of the credential can name another payer. */
  readonly isSettled: boolean;
};

export type Limits = ReturnType<typeof createLimits>;

/** How many documents a minute a caller without points may have parsed, because they may be sign-ins. */
const signInDocuments: Rate = { points: 10, windowMs: 60_000 };

/** How often callers may do what. A refusal is recorded once per caller and window. */
export const createLimits = (deps: LimitsDeps) => {
  const { rates, record } = deps;
  const general = rates.general && createQuota({ ...deps, name: 'general', rate: rates.general });
  const signIns = createQuota({ ...deps, name: 'sign-in-documents', rate: signInDocuments, shared: null });
  const bucket = (name: ExactLimit) => {
    const rate = rates[name === 'oauth' ? 'refresh' : name];
    return rate && createBucket({ ...deps, name, rate });
  };
  const buckets = {
    login: bucket('login'),
    signup: bucket('signup'),
    refresh: bucket('refresh'),
    oauth: bucket('oauth'),
  };

  /** Reports an outcome in the headers of the answer. Returns the error to refuse the request with, or null. */
  const settle = (caller: CallerIdentity, { client, rateLimits }: Counted, outcome: Outcome): AppError | null => {
    rateLimits.push(outcome);
    if (outcome.allowed) return null;
    if (outcome.isFirstRefusal) {
      record({ type: 'rate.limited', actor: actorFor(caller, client), reason: outcome.name.toUpperCase() });
    }
    return new AppError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(outcome.resetsInMs / 1000)) });
  };

  return {
    /** The limit that every request consumes from, by `Payer.key`; null: unlimited. `settle` its outcomes. */
    general,
    settle,

    /** Whether a caller who has nothing left may have a document parsed that may be a sign-in. */
    maySignIn: ({ key }: Payer): boolean => signIns.consume(key, 1)?.allowed ?? true,

    /** Consumes from a bucket of the caller. Resolves with the error to refuse the operation with, or null. */
    consume: async (name: ExactLimit, { viewer, ...counted }: Caller, points = 1): Promise<AppError | null> => {
      const outcome = await buckets[name]?.consume(callerKey(viewer, counted.client.ip), points);
      return outcome ? settle(viewer, counted, outcome) : null;
    },

    /** Stops the exchange with other instances. Call it before the store is closed. */
    close: (): void => general?.close(),
  };
};

/** A caller without a verified credential. */
export const anonymousCaller = (client: ClientInfo, rateLimits: RateLimitStatus[] = []): Caller => ({
  viewer: anonymous,
  client,
  rateLimits,
});
