import { describe, expect, it } from 'vitest';
import { createPasswordCheck, loadCommonPasswords } from '../../../src/crypto/common-passwords.ts';
import { createPasswordPolicy } from '../../../src/domain/password-policy.ts';
import { quickest } from '../../support/stopwatch.ts';

const ada = { email: 'ada.lovelace1815@engines.example.com', name: 'Ada Lovelace' };
const common = new Set(['password', 'correcthorsebatterystaple', 'sunshine']);
const policy = createPasswordPolicy({ isCommon: (text) => common.has(text) });
const short = createPasswordPolicy({ minLength: 8, isCommon: (text) => common.has(text) });
const reason = (password: string, by = policy) => by(password, ada)?.reason ?? 'accepted';

const rules: Record<string, Record<string, readonly string[]>> = {
  'P01: 14 characters are refused, 15 accepted': {
    PASSWORD_TOO_SHORT: ['', 'tr4verse-planx', 'abc'],
    accepted: ['tr4verse-planxy'],
  },
  'P02: long passwords are accepted up to 1024 bytes and refused beyond': {
    accepted: [64, 128, 1024].map((length) => varied(length)),
    PASSWORD_TOO_LONG: [varied(1025), '\u00e9'.repeat(513), 'x'.repeat(5_000_000)],
  },
  'P03: no kinds of characters are asked for': {
    accepted: [
      'quietly marching lemurs',
      'onlylowercaselettershere',
      'trailing space stays ',
      'with\0a\0nul\0in\0it',
      '84930172650918273',
    ],
  },
  'P04: length counts code points': {
    accepted: ['🦊🐢🌵🎷🚲🍉🪁🧊🎲🦉🪴🧵🥁🛶🪐'],
    PASSWORD_TOO_SHORT: ['🦊🐢🌵🎷🚲🍉🪁🧊🎲🦉🪴🧵🥁🛶'],
  },
  'P05: length counts the composed form': {
    PASSWORD_TOO_SHORT: ['e\u0301'.repeat(14)],
  },
  'a text that is not well-formed Unicode is refused': {
    PASSWORD_MALFORMED: ['lone surrogate \ud800 in it'],
  },
  'P07: a repeated part or a run is refused, whatever its length': {
    PASSWORD_REPETITIVE: [
      ...[
        'a'.repeat(15),
        '          '.repeat(3),
        'abcabcabcabcabc',
        'Abcd1234aBCD1234',
        'qwertyqwertyqwe',
        '🦊'.repeat(20),
      ],
      ...['123456789012345', '678901234567890123', '987654321098765', 'abcdefghijklmnop', 'ZYXWVUTSRQPONMLK'],
    ],
    accepted: ['secret blue 1 secret', 'correct horse staple correct horse staple'],
  },
  'P07: a common password is refused, in any case and with digits or punctuation around it': {
    PASSWORD_COMMON: [
      'correcthorsebatterystaple',
      'CorrectHorseBatteryStaple',
      '12correcthorsebatterystaple!',
      'password1234567!',
    ],
    accepted: ['password1234567891', 'correct horse battery stapler'],
  },
  'P08: the name of the product, the email and the name of the owner are refused, with simple variants': {
    PASSWORD_PERSONAL: [
      ...[
        'fieldgate-2026!!',
        'Fieldgate2026Fieldgate',
        'FIELDGATE 000001',
        'ada.lovelace1815',
        'Ada Lovelace 1815',
        'lovelace!lovelace',
      ],
      ...['ada.lovelace1815@engines.example.com', '1815-Lovelace-Ada', 'engines.example.com', 'adafieldgate!!!!'],
    ],
    accepted: ['lovelace likes tea', 'my fieldgate words', 'ada🦊🐢🌵🎷🚲🍉🪁🧊🎲🦉🪴🧵'],
  },
};

/** Text without repetition, of ASCII characters. */
function varied(length: number): string {
  return Array.from({ length }, (_, i) => String.fromCharCode(97 + ((i * i + (i >> 3)) % 26))).join('');
}

describe('the password policy', () => {
  for (const [rule, outcomes] of Object.entries(rules)) {
    it(rule, () => {
      for (const [expected, passwords] of Object.entries(outcomes)) {
        for (const password of passwords) {
          const shown = password.slice(0, 60);
          expect([shown, reason(password)]).toEqual([shown, expected]);
        }
      }
    });
  }

  it('P02: rejects a huge password in less than 20 ms', async () => {
    const huge = '\u0344'.repeat(20_000_000);
    expect(reason(huge)).toBe('PASSWORD_TOO_LONG');
    expect(await quickest(() => reason(huge))).toBeLessThan(20);
  });

  it('P01: accepts another minimum, but none below 8', () => {
    expect(reason('tr4verse', short)).toBe('accepted');
    expect(reason('tr4vers', short)).toBe('PASSWORD_TOO_SHORT');
    for (const minLength of [7, 0, -1, Number.NaN]) {
      expect(() => createPasswordPolicy({ minLength, isCommon: () => false })).toThrow(RangeError);
    }
  });

  it('P07: at 8 characters rejects short runs and decorated common words', () => {
    expect(reason('12345678', short)).toBe('PASSWORD_REPETITIVE');
    expect(reason('abababab', short)).toBe('PASSWORD_REPETITIVE');
    expect(reason('Sunshine1!', short)).toBe('PASSWORD_COMMON');
  });

  it('P08: ignores a name that is empty or shorter than three letters', () => {
    for (const owner of [
      { email: '', name: '' },
      { email: 'a@b.co', name: 'Bo' },
    ]) {
      expect(policy('a b 84930172650918', owner)).toBeNull();
    }
  });

  it('reveals nothing of the password in its message', () => {
    expect(policy('fieldgate-2026!!', ada)?.message).not.toContain('2026');
  });
});

describe('the list of common passwords', () => {
  it('P07: each of the 3 000 most common ones of 8 characters or more is rejected, in lower and upper case', async () => {
    const check = createPasswordCheck({ minLength: 8 });
    const legal = [...(await loadCommonPasswords())].filter((text) => text.length >= 8).slice(0, 3000);
    expect(legal).toHaveLength(3000);
    for (const password of legal) {
      expect([password, await check(password, ada)]).not.toEqual([password, null]);
      expect([password, await check(password.toUpperCase(), ada)]).not.toEqual([password, null]);
    }
  });

  it('P07: each entry of 15 characters or more is rejected at the default minimum', async () => {
    const check = createPasswordCheck();
    const legal = [...(await loadCommonPasswords())].filter((text) => text.length >= 15);
    expect(legal.length).toBeGreaterThan(30);
    for (const password of legal) expect([password, await check(password, ada)]).not.toEqual([password, null]);
    expect(await check('quietly marching lemurs', ada)).toBeNull();
  });

  it('is loaded once', async () => {
    expect(await loadCommonPasswords()).toBe(await loadCommonPasswords());
  });
});
