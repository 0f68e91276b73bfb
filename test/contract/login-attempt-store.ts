import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { digestOfEmail } from '../../src/crypto/email-digest.ts';
import { type LoginAttempts, noAttempts, reserveAttempt, settleAttempt } from '../../src/domain/login-attempts.ts';
import type { LoginAttemptStore } from '../../src/stores/ports/login-attempt-store.ts';
import type { Harness, TwoInstances } from './harness.ts';

export type LoginAttemptStoreHarness = Harness<TwoInstances<LoginAttemptStore>>;

const ada = digestOfEmail('ada@example.com');
const bob = digestOfEmail('bob@example.com');
const policy = { maxFailures: 5, lockMs: 900_000 };
const now = Date.UTC(2026, 0, 1);

export const loginAttemptStoreSuite = (harness: LoginAttemptStoreHarness): void => {
  let store: LoginAttemptStore;
  let other: LoginAttemptStore;

  beforeAll(harness.start);
  afterAll(harness.stop);
  beforeEach(async () => {
    ({ store, other } = await harness.open());
  });

  const put = (attempts: LoginAttempts, expiresAt = now + 1_000, email = ada) =>
    store.change(email, () => ({ outcome: null, record: { attempts, expiresAt } }));
  const full: LoginAttempts = {
    failedAt: [now, now + 1],
    pending: [{ id: 'a "try"', until: now + 30_000 }],
    lockedUntil: now + 900_000,
  };

  test('a record is found on every instance, and other emails have none', async () => {
    await put(full);
    expect(await other.find(ada)).toEqual(full);
    expect(await other.find(bob)).toEqual(noAttempts);
  });

  test('a change receives the current record and returns its outcome', async () => {
    await put(full);
    const seen = await other.change(ada, (before) => ({ outcome: before, record: null }));
    expect(seen).toEqual(full);
    expect(await store.change(bob, (before) => ({ outcome: before, record: null }))).toEqual(noAttempts);
  });

  test('an empty record is deleted', async () => {
    await put(full);
    await other.change(ada, () => ({ outcome: null, record: { attempts: noAttempts, expiresAt: now } }));
    expect(await store.find(ada)).toEqual(noAttempts);
    expect(await store.purgeExpired(10, Number.MAX_SAFE_INTEGER)).toBe(0);
  });

  test('simultaneous changes on two instances lose nothing', async () => {
    const add = (at: number) =>
      (at % 2 === 0 ? store : other).change(ada, (before) => ({
        outcome: null,
        record: { attempts: { ...before, failedAt: [...before.failedAt, at].sort() }, expiresAt: now },
      }));
    const times = Array.from({ length: 40 }, (_, i) => 1_000 + i);
    await Promise.all(times.map(add));
    expect((await store.find(ada)).failedAt).toEqual(times);
  });

  test('P14: simultaneous attempts on two instances reserve no more places than may fail, and none is locked', async () => {
    const reserve = (n: number) =>
      (n % 2 === 0 ? store : other).change(ada, (before) => {
        const outcome = reserveAttempt(before, { id: `${n}`, now }, policy);
        const record = outcome.kind === 'reserved' ? { attempts: outcome.after, expiresAt: now + 1 } : null;
        return { outcome: outcome.kind, record };
      });
    const outcomes = await Promise.all(Array.from({ length: 64 }, (_, n) => reserve(n)));
    expect(outcomes.filter((kind) => kind === 'reserved')).toHaveLength(5);
    expect(outcomes.filter((kind) => kind === 'full')).toHaveLength(59);
  });

  test('P14: exactly one of several simultaneous failures locks', async () => {
    await put({ ...noAttempts, pending: [1, 2, 3, 4, 5].map((id) => ({ id: `${id}`, until: now + 30_000 })) });
    const fail = (n: number) =>
      (n % 2 === 0 ? store : other).change(ada, (before) => {
        const { after, locks } = settleAttempt(before, { id: `${n}`, now, outcome: 'wrong' }, policy);
        return { outcome: locks, record: { attempts: after, expiresAt: now + policy.lockMs } };
      });
    expect((await Promise.all([1, 2, 3, 4, 5].map(fail))).filter(Boolean)).toHaveLength(1);
    expect(await store.find(ada)).toEqual({ ...noAttempts, lockedUntil: now + policy.lockMs });
  });

  test('a purge removes expired records alone, up to its limit', async () => {
    const emails = ['a@x.example', 'b@x.example', 'c@x.example'].map(digestOfEmail);
    for (const [index, email] of emails.entries()) await put(full, now + index, email);
    await put(full, now + 10);
    expect(await store.purgeExpired(2, now + 2)).toBe(2);
    expect(await other.purgeExpired(2, now + 2)).toBe(1);
    expect(await store.find(ada)).toEqual(full);
  });

  test('a change that throws changes nothing', async () => {
    await put(full);
    const fail = () => {
      throw new Error('no');
    };
    await expect(store.change(ada, fail)).rejects.toThrow('no');
    expect(await store.find(ada)).toEqual(full);
  });
};
