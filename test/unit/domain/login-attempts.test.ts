import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activeLock,
  expiryOf,
  isEmpty,
  type LoginAttempts,
  noAttempts,
  reserveAttempt,
  settleAttempt,
} from '../../../src/domain/login-attempts.ts';

const minute = 60_000;
const policy = { maxFailures: 5, lockMs: 15 * minute };

let serial = 0;
/** One try from its place to its outcome; the record after it, or what it was told instead. */
const tryOnce = (before: LoginAttempts, now: number, outcome: 'right' | 'wrong' | 'undecided') => {
  const id = `${++serial}`;
  const reservation = reserveAttempt(before, { id, now }, policy);
  if (reservation.kind !== 'reserved') return { kind: reservation.kind, after: before };
  const settled = settleAttempt(reservation.after, { id, now, outcome }, policy);
  return { kind: settled.locks ? ('locks' as const) : ('counted' as const), after: settled.after };
};
const failAt = (minutes: readonly number[], start: LoginAttempts = noAttempts) =>
  minutes.reduce<{ after: LoginAttempts; kinds: readonly string[] }>(
    ({ after, kinds }, at) => {
      const next = tryOnce(after, at * minute, 'wrong');
      return { after: next.after, kinds: [...kinds, next.kind] };
    },
    { after: start, kinds: [] },
  );

describe('five failures within fifteen minutes', () => {
  it('lock for fifteen minutes from the fifth', () => {
    const { after, kinds } = failAt([0, 1, 2, 3, 14]);
    expect(kinds).toEqual(['counted', 'counted', 'counted', 'counted', 'locks']);
    expect(activeLock(after, 29 * minute - 1)).toBe(29 * minute);
    expect(activeLock(after, 29 * minute)).toBeNull();
    expect(expiryOf(after, policy)).toBe(29 * minute);
  });

  it('are any five, not five since the first: older ones drop out one by one', () => {
    expect(failAt([0, 10, 11, 12, 15]).kinds.at(-1)).toBe('counted');
    expect(failAt([0, 10, 11, 12, 15, 16]).kinds.at(-1)).toBe('locks');
  });

  it('never add up with one attempt every four minutes', () => {
    expect(new Set(failAt(Array.from({ length: 100 }, (_, i) => 4 * i)).kinds)).toEqual(new Set(['counted']));
  });
});

describe('a lock', () => {
  const locked = failAt([0, 0, 0, 0, 0]).after;

  it('F24: is not prolonged by attempts, and all five places are free when it ends', () => {
    let attempts = locked;
    for (let at = 0; at < 15 * minute; at += 1_000) {
      const { kind, after } = tryOnce(attempts, at, 'wrong');
      expect(kind).toBe('locked');
      attempts = after;
    }
    expect(attempts).toEqual(locked);
    expect(failAt([15, 15, 15, 15], attempts).kinds).toEqual(['counted', 'counted', 'counted', 'counted']);
    expect(tryOnce(attempts, 15 * minute, 'right').after).toEqual(noAttempts);
  });

  it('is neither prolonged nor ended by an attempt that was pending when it began', () => {
    for (const outcome of ['wrong', 'right', 'undecided'] as const) {
      const late = settleAttempt(locked, { id: 'late', now: minute, outcome }, policy);
      expect([late.after.lockedUntil, late.locks]).toEqual([locked.lockedUntil, false]);
    }
  });
});

describe('an attempt', () => {
  it('that is right clears the failures before it', () => {
    const { after } = failAt([0, 0, 0, 0]);
    expect(isEmpty(tryOnce(after, minute, 'right').after)).toBe(true);
  });

  it('that was not checked does not count', () => {
    const { after } = failAt([0, 0, 0, 0]);
    expect(tryOnce(after, minute, 'undecided').after).toEqual(after);
  });

  it('F24: whose process died gives its place back', () => {
    let attempts = noAttempts;
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      const reservation = reserveAttempt(attempts, { id, now: 0 }, policy);
      if (reservation.kind === 'reserved') attempts = reservation.after;
    }
    expect(reserveAttempt(attempts, { id: 'f', now: 29_999 }, policy).kind).toBe('full');
    expect(reserveAttempt(attempts, { id: 'f', now: 30_000 }, policy).kind).toBe('reserved');
    expect(expiryOf(attempts, policy)).toBeGreaterThanOrEqual(30_000);
  });
});

it('P14: however attempts overlap, at most five wrong ones are checked in fifteen minutes between two right ones', () => {
  const moves = fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 5 * minute }),
      settle: fc.boolean(),
      pick: fc.nat(4),
      right: fc.boolean(),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(moves, (steps) => {
      let attempts = noAttempts;
      let now = 1;
      let id = 0;
      const pending: { id: string; at: number }[] = [];
      let wrong: number[] = [];
      for (const { wait, settle, pick, right } of steps) {
        now += wait % 20_000;
        if (settle && pending.length > 0) {
          const [one] = pending.splice(pick % pending.length, 1);
          if (!one || now >= one.at + 30_000) continue;
          attempts = settleAttempt(attempts, { id: one.id, now, outcome: right ? 'right' : 'wrong' }, policy).after;
          wrong = right ? [] : [...wrong, now];
        } else {
          const reservation = reserveAttempt(attempts, { id: `${++id}`, now }, policy);
          if (reservation.kind === 'reserved') {
            attempts = reservation.after;
            pending.push({ id: `${id}`, at: now });
          }
        }
        expect(wrong.filter((at) => now < at + policy.lockMs).length).toBeLessThanOrEqual(5);
      }
    }),
  );
});
