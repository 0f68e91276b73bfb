import { apiKeyId } from '@fieldgate/guard';
import { describe, expect, it } from 'vitest';
import { apiKeyPrefix, createApiKeyText, isSameDigest, parseApiKeyText } from '../../../src/crypto/api-key.ts';
import { tokenDigest } from '../../../src/domain/ids.ts';

const id = apiKeyId('01a203a4-54a1-7a58-b5ac-502bd5fe2193');
const scanner = /\bfg_[0-9a-f]{32}_[0-9A-Za-z]{49}\b/;

describe('an API key', () => {
  it('K03: contains its id, and a secret of 256 bits that differs each time', () => {
    const texts = Array.from({ length: 200 }, () => createApiKeyText(id).text);
    for (const text of texts) expect(text).toMatch(scanner);
    expect(texts[0]?.startsWith(`${apiKeyPrefix(id)}_`)).toBe(true);
    expect(new Set(texts).size).toBe(200);
    expect(43 * Math.log2(62)).toBeGreaterThan(256);
  });

  it('uses each letter of its alphabet equally often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 400; i += 1) {
      for (const letter of createApiKeyText(id).text.slice(36, 79)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    const expected = (400 * 43) / 62;
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(6 * Math.sqrt(expected));
  });

  it('is parsed as what was created', () => {
    const { text, digest } = createApiKeyText(id);
    expect(parseApiKeyText(text)).toEqual({ id, digest });
  });

  it('is rejected by its checksum with any one character mistyped, or two neighbours swapped', () => {
    const { text } = createApiKeyText(id);
    for (let i = 0; i < text.length; i += 1) {
      for (const letter of '0aZ_ ') {
        const typed = text.slice(0, i) + letter + text.slice(i + 1);
        if (typed !== text) expect(parseApiKeyText(typed), typed).toBeNull();
      }
      const exchanged =
        text.slice(0, i) +
        text
          .slice(i, i + 2)
          .split('')
          .reverse()
          .join('') +
        text.slice(i + 2);
      if (exchanged !== text) expect(parseApiKeyText(exchanged), exchanged).toBeNull();
    }
  });

  it.each(['', 'fg_', 'fgr_x', 'Bearer x', 'fg_01a2', '\0'])('%j is not one', (text) => {
    expect(parseApiKeyText(text)).toBeNull();
  });

  it('is rejected when it is truncated, longer, or has other letters', () => {
    const { text } = createApiKeyText(id);
    for (const other of [text.slice(0, -1), `${text}0`, ` ${text}`, `${text}\n`, text.toUpperCase()]) {
      expect(parseApiKeyText(other)).toBeNull();
    }
  });
});

describe('digests', () => {
  it('are equal only if they are the same, and a missing stored digest equals none', () => {
    const { digest } = createApiKeyText(id);
    expect(isSameDigest(digest, digest)).toBe(true);
    expect(isSameDigest(digest, createApiKeyText(id).digest)).toBe(false);
    expect(isSameDigest(digest, tokenDigest('x'))).toBe(false);
    expect(isSameDigest(digest, null)).toBe(false);
  });
});
