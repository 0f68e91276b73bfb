import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '../../../src/domain/errors.ts';
import { createQuota } from '../../../src/services/budget.ts';
import type { LimitStore } from '../../../src/stores/ports/limit-store.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const rate = { points: 10, windowMs: 60_000 };

/** A store whose counters never end, and which can be away. */
const store = () => {
  const sums = new Map<string, number>();
  const state = { away: false, asked: 0 };
  const shared: LimitStore = {
    add: async (additions) => {
      state.asked += 1;
      if (state.away) throw new AppError('SERVICE_UNAVAILABLE');
      return additions.map(({ key, points, windowMs }) => {
        sums.set(key, (sums.get(key) ?? 0) + points);
        return { consumed: sums.get(key) ?? 0, resetsInMs: windowMs };
      });
    },
    purgeExpired: async () => 0,
  };
  return { shared, state };
};

const instance = (shared: LimitStore | null, onTrouble: (error: unknown) => void = () => {}) => {
  const budget = createQuota({ name: 'general', rate, shared, clock: Date.now, onTrouble });
  return {
    ...budget,
    allowed: (count: number) =>
      Array.from({ length: count }, () => budget.spend('a', 1).allowed).filter(Boolean).length,
  };
};

it('a budget is spent at once in its own process, and begins anew with the next window', () => {
  const { allowed, spend } = instance(null);
  expect(allowed(12)).toBe(10);
  expect(spend('b', 3)).toMatchObject({ allowed: true, spent: 3, resetsInMs: 60_000 });
  expect(spend('b', 8)).toMatchObject({ allowed: false, first: true, spent: 3 });
  expect(spend('b', 8)).toMatchObject({ allowed: false, first: false });
  expect(spend('b', 7).allowed).toBe(true);
  vi.advanceTimersByTime(60_000);
  expect(allowed(12)).toBe(10);
});

it('what has been had is counted beyond the rate too, and refused is only what comes after it', () => {
  const { add, isSpent, refuseIfSpent } = instance(null);
  expect([isSpent('a'), refuseIfSpent('a')]).toEqual([false, null]);
  vi.advanceTimersByTime(30_000);
  // The window begins with what is counted, not with the question before it.
  expect(add('a', 9)).toMatchObject({ allowed: true, spent: 9, resetsInMs: 60_000 });
  expect([isSpent('a'), refuseIfSpent('a')]).toEqual([false, null]);
  expect(add('a', 100)).toMatchObject({ allowed: true, spent: 109 });
  expect([isSpent('a'), isSpent('b')]).toEqual([true, false]);
  expect(refuseIfSpent('a')).toMatchObject({ allowed: false, first: true, spent: 109 });
  expect(refuseIfSpent('a')).toMatchObject({ allowed: false, first: false, spent: 109 });
  vi.advanceTimersByTime(60_000);
  expect([isSpent('a'), refuseIfSpent('a')]).toEqual([false, null]);
});

it('instances learn of each other within a tenth of a second, by one question however much was spent', async () => {
  const { shared, state } = store();
  const [one, other] = [instance(shared), instance(shared)];
  expect([one.allowed(6), other.allowed(6)]).toEqual([6, 6]);
  await vi.advanceTimersByTimeAsync(100);
  expect(state.asked).toBe(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(state.asked).toBe(2);
  expect([one.allowed(6), other.allowed(6)].reduce((sum, count) => sum + count)).toBeLessThanOrEqual(4);
});

it('while the store is away each counts by itself, and tells it all when it is back', async () => {
  const { shared, state } = store();
  const troubles: unknown[] = [];
  const one = instance(shared, (error) => troubles.push(error));
  state.away = true;
  expect(one.allowed(4)).toBe(4);
  await vi.advanceTimersByTimeAsync(500);
  expect(one.allowed(12)).toBe(6);
  expect(troubles.length).toBeGreaterThan(0);
  state.away = false;
  await vi.advanceTimersByTimeAsync(200);
  const other = instance(shared);
  expect(other.allowed(1)).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(other.allowed(1)).toBe(0);
});

it('closed, it asks nobody any more', async () => {
  const { shared, state } = store();
  const one = instance(shared);
  one.allowed(1);
  one.close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(state.asked).toBe(0);
});
