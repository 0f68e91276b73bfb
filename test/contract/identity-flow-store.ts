import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { tokenDigest } from '../../src/domain/ids.ts';
import type { IdentityFlowStore, LoginCode } from '../../src/stores/ports/identity-flow-store.ts';
import type { Harness, TwoInstances } from './harness.ts';

export type IdentityFlowStoreHarness = Harness<TwoInstances<IdentityFlowStore>>;

export const identityFlowStoreSuite = (harness: IdentityFlowStoreHarness): void => {
  let store: IdentityFlowStore;
  let other: IdentityFlowStore;
  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    ({ store, other } = await harness.open());
  });

  const newCode = (more: Partial<LoginCode['identity']> = {}): LoginCode => ({
    digest: tokenDigest(randomUUID()),
    challenge: 'challenge',
    identity: {
      ...{ provider: 'acme', issuer: 'https://id.example.com', subject: '7', name: 'Ада 🦉' },
      ...{ email: 'ada@example.com', emailVerified: true, ...more },
    },
    expiresAt: 60_000,
  });
  const atOnce = <T>(call: (store: IdentityFlowStore) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: 20 }, (_, index) => call(index % 2 === 0 ? store : other)));

  test('F26: one of 20 simultaneous uses of a state succeeds, and no later one', async () => {
    const outcomes = await atOnce((instance) => instance.spendState('state', 60_000));
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(await store.spendState('state', 60_000)).toBe(false);
    expect(await store.spendState('State', 60_000)).toBe(true);
  });

  test('F26: one of 20 simultaneous uses of a code gets its identity', async () => {
    const code = newCode();
    await store.putCode(code);
    const outcomes = await atOnce((instance) => instance.takeCode(code.digest, 1_000));
    expect(outcomes.filter((outcome) => outcome !== null)).toEqual([code]);
    expect(await store.takeCode(code.digest, 1_000)).toBeNull();
  });

  test('a code without an email is returned unchanged, on every instance', async () => {
    const code = newCode({ email: null, emailVerified: false, name: '' });
    await store.putCode(code);
    expect(await other.takeCode(code.digest, 1_000)).toEqual(code);
  });

  test('an expired or unknown code returns null', async () => {
    const code = newCode();
    await store.putCode(code);
    expect(await store.takeCode(tokenDigest(randomUUID()), 1_000)).toBeNull();
    expect(await store.takeCode(code.digest, 60_000)).toBeNull();
    expect(await store.takeCode(code.digest, 1_000)).toBeNull();
  });

  test('a purge removes expired codes and states alone, up to its limit', async () => {
    const [old, live] = [newCode(), { ...newCode(), expiresAt: 90_000 }];
    for (const code of [old, newCode(), live]) await store.putCode(code);
    for (const state of ['a', 'b', 'c']) await store.spendState(state, 50_000);
    await store.spendState('live', 90_000);
    expect(await store.purgeExpired(2, 60_000)).toBe(4);
    expect(await other.purgeExpired(2, 60_000)).toBe(1);
    expect(await store.purgeExpired(2, 60_000)).toBe(0);
    expect(await store.spendState('live', 90_000)).toBe(false);
    expect(await store.takeCode(live.digest, 60_000)).toEqual(live);
  });
};
