import { parseSetCookie } from 'cookie';
import { describe, expect, it } from 'vitest';
import { createSessionCookies } from '../../../src/graphql/session-cookies.ts';

const cookiesOf = (issuer: string) => createSessionCookies({ issuer, corsOrigins: [], clock: () => 5_000 });
const tokens = { accessToken: 'a.b-_.c', refreshToken: 'fgr_x', sessionExpiresAt: 65_000 };

describe('session cookies', () => {
  it('are two, kept until the session ends, for this host, over TLS, and not for scripts', () => {
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

  it('are cleared under the same names with the same attributes: a browser would keep others', () => {
    const { keep, clear } = cookiesOf('https://api.example.com');
    const withoutValue = (line: string) => line.replace(/=[^;]*; Max-Age=\d+/, '');
    expect(clear.map(withoutValue)).toEqual(keep(tokens).map(withoutValue));
    expect(clear.map((line) => parseSetCookie(line)).map(({ value, maxAge }) => [value, maxAge])).toEqual([
      ['', 0],
      ['', 0],
    ]);
  });

  it('last a second more than nothing, which would clear them, for a session at its end', () => {
    const [line = ''] = cookiesOf('https://x.example').keep({ ...tokens, sessionExpiresAt: 4_000 });
    expect(parseSetCookie(line).maxAge).toBe(1);
  });

  it.each([
    'http://localhost:4000',
    'http://127.0.0.1',
    'http://127.8.9.1:1',
    'http://[::1]:4000',
    'http://a.localhost',
  ])('%s is plain HTTP on this machine: neither prefix nor Secure', (issuer) => {
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

  it.each([
    'https://localhost:4000',
    'https://127.0.0.1',
    'http://api.example.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://notlocalhost',
    'http://192.168.1.1',
    'http://0.0.0.0',
    'http://10.127.0.1',
  ])('%s keeps both', (issuer) => {
    const [line = ''] = cookiesOf(issuer).keep(tokens);
    expect(line).toMatch(/^__Host-.*; Secure/);
  });
});
