import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../../src/config/config.ts';

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

const client = (name: string, more: Record<string, string> = {}) => ({
  [`OAUTH_${name}_CLIENT_ID`]: 'id',
  [`OAUTH_${name}_CLIENT_SECRET`]: 'sesame',
  ...more,
});
const OAUTH_RETURN_URLS = 'https://app.example.com/in';

describe('identity providers in the environment', () => {
  it('are known by name, or by an issuer', () => {
    const env = { ...client('GOOGLE'), ...client('GITHUB'), ...client('FACEBOOK'), OAUTH_RETURN_URLS };
    const own = client('MY_COMPANY', { OAUTH_MY_COMPANY_ISSUER: 'https://id.example.com/realms/all' });
    const { identityProviders } = parseConfig({ ...env, ...own });
    expect(identityProviders.map(({ name, kind: dialect, issuer }) => [name, dialect, issuer])).toEqual([
      ['facebook', 'facebook', 'https://www.facebook.com'],
      ['github', 'github', 'https://github.com'],
      ['google', 'openid', 'https://accounts.google.com'],
      ['my-company', 'openid', 'https://id.example.com/realms/all'],
    ]);
    expect(JSON.stringify(identityProviders)).not.toContain('sesame');
    expect(parseConfig({}).identityProviders).toEqual([]);
  });

  it.each<[Record<string, string>, string[]]>([
    [{ OAUTH_GOOGLE_CLIENT_ID: 'id', OAUTH_RETURN_URLS }, ['OAUTH_GOOGLE_CLIENT_SECRET is missing.']],
    [{ OAUTH_GOOGLE_CLIENT_SECRET: 'sesame', OAUTH_RETURN_URLS }, ['OAUTH_GOOGLE_CLIENT_ID is missing.']],
    [
      { ...client('GOOGLE'), OAUTH_GOOGLE_CLIENT_SECRET: ' ', OAUTH_RETURN_URLS },
      ['OAUTH_GOOGLE_CLIENT_SECRET is missing.'],
    ],
    [
      { ...client('ACME'), OAUTH_RETURN_URLS },
      ['OAUTH_ACME_ISSUER is missing; only GOOGLE, GITHUB, FACEBOOK have a built-in issuer.'],
    ],
    [
      { ...client('GOOGLE'), OAUTH_GOOGLE_SCOPE: 'sesame', OAUTH_RETURN_URLS },
      [
        'OAUTH_GOOGLE_SCOPE is not a known variable; use OAUTH_<NAME>_ followed by CLIENT_ID, CLIENT_SECRET, ISSUER or TRUST_EMAIL.',
      ],
    ],
    [
      client('GOOGLE'),
      ['OAUTH_RETURN_URLS is missing; list the URLs a browser may return to after signing in at a provider.'],
    ],
  ])('are refused with every problem named: %j', (env, problems) => {
    expect(problemsOf(env)).toEqual(problems);
  });

  it.each([
    'http://id.example.com',
    'https://id.example.com?a',
    'https://id.example.com#a',
    'https://me@id.example.com',
    'id',
    'ftp://x',
  ])('have no issuer like %s', (issuer) => {
    const [problem] = problemsOf({ ...client('ACME', { OAUTH_ACME_ISSUER: issuer }), OAUTH_RETURN_URLS });
    expect(problem).toBe('OAUTH_ACME_ISSUER must be an https URL without a query or fragment.');
  });
});

describe('OAUTH_RETURN_URLS', () => {
  it.each([
    'https://app.example.com/in',
    'https://app.example.com/',
    'http://localhost:3000/in,http://127.0.0.1:3000/',
    'com.example.app:/in, https://app.example.com/in?from=provider',
  ])('takes %s', (text) => {
    expect(parseConfig({ OAUTH_RETURN_URLS: text }).returnUrls).toEqual(text.split(',').map((item) => item.trim()));
  });

  it.each([
    ...[
      'https://app.example.com',
      'http://app.example.com/in',
      'https://app.example.com/in#a',
      'https://app.example.com/a/../in',
    ],
    ...[
      'https://App.example.com/in',
      'https://app.example.com:443/in',
      'https://me@app.example.com/',
      '/in',
      '//app.example.com/in',
    ],
    ...[
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'myapp:/in',
      'https://*.example.com/',
      ',',
      'https:app.example.com',
    ],
  ])('refuses %s', (text) => {
    const [problem = ''] = problemsOf({ OAUTH_RETURN_URLS: text });
    expect(problem).toMatch(/^OAUTH_RETURN_URLS must be a comma-separated list of URLs as browsers write them/);
  });
});
