import { describe, expect, test } from 'vitest';
import { loginAt, startWithProvider } from '../support/identity-browser.ts';

const startEntra = async (trust?: string) => {
  const started = await startWithProvider(trust === undefined ? {} : { OAUTH_ACME_TRUST_EMAIL: trust });
  const { provider, server } = started;
  /** Signs a new person in. Returns the error, or the email of the account. */
  const outcome = async (email: string, verified: Record<string, unknown> = {}): Promise<string> => {
    provider.person = {
      sub: `sub of ${email} ${JSON.stringify(verified)}`,
      tid: 'contoso',
      name: 'Ada',
      email,
      ...verified,
    };
    const { codes, data } = await loginAt(server, 'acme');
    return codes[0] ?? data.loginWithCode.user.email;
  };
  return { ...started, outcome };
};

describe('a provider that does not say email_verified', () => {
  test('opens no account by itself', async () => {
    const { outcome } = await startEntra();
    expect(await outcome('ada@example.com')).toBe('EMAIL_UNVERIFIED');
    expect(await (await startEntra('off')).outcome('ada@example.com')).toBe('EMAIL_UNVERIFIED');
  });

  test('opens accounts where the configuration trusts it', async () => {
    const { outcome } = await startEntra('on');
    expect(await outcome('ada@example.com')).toBe('ada@example.com');
    expect(await outcome('grace@example.com', { email_verified: null })).toBe('grace@example.com');
    expect(await outcome('joan@example.com', { email_verified: 'true' })).toBe('joan@example.com');
    expect(await outcome('ADA@example.com')).toBe('ACCOUNT_LINK_REQUIRED');
    expect(await outcome('no email')).toBe('EMAIL_UNVERIFIED');
  });

  test('opens accounts in the domains that it vouches for', async () => {
    const { outcome } = await startEntra('example.com, münchen.example');
    expect(await outcome('ada@EXAMPLE.com')).toBe('ada@example.com');
    expect(await outcome('ada@xn--mnchen-3ya.example')).toBe('ada@xn--mnchen-3ya.example');
    expect(await outcome('guest@partner.example')).toBe('EMAIL_UNVERIFIED');
    expect(await outcome('ada@mail.example.com')).toBe('EMAIL_UNVERIFIED');
    expect(await outcome('ada@notexample.com')).toBe('EMAIL_UNVERIFIED');
    expect(await outcome('ada@partner.example', { email_verified: true })).toBe('ada@partner.example');
  });
});

test.each([false, 'false', 0, '', 'yes', 1])(
  'a provider that says email_verified: %j is not overruled',
  async (said) => {
    const { outcome } = await startEntra('on');
    expect(await outcome('ada@example.com', { email_verified: said })).toBe('EMAIL_UNVERIFIED');
  },
);
