import { describe, expect, it } from 'vitest';
import { explainAccessToken } from '../../../src/cli/explain/access-token.ts';
import { escapeTerminal, quote } from '../../../src/cli/output/escape-terminal.ts';
import { describeTime, formatDistance, formatDuration } from '../../../src/cli/output/format-time.ts';
import { formatTable } from '../../../src/cli/output/table.ts';
import type { AccessTokenFault } from '../../../src/services/token-inspection.ts';

const second = 1000;
const [minute, hour, day] = [60 * second, 3600 * second, 86_400 * second];
const now = Date.UTC(2026, 10, 22, 12);

describe('formatted times', () => {
  it.each([
    [999, 'less than a second'],
    [second, '1 second'],
    [90 * second, '1 minute 30 seconds'],
    [hour, '1 hour'],
    [hour + 5 * second, '1 hour'],
    [2 * day + 3 * hour + 4 * minute, '2 days 3 hours'],
  ])('%i ms are %s', (ms, words) => {
    expect(formatDuration(ms)).toBe(words);
  });

  it('say whether they are in the past or in the future', () => {
    expect(formatDistance(now + minute, now)).toBe('in 1 minute');
    expect(formatDistance(now - minute, now)).toBe('1 minute ago');
    expect(formatDistance(now - 500, now)).toBe('now');
    expect(describeTime(now - day, now)).toBe('1 day ago (2026-11-21T12:00:00.000Z)');
  });

  it('survive numbers beyond every calendar', () => {
    expect(describeTime(1e30, now)).toContain('1e+30');
  });
});

describe('text that others wrote, on a terminal', () => {
  it('moves no cursor, breaks no line and turns no reading direction', () => {
    expect(escapeTerminal('a\u001b[2Jb\nc\u202ed\u009be\u{e0041}')).toBe(
      'a\\u{1b}[2Jb\\u{a}c\\u{202e}d\\u{9b}e\\u{e0041}',
    );
    expect(escapeTerminal('Zoë 🌳 李')).toBe('Zoë 🌳 李');
  });

  it('is cut where it would fill the screen', () => {
    expect(quote('x'.repeat(10_000)).length).toBeLessThan(130);
  });

  it('keeps its column in a table, also where characters are wide', () => {
    const [head = '', wide = '', narrow = ''] = formatTable(
      ['NAME', 'NEXT'],
      [
        ['李李', 'x'],
        ['abcd', 'y'],
      ],
      false,
    ).split('\n');
    expect(head).toBe('NAME  NEXT');
    expect(wide).toBe('李李  x');
    expect(narrow).toBe('abcd  y');
  });
});

describe('the explanation of an access token', () => {
  const expected = {
    issuer: 'https://api.example',
    audience: 'https://api.example',
    keys: [{ kid: 'k', algorithm: 'ES256' }],
  };
  const good = {
    sub: 'u',
    sid: 's',
    jti: 'j',
    client_id: 'c',
    role: 'USER',
    scope: '',
    iat: now / second,
    exp: now / second + 900,
  };
  const failed = (fault: AccessTokenFault, payload: Record<string, unknown> = good) => {
    const decoded = { header: { alg: 'ES256', kid: 'k', typ: 'at+jwt' }, payload };
    const report = {
      kind: 'access',
      rejection: 'TOKEN_INVALID',
      fault,
      decoded,
      stored: null,
      service: null,
    } as const;
    return explainAccessToken(report, expected, now).find(({ outcome }) => outcome === 'failed');
  };

  it('names the claims that are missing', () => {
    const { sid, jti, ...rest } = good;
    expect(failed('unexpected claims', rest)).toMatchObject({ check: 'claims', detail: 'without sid, jti' });
    expect(failed('unexpected claims', { ...good, exp: 'soon' })?.detail).toContain('of the wrong type');
  });

  it('distinguishes a lifetime that is too long from one that ends before it begins', () => {
    expect(failed('unexpected lifetime', { ...good, exp: good.iat + 864_000 })?.detail).toContain(
      '10 days, longer than',
    );
    expect(failed('unexpected lifetime', { ...good, exp: good.iat })?.detail).toBe('it ends before it begins');
  });

  it('says when a token becomes valid, by iat or nbf', () => {
    expect(failed('not valid yet', { ...good, nbf: good.iat + 3600 })).toMatchObject({
      check: 'start',
      detail: expect.stringContaining('in 1 hour'),
    });
  });

  it('shows values of a token as JSON without control characters', () => {
    expect(failed('unexpected issuer', { ...good, iss: 'evil\u009b2J' })?.detail).toBe(
      'iss is "evil\\u{9b}2J", but ISSUER is "https://api.example"',
    );
  });
});
