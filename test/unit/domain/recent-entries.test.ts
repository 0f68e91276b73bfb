import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRecentEntries } from '../../../src/domain/recent-entries.ts';

describe('recent entries', () => {
  it('return what was set last, or nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.array(fc.integer({ min: 0, max: 40 })), (capacity, uses) => {
        const entries = createRecentEntries<number>(capacity);
        for (const use of uses) {
          const known = entries.get(`${use}`);
          expect(known === undefined || known === use).toBe(true);
          entries.set(`${use}`, use);
          expect(entries.get(`${use}`)).toBe(use);
        }
      }),
    );
  });

  it('never hold more than their capacity', () => {
    const entries = createRecentEntries<number>(10);
    for (let i = 0; i < 1000; i++) entries.set(`${i}`, i);
    const held = Array.from({ length: 1000 }, (_, i) => 999 - i).filter((i) => entries.get(`${i}`) !== undefined);
    expect(held.length).toBeLessThanOrEqual(10);
    expect(held[0]).toBe(999);
  });

  it('keep what is used and drop what is not', () => {
    const entries = createRecentEntries<number>(4);
    entries.set('used', 1);
    for (let i = 0; i < 20; i++) {
      entries.set(`${i}`, i);
      expect(entries.get('used')).toBe(1);
    }
    expect(entries.get('0')).toBeUndefined();
  });

  it('are gone when cleared', () => {
    const entries = createRecentEntries<number>(4);
    entries.set('a', 1);
    entries.clear();
    expect(entries.get('a')).toBeUndefined();
  });
});
