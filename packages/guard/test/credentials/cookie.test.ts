import { type BearerVerification, type CookieOptions, cookie, sessionId, userId } from '@fieldgate/guard';
import { describe, expect, it } from 'vitest';

const name = '__Host-access';
const claims = { userId: userId('ada'), sessionId: sessionId('s1'), role: 'USER', scopes: ['*'], expiresAt: 900 };
const accepted = {
  kind: 'accepted',
  viewer: { kind: 'account', id: 'ada', role: 'USER', scopes: ['*'], sessionId: 's1', via: 'cookie', expiresAt: 900 },
};
const absent = { kind: 'absent' };
const rejected = (reason: string) => ({ kind: 'rejected', reason });

const verified: string[] = [];
const verify = (token: string): BearerVerification => {
  verified.push(token);
  if (token === 'good') return { kind: 'valid', claims };
  return { kind: 'invalid', reason: token === 'old' ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID' };
};

const ask = (headers: Readonly<Record<string, string>>, options: Partial<CookieOptions> = {}) => {
  verified.length = 0;
  const authenticator = cookie({ name, verify, mayUseCookies: () => true, ...options });
  return authenticator({ header: (header) => headers[header] ?? null });
};

describe('an access token in a cookie', () => {
  it.each([
    ['', absent],
    ['__Host-access=', absent],
    ['__Host-access', absent],
    ['__Host-access=good', accepted],
    ['a=b; __Host-access=good; c=d', accepted],
    ['a=b;__Host-access=good', accepted],
    ['a=b; \t __Host-access=good', accepted],
    ['__Host-access=old', rejected('TOKEN_EXPIRED')],
    ['__Host-access=bad', rejected('TOKEN_INVALID')],
    ['__Host-access="good"', rejected('TOKEN_INVALID')],
    ['__Host-access=go%6fd', rejected('TOKEN_INVALID')],
    ['__Host-access==good', rejected('TOKEN_INVALID')],
    ['__Host-access=good=', rejected('TOKEN_INVALID')],
  ])('%j is %j', (header, expected) => {
    expect(ask({ cookie: header })).toEqual(expected);
  });

  it.each([
    'access=good',
    '__host-access=good',
    '__Host-access2=good',
    'x__Host-access=good',
    'a=__Host-access=good',
    '$Version=1, __Host-access=good',
    '\u00a0__Host-access=good',
    '\u2000__Host-access=good',
    '\u0085__Host-access=good',
    '\ufeff__Host-access=good',
    '\v__Host-access=good',
  ])('Z14: %j is a cookie of another name, to which browsers do not apply the prefix rules', (header) => {
    expect(ask({ cookie: header })).toEqual(absent);
  });

  it.each([
    '__Host-access=good; __Host-access=bad',
    '__Host-access=bad; __Host-access=good',
    '__Host-access=good; __Host-access=good',
    '__Host-access=good; a=b; __Host-access=',
  ])('Z14: %j is ambiguous, because nothing says which of the two is meant', (header) => {
    expect(ask({ cookie: header })).toEqual({ kind: 'ambiguous' });
    expect(verified).toEqual([]);
  });

  it('with the same token as the Authorization header is one credential, not two', () => {
    const headers = { cookie: '__Host-access=good', authorization: 'bearer good' };
    expect(ask(headers, { mayUseCookies: () => false })).toEqual(absent);
    expect(ask({ ...headers, authorization: 'Bearer other' })).toEqual(accepted);
    expect(ask({ ...headers, authorization: 'Basic good' })).toEqual(accepted);
    expect(ask({ ...headers, authorization: '' })).toEqual(accepted);
  });

  it('G02: is rejected with ORIGIN and not verified when the request may not use cookies', () => {
    expect(ask({ cookie: '__Host-access=good' }, { mayUseCookies: () => false })).toEqual(rejected('ORIGIN'));
    expect(ask({ cookie: '__Host-access=bad' }, { mayUseCookies: () => false })).toEqual(rejected('ORIGIN'));
    expect(verified).toEqual([]);
    expect(ask({ cookie: 'a=b' }, { mayUseCookies: () => false })).toEqual(absent);
  });

  it('R12, R18: is rejected when its session has ended or its role has changed', async () => {
    const good = { cookie: '__Host-access=good' };
    expect(ask(good, { checkSession: () => ({ kind: 'ended' }) })).toEqual(rejected('TOKEN_REVOKED'));
    expect(ask(good, { checkSession: () => ({ kind: 'live', role: 'ADMIN' }) })).toEqual(rejected('TOKEN_STALE'));
    expect(await ask(good, { checkSession: async () => ({ kind: 'live', role: 'USER' }) })).toEqual(accepted);
  });
});
