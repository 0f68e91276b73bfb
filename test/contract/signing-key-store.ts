import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SigningKeyRecord } from '../../src/domain/signing-key.ts';
import type { SigningKeyStore } from '../../src/stores/ports/signing-key-store.ts';
import type { Harness, TwoInstances } from './harness.ts';

export type SigningKeyStoreHarness = Harness<TwoInstances<SigningKeyStore>>;

const root = 'root';
const successorOf = (succeeds: string, more: Partial<SigningKeyRecord> = {}): SigningKeyRecord => ({
  ...{ kid: randomUUID(), root, succeeds, publishedAt: 1_000, signsFrom: 2_000, predecessorUntil: 3_000 },
  ...{ sealedPublic: 'p', sealedPrivate: 's', ...more },
});

export const signingKeyStoreSuite = (harness: SigningKeyStoreHarness): void => {
  let store: SigningKeyStore;
  let other: SigningKeyStore;

  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    ({ store, other } = await harness.open());
  });

  const kids = async () => (await store.list()).map(({ kid }) => kid);
  const published = async (key: SigningKeyRecord) => {
    expect(await store.publish(key)).toBe(true);
    return key;
  };

  test('a key is stored as it was published and found on every instance', async () => {
    expect(await store.list()).toEqual([]);
    const key = await published(successorOf(root, { sealedPrivate: null }));
    expect(await other.list()).toEqual([key]);
  });

  test('keys are listed in the order in which they sign', async () => {
    const first = await published(successorOf(root, { signsFrom: 1 }));
    const third = await published(successorOf('x', { signsFrom: 3 }));
    const second = await published(successorOf(first.kid, { signsFrom: 2 }));
    expect(await other.list()).toEqual([first, second, third]);
  });

  test('one of several simultaneous successors of a key is published', async () => {
    const candidates = Array.from({ length: 10 }, () => successorOf(root));
    const outcomes = await Promise.all(candidates.map((key, i) => (i % 2 ? store : other).publish(key)));
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(await store.list()).toEqual([candidates[outcomes.indexOf(true)]]);
  });

  test('a replaced key has ended, and its successor signs at once', async () => {
    const successor = successorOf(root, { predecessorUntil: 0 });
    await store.replace(successor);
    expect(await other.list()).toEqual([successor]);
  });

  test('replacing a key keeps an existing successor, which signs no later, and ends the predecessor', async () => {
    const next = await published(successorOf(root, { signsFrom: 2_000 }));
    await other.replace(successorOf(root, { signsFrom: 1_500, predecessorUntil: 0 }));
    expect(await store.list()).toEqual([{ ...next, signsFrom: 1_500, predecessorUntil: 0 }]);
    await other.replace(successorOf(root, { signsFrom: 1_700, predecessorUntil: 0 }));
    expect(await store.list()).toEqual([{ ...next, signsFrom: 1_500, predecessorUntil: 0 }]);
  });

  test('simultaneous rotations and replacements leave one successor of a key that has ended', async () => {
    const now = { signsFrom: 1_000, predecessorUntil: 0 };
    await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        i % 2 ? store.publish(successorOf(root)) : other.replace(successorOf(root, now)),
      ),
    );
    expect(await store.list()).toMatchObject([now]);
  });

  test('only a key that does not sign yet can be withdrawn, and no successor of a revoked one', async () => {
    const next = await published(successorOf(root, { signsFrom: 2_000 }));
    expect(await store.withdraw(next.kid, 2_000)).toBe(false);
    expect(await other.withdraw(next.kid, 1_999)).toBe(true);
    expect(await store.withdraw(next.kid, 1_999)).toBe(false);
    expect(await kids()).toEqual([]);
    const only = successorOf(root, { signsFrom: 2_000, predecessorUntil: 0 });
    await store.replace(only);
    expect(await store.withdraw(only.kid, 1_999)).toBe(false);
  });

  test('private keys are erased once their successor has signed for longer than clocks differ', async () => {
    const predecessorUntil = 900_000;
    const first = await published(successorOf(root, { signsFrom: 1, predecessorUntil }));
    const second = await published(successorOf(first.kid, { signsFrom: 2_000, predecessorUntil }));
    expect(await store.purgeExpired(10, 2_000 + 65_000)).toBe(0);
    expect(await other.purgeExpired(10, 2_001 + 65_000)).toBe(1);
    expect(await other.purgeExpired(10, 9_000 + 65_000)).toBe(0);
    expect(await store.list()).toEqual([{ ...first, sealedPrivate: null }, second]);
  });

  test('a purge removes keys that have ended, but never the last of a chain', async () => {
    const first = await published(successorOf(root, { signsFrom: 1, predecessorUntil: 10 }));
    const second = await published(successorOf(first.kid, { signsFrom: 2, predecessorUntil: 20 }));
    const third = await published(successorOf(second.kid, { signsFrom: 3, predecessorUntil: 30 }));
    expect(await store.purgeExpired(10, 19)).toBe(0);
    expect(await other.purgeExpired(10, 20)).toBe(1);
    expect(await kids()).toEqual([second.kid, third.kid]);
    expect(await store.purgeExpired(10, 99)).toBe(1);
    expect(await kids()).toEqual([third.kid]);
  });

  test('a revoked key is kept for as long as the one before it verifies', async () => {
    const first = await published(successorOf(root, { signsFrom: 1, predecessorUntil: 10 }));
    const second = await published(successorOf(first.kid, { signsFrom: 2, predecessorUntil: 50 }));
    await store.replace(successorOf(second.kid, { signsFrom: 3, predecessorUntil: 0 }));
    expect(await store.purgeExpired(10, 49)).toBe(0);
    expect(await store.purgeExpired(10, 50)).toBe(2);
  });

  test('a purge removes no more keys than its limit, oldest first', async () => {
    const first = await published(successorOf(root, { signsFrom: 1, predecessorUntil: 10 }));
    const second = await published(successorOf(first.kid, { signsFrom: 2, predecessorUntil: 20 }));
    const third = await published(successorOf(second.kid, { signsFrom: 3, predecessorUntil: 30 }));
    expect(await store.purgeExpired(1, 99)).toBe(1);
    expect(await kids()).toEqual([second.kid, third.kid]);
  });
};
