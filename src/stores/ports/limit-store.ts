import type { Count } from '../../domain/rate-limit.ts';

/**
 * Counters that all instances share. A counter begins with the first addition to it and is gone `windowMs` later, whatever
 * is added meanwhile. Rejects only with `AppError('SERVICE_UNAVAILABLE')`. `test/contract/limit-store.ts` is the
 * definition; every adapter runs it.
 */
export type LimitStore = {
  /**
   * Adds, and tells what each counter holds then, in the same order. Each addition is atomic: of simultaneous ones each
   * sees another sum. The keys are distinct.
   */
  readonly add: (additions: readonly Addition[]) => Promise<readonly Count[]>;
  /** Removes counters that are over, a bounded number; returns how many. */
  readonly purgeExpired: (limit: number) => Promise<number>;
};

export type Addition = { readonly key: string; readonly points: number; readonly windowMs: number };
