import { createOriginCheck } from '@fieldgate/guard';
import { describe, expect, it } from 'vitest';

const mayUseCookies = createOriginCheck(['https://api.example.com', 'https://app.example.com', 'null']);
const ask = (headers: Readonly<Record<string, string>>) => mayUseCookies({ header: (name) => headers[name] ?? null });
const json = { 'content-type': 'application/json' };

describe('G02, Z12: whether a request may use cookies', () => {
  it.each(['https://api.example.com', 'https://app.example.com'])('a page of the allowed origin %s may', (origin) => {
    expect(ask({ origin })).toBe(true);
    expect(ask({ origin, 'sec-fetch-site': 'same-site' })).toBe(true);
  });

  it.each([
    'null',
    '',
    'https://evil.example',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com:443',
    'https://app.example.com/',
    'https://APP.example.com',
    'https://app.example.com.evil.example',
    'https://evilapp.example.com',
    'https://app.example.com@evil.example',
    'https://app.example.com, https://app.example.com',
    'https://app.example.com https://evil.example',
    'https://app.example.com\u00a0',
    '__proto__',
  ])('a page of %j may not, whatever other headers it sends', (origin) => {
    expect(ask({ origin })).toBe(false);
    expect(ask({ origin, ...json, 'sec-fetch-site': 'same-origin' })).toBe(false);
  });

  it.each([
    ['same-origin', true],
    ['none', true],
    ['same-site', false],
    ['cross-site', false],
    ['', false],
    ['same-origin, cross-site', false],
    ['Same-Origin', false],
  ])('without an Origin, Sec-Fetch-Site decides: %j is %j', (site, may) => {
    expect(ask({ 'sec-fetch-site': site })).toBe(may);
    expect(ask({ 'sec-fetch-site': site, ...json })).toBe(may);
  });

  it.each([
    ['application/json', true],
    ['application/json; charset=utf-8', true],
    ['Application/JSON', true],
    ['application/graphql+json', true],
    ['application/x-www-form-urlencoded', false],
    ['multipart/form-data; boundary=application/json', false],
    ['text/plain', false],
    ['text/plain; application/json', false],
    ['application/jsonx', false],
    ['', false],
  ])('with neither header, a content type that forces a preflight decides: %j is %j', (type, may) => {
    expect(ask({ 'content-type': type })).toBe(may);
  });

  it('a request with none of these headers may not', () => {
    expect(ask({})).toBe(false);
    expect(ask({ host: 'app.example.com', referer: 'https://app.example.com/', 'x-forwarded-host': 'x' })).toBe(false);
  });
});
