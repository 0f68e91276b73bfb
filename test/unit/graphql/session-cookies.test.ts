import { parseSetCookie } from 'cookie';
import { describe, expect, test } from 'vitest';
import { createSessionCookies } from '../../../src/graphql/session-cookies.ts';

const cookiesOf = (issuer: string) => createSessionCookies({ issuer, corsOrigins: [], clock: () => 5_000 });
const tokens = { accessToken: 'a.b-_.c', refreshToken: 'fgr_x', sessionExpiresAt: 65_000 };

describe('session cookies', () => {
  test('two cookies last until the session ends, for this host, over TLS and not for scripts', () => {
    const common = { maxAge: 60, path: '/', httpOnly: true, secure: true, sameSite: 'lax' };
    expect(
      cookiesOf('https://api.example.com')
        .keep(tokens)
        .map((line) => parseSetCookie(line)),
    ).toEqual([
      { name: '__Host-fieldgate-access', value: 'a.b-_.c', ...common },
      { name: '__Host-fieldgate-refresh', value: 'fgr_x', ...common },
    ]);
  });

  test('cookies are cleared with the same names and attributes, since a browser would keep others', () => {
    const { keep, clear } = cookiesOf('https://api.example.com');
    const withoutValue = (line: string) => line.replace(/=[^;]*; Max-Age=\d+/, '');
    expect(clear.map(withoutValue)).toEqual(keep(tokens).map(withoutValue));
    expect(clear.map((line) => parseSetCookie(line)).map(({ value, maxAge }) => [value, maxAge])).toEqual([
      ['', 0],
      ['', 0],
    ]);
  });

  test('cookies of a session at its end last one second, since zero would clear them', () => {
    const [line = ''] = cookiesOf('https://x.example').keep({ ...tokens, sessionExpiresAt: 4_000 });
    expect(parseSetCookie(line).maxAge).toBe(1);
  });

  test.each([
    'http://localhost:4000',
    'http://127.0.0.1',
    'http://127.8.9.1:1',
    'http://[::1]:4000',
    'http://a.localhost',
  ])('an issuer of plain HTTP on this machine has neither prefix nor Secure: %s', (issuer) => {
    const [line = ''] = cookiesOf(issuer).keep(tokens);
    expect(parseSetCookie(line)).toEqual({
      name: 'fieldgate-access',
      value: 'a.b-_.c',
      maxAge: 60,
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
    });
  });

  test.each([
    'https://localhost:4000',
    'https://127.0.0.1',
    'http://api.example.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://notlocalhost',
    'http://192.168.1.1',
    'http://0.0.0.0',
    'http://10.127.0.1',
  ])('any other issuer has prefix and Secure: %s', (issuer) => {
    const [line = ''] = cookiesOf(issuer).keep(tokens);
    expect(line).toMatch(/^__Host-.*; Secure/);
  });
});
