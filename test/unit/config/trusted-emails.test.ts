import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../../src/config/config.ts';

const parse = (name: string, trust: string, issuer?: string) => {
  const env = {
    OAUTH_RETURN_URLS: 'https://app.example.com/in',
    [`OAUTH_${name}_CLIENT_ID`]: 'id',
    [`OAUTH_${name}_CLIENT_SECRET`]: 'sesame',
    [`OAUTH_${name}_TRUST_EMAIL`]: trust,
    ...(issuer ? { [`OAUTH_${name}_ISSUER`]: issuer } : {}),
  };
  try {
    return parseConfig(env).identityProviders.map(({ trustedEmails }) => trustedEmails);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

const tenant = 'https://login.microsoftonline.com/4b5a5c8e-6f0a-4e0e-9a51-0c1d2e3f4a5b/v2.0';

describe('OAUTH_<NAME>_TRUST_EMAIL', () => {
  it.each([
    ['on', 'all'],
    ['off', []],
    ['', []],
    ['example.com', ['example.com']],
    ['Example.com, münchen.example', ['example.com', 'xn--mnchen-3ya.example']],
  ])('takes %j', (text, trusted) => {
    expect(parse('ENTRA', text, tenant)).toEqual([trusted]);
  });

  it.each(['yes', 'true', 'example.com,', '*.example.com', '@example.com', 'ada@example.com', 'on,example.com', '*'])(
    'refuses %j',
    (text) => {
      const problem = 'OAUTH_ENTRA_TRUST_EMAIL must be on, off, or domains separated by commas.';
      expect(parse('ENTRA', text, tenant)).toEqual([problem]);
    },
  );

  it.each([
    'https://login.microsoftonline.com/common/v2.0',
    'https://login.microsoftonline.com/organizations/v2.0',
    'https://login.microsoftonline.com/consumers/v2.0',
    'https://login.microsoftonline.us/Common/v2.0',
    'https://sts.windows.net/common',
  ])('needs one tenant, which %s is not', (issuer) => {
    for (const text of ['on', 'example.com']) {
      expect(parse('ENTRA', text, issuer)).toEqual([expect.stringContaining('needs the issuer of one tenant')]);
    }
    expect(parse('ENTRA', 'off', issuer)).toEqual([[]]);
  });

  it.each(['GITHUB', 'FACEBOOK'])('is not for %s', (name) => {
    expect(parse(name, 'on')).toEqual([expect.stringContaining(`OAUTH_${name}_TRUST_EMAIL is for OpenID providers`)]);
  });
});
