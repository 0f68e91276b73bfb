import { expect, test } from 'vitest';
import { loginAt } from '../support/identity-browser.ts';
import { providerEnv, startOpenIdProvider } from '../support/identity-providers.ts';
import { signup, startServer } from '../support/server.ts';

const start = async (env: Record<string, string> = {}) => {
  const provider = await startOpenIdProvider();
  const server = await startServer({ ...providerEnv({ ACME: provider.issuer }), ...env });
  /** A sign-in of somebody new at the provider, with this address. */
  const come = (email: string | undefined, email_verified: unknown) => {
    provider.person = { sub: crypto.randomUUID(), email, email_verified };
    return loginAt(server, 'acme');
  };
  return { provider, server, come };
};

test('O18: an unverified address gets the same answer whether or not it has an account', async () => {
  const { server, come } = await start();
  const { user } = await signup(server);
  for (const unverified of [false, 'false', undefined, null]) {
    const [known, unknown] = [await come(user.email, unverified), await come('nobody@example.net', unverified)];
    expect(known.codes).toEqual(['EMAIL_UNVERIFIED']);
    expect([known.status, known.data, known.errors]).toEqual([unknown.status, unknown.data, unknown.errors]);
  }
  const events = server.logLines().filter(({ event, reason }) => event === 'user.login_failed' && reason);
  expect(new Set(events.map(({ userId }) => userId ?? null))).toEqual(new Set([null]));
  expect((await come(user.email, true)).codes).toEqual(['ACCOUNT_LINK_REQUIRED']);
});

test("O18: every such answer counts in the address's quota of sign-ups, and so does an account that is made", async () => {
  const { server, come } = await start({ RATE_LIMIT_SIGNUP: '4/1h' });
  const { user } = await signup(server);
  expect((await come(user.email, false)).codes).toEqual(['EMAIL_UNVERIFIED']);
  expect((await come(user.email, true)).codes).toEqual(['ACCOUNT_LINK_REQUIRED']);
  expect((await come('grace@example.net', true)).codes).toEqual([]);
  for (const email of [user.email, 'nobody@example.net']) {
    const refused = await come(email, false);
    expect([refused.status, refused.codes]).toEqual([429, ['RATE_LIMITED']]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_000);
  }
});

test('O18: an identity that has an account signs in, whatever is left of that quota and whatever its email', async () => {
  const { server, come, provider } = await start({ RATE_LIMIT_SIGNUP: '1/1h' });
  expect((await come('grace@example.net', true)).codes).toEqual([]);
  const grace = { ...provider.person };
  expect((await come('ada@example.net', true)).codes).toEqual(['RATE_LIMITED']);
  provider.person = { ...grace, email: undefined, email_verified: false };
  expect((await loginAt(server, 'acme')).codes).toEqual([]);
});
