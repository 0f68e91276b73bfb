import { basic, userId } from '@fieldgate/guard';
import { describe, expect, it } from 'vitest';

const asked: (readonly [string, string])[] = [];
const authenticator = basic({
  verify: (username, password) => {
    asked.push([username, password]);
    return password === 'wrong' ? null : { userId: userId('ada'), role: 'USER', scopes: ['*'] };
  },
});
const ask = (value: string) => {
  asked.length = 0;
  return authenticator({ header: (name) => (name === 'authorization' ? value : null) });
};
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const rejected = { kind: 'rejected', reason: 'TOKEN_INVALID', challenge: 'Basic realm="graphql", charset="UTF-8"' };

describe('Authorization: Basic', () => {
  it.each([
    ['ada@example.com:secret', ['ada@example.com', 'secret']],
    ['ada@example.com:a:b::c', ['ada@example.com', 'a:b::c']],
    ['ada@example.com:', ['ada@example.com', '']],
    ['jörg@example.com:päßword 🦊', ['jörg@example.com', 'päßword 🦊']],
    ['\u{feff}ada:x', ['\u{feff}ada', 'x']],
    ['a:>>>???', ['a', '>>>???']],
  ])('P23: reads %j in UTF-8, up to the first colon', (pair, parts) => {
    expect(ask(`Basic ${base64(pair)}`)).toMatchObject({ kind: 'accepted', viewer: { via: 'basic', sessionId: null } });
    expect(asked).toEqual([parts]);
  });

  it.each(['basic', 'BASIC', 'bAsIc'])('accepts the scheme as %s', (scheme) => {
    expect(ask(`${scheme} ${base64('ada:x')}`)).toMatchObject({ kind: 'accepted' });
  });

  it.each([
    ['no colon', base64('ada')],
    ['NUL', base64('ada:a\0b')],
    ['a line break', base64('ada:a\nb')],
    ['a DEL', base64('ada:\x7f')],
    ['no padding', base64('ada:x').replaceAll('=', '')],
    ['too much padding', `${base64('ada:xy')}=`],
    ['spare bits', 'YWRhOnh5eh=='],
    ['the alphabet of URLs', base64('a:>>>???').replaceAll('+', '-').replaceAll('/', '_')],
    ['white space inside', `YWRh OnNlY3JldA==`],
    ['bytes that are not UTF-8', base64(new Uint8Array([0x61, 0x3a, 0xff, 0xfe]))],
    ['an overlong form', base64(new Uint8Array([0x61, 0x3a, 0xc0, 0x80]))],
    ['more than 2048 characters', base64(`ada:${'x'.repeat(3000)}`)],
    ['nothing', ''],
  ])('P23: %s is rejected with a Basic challenge, without calling verify', (_what, value) => {
    expect(ask(`Basic ${value}`)).toEqual(rejected);
    expect(asked).toEqual([]);
  });

  it('P23: a wrong pair is rejected with the same challenge', () => {
    expect(ask(`Basic ${base64('ada:wrong')}`)).toEqual(rejected);
  });

  it('does not read Bearer, and two credentials in one header are ambiguous', () => {
    expect(ask('Bearer x')).toEqual({ kind: 'absent' });
    expect(ask('')).toEqual({ kind: 'absent' });
    expect(ask(`Basic ${base64('ada:x')}, Basic ${base64('eve:x')}`)).toEqual({ kind: 'ambiguous' });
  });
});
