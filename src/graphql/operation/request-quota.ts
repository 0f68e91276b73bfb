import type { Viewer } from '@fieldgate/guard';
import type { MaybePromise } from '@whatwg-node/promise-helpers';
import type { AppError } from '../../domain/errors.ts';
import type { BucketName } from '../../domain/rate-limit.ts';
import { anonymousCaller, type Caller, type Limits } from '../../services/limits.ts';
import { type FieldLimit, type FieldLimits, isOutsideGeneralQuota } from './field-limits.ts';
import { type CountedRequest, createPayers, type PayersDeps } from './payers.ts';

type RequestQuotaDeps = PayersDeps & {
  readonly fieldLimits: FieldLimits;
  readonly limits: Pick<Limits, 'general' | 'settle' | 'maySignIn' | 'consume'>;
};

/** Counts what requests consume. A method that returns an error refuses the request. */
export type RequestQuota = {
  /** Refuses a caller who has nothing left. */
  readonly refuseExhausted: (request: CountedRequest) => AppError | null;
  /** Consumes one point. */
  readonly request: (request: CountedRequest) => AppError | null;
  /** Consumes one point for each started KiB of an unknown document. Call it before parsing. */
  readonly document: (request: CountedRequest, text: string) => AppError | null;
  /** Whether a caller with nothing left may have a document parsed all the same, because it may be a sign-in. Consumes an attempt. */
  readonly mayBeSignIn: (request: CountedRequest, text: string) => boolean;
  /** Consumes what an operation costs beyond its request, before any of it runs: its further root fields, and what `@limit` says. */
  readonly operation: (
    viewer: Viewer,
    fields: readonly string[],
    request: CountedRequest,
  ) => MaybePromise<AppError | null>;
};

const bytesPerPoint = 1024;
/** A document that signs in fits into this. */
const maxSignInDocumentBytes = 1024;

/**
 * A request consumes one point of its payer (see `createPayers`), which covers the first root field and the first KiB of an
 * unknown document. An operation that only signs in, refreshes or signs out consumes from the buckets of its fields instead.
 */
export const createRequestQuota = (deps: RequestQuotaDeps): RequestQuota => {
  const { general, settle, maySignIn, consume } = deps.limits;
  const payers = createPayers(deps);
  const mentionsSignIn = createMentionsSignIn(deps.fieldLimits);
  const planned = createPlannedLimits(deps.fieldLimits);

  const request = (consumer: CountedRequest, points = 1): AppError | null => {
    if (!general) return null;
    const { state } = consumer;
    state.payer ??= payers.find(consumer);
    const outcome = general.consume(state.payer.key, points);
    return outcome ? settle(state.payer.identity, state, outcome) : null;
  };

  /** What is left to pay after the request itself. A viewer whose credential was unconfirmed until now pays in place of the address. */
  const consumeFields = (viewer: Viewer, count: number, consumer: CountedRequest): AppError | null => {
    const { payer } = consumer.state;
    const isOther = payers.settle(viewer, consumer);
    const points = Math.max(1, count) - (payer === null || isOther ? 0 : 1);
    return points > 0 ? request(consumer, points) : null;
  };

  return {
    refuseExhausted: (consumer) => {
      consumer.state.payer ??= payers.find(consumer);
      return general?.isExhausted(consumer.state.payer.key) ? request(consumer) : null;
    },
    request,
    document: (consumer, text) => request(consumer, Math.max(1, Math.ceil(Buffer.byteLength(text) / bytesPerPoint))),
    mayBeSignIn: ({ state: { payer } }, text) =>
      payer !== null && Buffer.byteLength(text) <= maxSignInDocumentBytes && mentionsSignIn(text) && maySignIn(payer),
    operation: (viewer, fields, consumer) => {
      const { limited, isSignIn } = planned.known.get(fields) ?? planned.read(fields);
      const isPaid = !general || isSignIn || (fields.length <= 1 && consumer.state.payer?.isSettled);
      const refusal = isPaid ? null : consumeFields(viewer, fields.length, consumer);
      if (refusal || limited.length === 0) return refusal;
      return consumeBuckets(consume, { viewer, ...consumer.state }, limited);
    },
  };
};

type PlannedLimits = {
  readonly limited: readonly FieldLimit[];
  /** Whether all its fields are counted in their own buckets or nowhere. */
  readonly isSignIn: boolean;
};

/** By the fields of a plan, which keeps its list: only `read` is work. */
const createPlannedLimits = (fieldLimits: FieldLimits) => {
  const known = new WeakMap<readonly string[], PlannedLimits>();
  const read = (fields: readonly string[]): PlannedLimits => {
    const limited = fields.flatMap((field) => fieldLimits.get(field) ?? []);
    const isSignIn = fields.length > 0 && fields.every((field) => isOutsideGeneralQuota(fieldLimits, field));
    known.set(fields, { limited, isSignIn });
    return { limited, isSignIn };
  };
  return { known, read };
};

/** A flood of other documents must not use up the attempts of those who sign in. */
const createMentionsSignIn = (fieldLimits: FieldLimits): ((text: string) => boolean) => {
  const names = [...fieldLimits.keys()]
    .filter((field) => isOutsideGeneralQuota(fieldLimits, field))
    .map((field) => field.slice(field.indexOf('.') + 1));
  const pattern = new RegExp(`\\b(?:${names.join('|')})\\b`);
  return (text) => names.length > 0 && pattern.test(text);
};

/**
 * A caller who signs in is anonymous until that succeeds. A credential that came along for another field must not decide whose bucket
 * the guess consumes: every account would bring a bucket of guesses.
 */
const consumeBuckets = async (
  consume: Limits['consume'],
  caller: Caller,
  limited: readonly FieldLimit[],
): Promise<AppError | null> => {
  const byAddress = anonymousCaller(caller.client, caller.rateLimits);
  const counted = [
    ...[...costsOf(limited.filter(({ isPublic }) => isPublic))].map((cost) => [byAddress, ...cost] as const),
    ...[...costsOf(limited.filter(({ isPublic }) => !isPublic))].map((cost) => [caller, ...cost] as const),
  ];
  const refusals = await Promise.all(counted.map(([who, bucket, cost]) => consume(bucket, who, cost)));
  return refusals.find((refusal) => refusal !== null) ?? null;
};

const costsOf = (limited: readonly FieldLimit[]): ReadonlyMap<BucketName, number> => {
  const sums = new Map<BucketName, number>();
  for (const { bucket, cost } of limited) {
    if (bucket !== 'none') sums.set(bucket, (sums.get(bucket) ?? 0) + cost);
  }
  return sums;
};
