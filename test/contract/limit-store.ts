import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { LimitStore } from '../../src/stores/ports/limit-store.ts';
import type { Harness, TwoInstances } from './harness.ts';

export type LimitStoreHarness = Harness<TwoInstances<LimitStore>> & {
  /** Lets time pass for the store. */
  readonly advance: (ms: number) => Promise<void>;
  readonly windowMs: number;
};

export const limitStoreSuite = (harness: LimitStoreHarness): void => {
  const { windowMs } = harness;
  let store: LimitStore;
  let other: LimitStore;
  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    ({ store, other } = await harness.open());
  });

  const add = async (to: LimitStore, key: string, points = 1) => {
    const [count] = await to.add([{ key, points, windowMs }]);
    if (!count) throw new Error('nothing was counted');
    return count;
  };

  test('a counter starts with the first addition and holds the sum of all instances', async () => {
    expect((await add(store, 'a', 2)).consumed).toBe(2);
    const { consumed, resetsInMs } = await add(other, 'a', 3);
    expect(consumed).toBe(5);
    expect(resetsInMs).toBeGreaterThan(0);
    expect(resetsInMs).toBeLessThanOrEqual(windowMs);
    expect((await add(store, 'b')).consumed).toBe(1);
  });

  test('F24: 100 simultaneous additions are counted exactly, and each sees another sum', async () => {
    const counts = await Promise.all(
      Array.from({ length: 100 }, (_, index) => add(index % 2 === 0 ? store : other, 'a')),
    );
    const sums = counts.map(({ consumed }) => consumed).sort((one, another) => one - another);
    expect(sums).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });

  test('a counter ends one window after its start, whatever was added meanwhile', async () => {
    await add(store, 'a');
    await harness.advance(windowMs / 2);
    await add(store, 'a', 10);
    await harness.advance(windowMs / 2 + 1);
    expect((await add(store, 'a')).consumed).toBe(1);
  });

  test('several counters are added to in one call and returned in the order of the call', async () => {
    const additions = ['c', 'a', 'b'].map((key, index) => ({ key, points: index + 1, windowMs }));
    const rounds = await Promise.all([store.add(additions), other.add([...additions].reverse())]);
    expect(rounds.flat()).toHaveLength(6);
    expect((await store.add(additions)).map(({ consumed }) => consumed)).toEqual([3, 6, 9]);
    expect(await store.add([])).toEqual([]);
  });

  test('simultaneous additions in different orders do not deadlock', async () => {
    const additions = Array.from({ length: 50 }, (_, index) => ({ key: `k${index}`, points: 1, windowMs }));
    const rounds = Array.from({ length: 20 }, (_, round) =>
      round % 2 === 0 ? store.add(additions) : other.add(additions.toReversed()),
    );
    await Promise.all(rounds);
    expect((await store.add(additions)).map(({ consumed }) => consumed)).toEqual(additions.map(() => 21));
  });

  test('a purge removes expired counters', async () => {
    await add(store, 'a');
    await harness.advance(windowMs + 1);
    await add(store, 'b');
    await store.purgeExpired(10, Date.now());
    expect(await store.purgeExpired(10, Date.now())).toBe(0);
    expect((await add(store, 'b')).consumed).toBe(2);
  });
};
