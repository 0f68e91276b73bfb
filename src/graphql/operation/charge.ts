import type { Viewer } from '@fieldgate/guard';
import type { AppError } from '../../domain/errors.ts';
import type { BucketName } from '../../domain/rate-limit.ts';
import { anonymousCaller, type Caller, type Limits } from '../../services/limits.ts';
import type { RequestContext } from '../context.ts';
import type { FieldLimit, FieldLimits } from './field-limits.ts';

/** Counts an operation before any of it runs. Returns the error to refuse it with, or null; a promise only where a field says `@limit`. */
export type ChargeOperation = (
  viewer: Viewer,
  fields: readonly string[],
  context: RequestContext,
) => AppError | null | Promise<AppError | null>;

/** Charges one point of the general quota for each root field (each response key counts), and what `@limit` says. */
export const createCharge =
  (fieldLimits: FieldLimits, limits: Pick<Limits, 'consumeGeneral' | 'consume'>): ChargeOperation =>
  (viewer, fields, { state: { client, rateLimits } }) => {
    const caller: Caller = { viewer, client, rateLimits };
    const refusal = limits.consumeGeneral(caller, Math.max(1, fields.length));
    if (refusal) return refusal;
    const limited = fields.flatMap((field) => fieldLimits.get(field) ?? []);
    return limited.length > 0 ? attemptAll(limits.consume, caller, limited) : null;
  };

/**
 * Whoever signs in is anonymous until that succeeds. A credential that came along for another field must not decide who is
 * charged for the guess: every account would bring a quota of guesses.
 */
const attemptAll = async (
  attempt: Limits['consume'],
  caller: Caller,
  limited: readonly FieldLimit[],
): Promise<AppError | null> => {
  const stranger = anonymousCaller(caller.client, caller.rateLimits);
  const counted = [
    ...[...costsOf(limited.filter(({ isPublic }) => isPublic))].map((cost) => [stranger, ...cost] as const),
    ...[...costsOf(limited.filter(({ isPublic }) => !isPublic))].map((cost) => [caller, ...cost] as const),
  ];
  const refusals = await Promise.all(counted.map(([who, bucket, cost]) => attempt(bucket, who, cost)));
  return refusals.find((refusal) => refusal !== null) ?? null;
};

const costsOf = (limited: readonly FieldLimit[]): ReadonlyMap<BucketName, number> => {
  const sums = new Map<BucketName, number>();
  for (const { bucket, cost } of limited) sums.set(bucket, (sums.get(bucket) ?? 0) + cost);
  return sums;
};
