import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '../../../src/domain/errors.ts';
import { createQuota } from '../../../src/services/quota.ts';
import type { LimitStore } from '../../../src/stores/ports/limit-store.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const rate = { points: 10, windowMs: 60_000 };

/** A store whose counters never end, and which can be unavailable. */
const store = () => {
  const sums = new Map<string, number>();
  const state = { isAvailable: true, calls: 0 };
  const shared: LimitStore = {
    add: async (additions) => {
      state.calls += 1;
      if (!state.isAvailable) throw new AppError('SERVICE_UNAVAILABLE');
      return additions.map(({ key, points, windowMs }) => {
        sums.set(key, (sums.get(key) ?? 0) + points);
        return { consumed: sums.get(key) ?? 0, resetsInMs: windowMs };
      });
    },
    purgeExpired: async () => 0,
  };
  return { shared, state };
};

const instance = (shared: LimitStore | null, backgroundError: (error: unknown) => void = () => {}) => {
  const quota = createQuota({ name: 'general', rate, shared, clock: Date.now, signals: { backgroundError } });
  return {
    ...quota,
    allowed: (count: number) =>
      Array.from({ length: count }, () => quota.consume('a', 1)?.allowed ?? true).filter(Boolean).length,
  };
};

it('a process consumes its quota without waiting, and starts again with the next window', () => {
  const { allowed, consume, isExhausted } = instance(null);
  expect(allowed(12)).toBe(10);
  expect(isExhausted('a')).toBe(true);
  // Nothing is said before the half.
  expect(consume('b', 4)).toBeNull();
  expect(consume('b', 3)).toMatchObject({ allowed: true, consumed: 7, resetsInMs: 60_000 });
  expect([isExhausted('b'), isExhausted('c')]).toEqual([false, false]);
  vi.advanceTimersByTime(60_000);
  expect(isExhausted('a')).toBe(false);
  expect(allowed(12)).toBe(10);
});

it('a refused request consumes one point of what is left, so that none is free', () => {
  const { consume, isExhausted } = instance(null);
  consume('a', 8);
  expect(consume('a', 3)).toMatchObject({ allowed: false, isFirstRefusal: true, consumed: 9 });
  expect(consume('a', 3)).toMatchObject({ allowed: false, isFirstRefusal: false, consumed: 10 });
  expect(isExhausted('a')).toBe(true);
  expect(consume('a', 3)).toMatchObject({ allowed: false, consumed: 10 });
});

it('instances learn of each other within a tenth of a second, with one call however much was consumed', async () => {
  const { shared, state } = store();
  const [one, other] = [instance(shared), instance(shared)];
  expect([one.allowed(6), other.allowed(6)]).toEqual([6, 6]);
  await vi.advanceTimersByTimeAsync(100);
  expect(state.calls).toBe(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(state.calls).toBe(2);
  expect([one.allowed(6), other.allowed(6)].reduce((sum, count) => sum + count)).toBeLessThanOrEqual(4);
});

it('while the store is unavailable each instance counts by itself, and the store gets it all afterwards', async () => {
  const { shared, state } = store();
  const errors: unknown[] = [];
  const one = instance(shared, (error) => errors.push(error));
  state.isAvailable = false;
  expect(one.allowed(4)).toBe(4);
  await vi.advanceTimersByTimeAsync(500);
  expect(one.allowed(12)).toBe(6);
  expect(errors.length).toBeGreaterThan(0);
  state.isAvailable = true;
  await vi.advanceTimersByTimeAsync(200);
  const other = instance(shared);
  expect(other.allowed(1)).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(other.allowed(1)).toBe(0);
});

it('a closed quota calls the store no more', async () => {
  const { shared, state } = store();
  const one = instance(shared);
  one.allowed(1);
  one.close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(state.calls).toBe(0);
});
