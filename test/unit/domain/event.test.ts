import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymousActor, loggable, toEvent } from '../../../src/domain/event.ts';

describe('L04: untrusted text in an event', () => {
  it.each([
    ['a line break', 'a\r\n{"event":"user.login_succeeded"}'],
    ['an escape sequence', '\u001b[2J\u001b]0;owned\u0007'],
    ['a line separator', 'a\u2028b\u2029c\u0085d'],
    ['half a character', 'a\ud83d b\ude00'],
    ['text that is turned around', 'a\u202egnp.exe'],
    ['a NUL', 'a\0b'],
    ['a megabyte', '\u{1f600}'.repeat(500_000)],
  ])('%s stays on one line, well formed and short', (_what, text) => {
    const clean = loggable(text);
    expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(clean.isWellFormed()).toBe(true);
    expect(clean.length).toBeLessThanOrEqual(256);
  });

  it('any text stays on one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const client = { ip: text, userAgent: text };
        const event = toEvent(
          { type: 'api_key.created', actor: anonymousActor(client), metadata: { name: text } },
          'id',
          0,
        );
        const line = JSON.stringify(event);
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(line.length).toBeLessThan(4 * 600);
      }),
    );
  });

  it('ordinary text of any script stays as it is', () => {
    for (const text of ['Mozilla/5.0 (X11; Linux x86_64)', 'Grüße, 世界 😀', '2001:db8::1'])
      expect(loggable(text)).toBe(text);
  });
});
