import type { Viewer } from '@fieldgate/guard';
import type { AppError } from '../../domain/errors.ts';
import type { BucketName } from '../../domain/rate-limit.ts';
import { anonymousCaller, type Caller, type Limits } from '../../services/limits.ts';
import type { RequestContext } from '../context.ts';
import type { FieldLimit, FieldLimits } from './field-limits.ts';

/** Counts an operation before anything of it runs: the error to refuse it with, or null. Waits only where a field says `@limit`. */
export type ChargeOperation = (
  viewer: Viewer,
  fields: readonly string[],
  context: RequestContext,
) => AppError | null | Promise<AppError | null>;

/** One point of the caller's budget for each field at the root, whatever its aliases; and what `@limit` says. */
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
 * Who signs in is nobody yet. A credential that came along for another field of the operation must not decide under whom
 * the guess is counted: every account would bring guesses of its own.
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
