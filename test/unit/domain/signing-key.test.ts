import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRotationDue, type KeyInChain, keyStatuses, rotationTimes } from '../../../src/domain/signing-key.ts';

const key = (kid: string, signsFrom: number, more: Partial<KeyInChain> = {}): KeyInChain => ({
  ...{ kid, publishedAt: signsFrom - 10, signsFrom, predecessorUntil: signsFrom + 50, canSign: true, ...more },
});
const states = (successors: readonly KeyInChain[], now: number) =>
  Object.fromEntries(keyStatuses('root', successors, now).map(({ kid, state }) => [kid, state]));

describe('a chain of keys', () => {
  it('is its root alone before any rotation, which signs', () => {
    expect(keyStatuses('root', [], 0)).toEqual([{ kid: 'root', state: 'current', since: null, until: null }]);
  });

  it('J02, J03: a key is next, then current, then retired, then removed, each at its time', () => {
    const line = [key('a', 100), key('b', 200)];
    expect(states(line, 99)).toEqual({ root: 'current', a: 'next', b: 'next' });
    expect(states(line, 100)).toEqual({ root: 'retired', a: 'current', b: 'next' });
    expect(states(line, 150)).toEqual({ root: 'removed', a: 'current', b: 'next' });
    expect(states(line, 200)).toEqual({ root: 'removed', a: 'retired', b: 'current' });
    expect(states(line, 250)).toEqual({ root: 'removed', a: 'removed', b: 'current' });
  });

  it('has the bounds of each state', () => {
    expect(keyStatuses('root', [key('a', 100), key('b', 200)], 120)).toEqual([
      { kid: 'root', state: 'retired', since: 100, until: 150 },
      { kid: 'a', state: 'current', since: 100, until: 200 },
      { kid: 'b', state: 'next', since: 190, until: 200 },
    ]);
  });

  it('J03: a revoked key has ended on every clock, and its successor signs, whatever its time', () => {
    const line = [key('a', 100), key('b', 200, { predecessorUntil: 0 })];
    expect(states(line, 120)).toMatchObject({ a: 'removed', b: 'current' });
    expect(states([key('a', 100, { predecessorUntil: 0 })], 20)).toEqual({ root: 'removed', a: 'current' });
  });

  it('a key that cannot sign is replaced by a later one, else by an earlier one', () => {
    const gone = { canSign: false };
    expect(states([key('a', 100, gone), key('b', 200)], 120)).toMatchObject({ a: 'retired', b: 'current' });
    expect(states([key('a', 100, gone)], 120)).toEqual({ root: 'current', a: 'next' });
    expect(states([key('a', 100, gone)], 500)).toEqual({ root: 'current', a: 'next' });
  });

  it('has exactly one key that signs, at every time and whatever is missing', () => {
    const successors = fc
      .array(fc.record({ step: fc.nat(100), revoked: fc.boolean(), canSign: fc.boolean() }), { maxLength: 8 })
      .map((steps) => {
        let at = 0;
        return steps.map(({ step, revoked, canSign }, i) => {
          at += step + 1;
          return key(`k${i}`, at, { canSign, ...(revoked ? { predecessorUntil: 0 } : {}) });
        });
      });
    fc.assert(
      fc.property(successors, fc.nat(1_000), (line, now) => {
        const current = keyStatuses('root', line, now).filter(({ state }) => state === 'current');
        expect(current).toHaveLength(1);
      }),
    );
  });

  it('J04: a key that signed at some time verifies for the whole lifetime of that token, unless it is revoked', () => {
    const line = [100, 130, 160, 190, 220].map((at, i) => key(`k${i}`, at, { predecessorUntil: at + 40 }));
    for (let signedAt = 0; signedAt < 300; signedAt += 1) {
      const signer = keyStatuses('root', line, signedAt).find(({ state }) => state === 'current')?.kid ?? '';
      for (let age = 0; age < 40; age += 1) expect(states(line, signedAt + age)[signer]).not.toBe('removed');
    }
  });
});

describe('the times of a rotation', () => {
  const periods = [null, 2_000, 60_000, 86_400_000, 30 * 86_400_000];
  it.each(periods)(
    'J01, J02: with a period of %s ms a key is published for longer than verifiers may cache the keys',
    (periodMs) => {
      const { leadMs, maxAgeSeconds, pollIntervalMs: readEveryMs } = rotationTimes(periodMs, 10);
      expect(maxAgeSeconds * 1000).toBeLessThan(leadMs);
      expect(readEveryMs).toBeLessThan(leadMs);
      expect(leadMs).toBeLessThanOrEqual((periodMs ?? Number.POSITIVE_INFINITY) / 2);
    },
  );

  it('the successor of a root is due at once, that of every other key in time to be published before it signs', () => {
    const times = rotationTimes(86_400_000, 900);
    expect(isRotationDue(null, times, 1_000)).toBe(true);
    const newest = { signsFrom: 1_000_000 };
    const due = newest.signsFrom + 86_400_000 - times.leadMs;
    expect([isRotationDue(newest, times, due - 1), isRotationDue(newest, times, due)]).toEqual([false, true]);
    expect(isRotationDue(null, rotationTimes(null, 900), 1_000)).toBe(false);
  });
});
