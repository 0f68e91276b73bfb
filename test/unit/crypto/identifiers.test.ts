import { describe, expect, it } from 'vitest';
import { createId, createOrderedIds, createRequestId, formatUuid, uuidBytes } from '../../../src/crypto/identifiers.ts';
import { isUuid } from '../../../src/domain/ids.ts';

describe('an identifier', () => {
  it('is a UUID of version 7 with the time in its first 48 bits', () => {
    const id = createId(0x0190_1234_5678);
    expect(id).toMatch(/^01901234-5678-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(isUuid(id)).toBe(true);
  });

  it('sorts after one of an earlier millisecond', () => {
    const ids = [1_800_000_000_000, 1_800_000_000_001, 1_800_000_001_000, 2_800_000_000_000].map(createId);
    expect(ids.toSorted()).toEqual(ids);
  });

  it('is never the same twice within one millisecond', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => createId(1_800_000_000_000))).size).toBe(10_000);
    expect(createRequestId()).not.toBe(createRequestId());
  });

  it('that is ordered sorts after every earlier one, also within a millisecond and when the clock goes backwards', () => {
    const createOrdered = createOrderedIds();
    const times = [...Array<number>(10_000).fill(1_800_000_000_000), 1_800_000_000_001, 1_700_000_000_000];
    const ids = times.map(createOrdered);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every(isUuid)).toBe(true);
    expect(ids[0]?.[14]).toBe('7');
  });

  it('converts to bytes and back', () => {
    const id = createId(1_800_000_000_000);
    expect(formatUuid(uuidBytes(id))).toBe(id);
  });
});
