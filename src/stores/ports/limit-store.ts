import type { EpochMillis } from '../../domain/clock.ts';
import type { Count } from '../../domain/rate-limit.ts';

/**
 * Counters that all instances share. A counter starts with the first addition and expires `windowMs` later, whatever is
 * added meanwhile. Rejects only with `AppError('SERVICE_UNAVAILABLE')`. `test/contract/limit-store.ts` is the
 * definition; every adapter runs it.
 */
export type LimitStore = {
  /**
   * Adds, and returns each counter afterwards, in the same order. Each addition is atomic: simultaneous ones see different
   * sums. The keys are distinct.
   */
  readonly add: (additions: readonly Addition[]) => Promise<readonly Count[]>;
  /** Removes expired counters, at most `limit`; returns how many. */
  readonly purgeExpired: (limit: number, now: EpochMillis) => Promise<number>;
};

export type Addition = { readonly key: string; readonly points: number; readonly windowMs: number };
