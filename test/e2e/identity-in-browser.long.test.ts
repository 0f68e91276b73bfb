import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { testWithBrowser } from '../support/browser.ts';
import { browserMissing } from '../support/browser-file.ts';
import { providerEnv } from '../support/identity-providers.ts';
import { startCertifiedProvider } from '../support/oidc-provider.ts';
import { freePort } from '../support/process.ts';
import { signup } from '../support/server.ts';

/** The page of the documentation, as it stands there. */
const documented = /```html\n([\s\S]*?)```/.exec(
  readFileSync(new URL('../../docs/social-login.md', import.meta.url), 'utf8'),
)?.[1];

const issuer = `http://localhost:${await freePort()}`;

const test = testWithBrowser()
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from this pattern.
  .extend('provider', { scope: 'file' }, async ({}, { onCleanup }) => {
    const provider = await startCertifiedProvider(`${issuer}/oauth/google/callback`);
    onCleanup(provider.stop);
    return provider;
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from this pattern.
  .extend('appUrl', { scope: 'file' }, async ({}, { onCleanup }) => {
    const html = documented?.replace('http://localhost:4000', issuer);
    const app = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(html);
    });
    await new Promise<void>((resolve) => app.listen(0, 'localhost', () => resolve()));
    onCleanup(() => void app.close());
    const address = app.address();
    return `http://localhost:${typeof address === 'object' && address ? address.port : 0}/signed-in`;
  })
  .extend('env', { scope: 'file' }, ({ provider, appUrl }) => ({
    ...providerEnv({ GOOGLE: provider.issuer }),
    ...{ ISSUER: issuer, PORT: new URL(issuer).port },
    ...{ OAUTH_RETURN_URLS: appUrl, CORS_ORIGINS: new URL(appUrl).origin },
  }))
  /** Opens the page in a new profile of the browser. */
  .extend('openApp', async ({ browser, appUrl, server: _server }, { onCleanup }) => {
    const contexts: { readonly close: () => Promise<void> }[] = [];
    onCleanup(async () => void (await Promise.all(contexts.map((context) => context.close()))));
    return async (): Promise<Page> => {
      const context = await browser.newContext();
      contexts.push(context);
      const page = await context.newPage();
      await page.goto(appUrl);
      return page;
    };
  });

const signInAs = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('button', { name: 'Sign in with Google' }).click();
  await page.getByPlaceholder('Enter any login').fill(name);
  await page.getByPlaceholder('and password').fill('whatever');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
};

const expectStatus = (page: Page, text: string): Promise<void> =>
  page.getByRole('status').filter({ hasText: text }).waitFor({ timeout: 20_000 });

describe.skipIf(browserMissing)('the page of docs/social-login.md', { timeout: 60_000 }, () => {
  test('the button leads to the provider and back to a guarded query, and leaves nothing in the address', async ({
    openApp,
    appUrl,
    provider,
  }) => {
    const page = await openApp();
    const visited: string[] = [];
    page.on('request', (request) => visited.push(request.url()));
    await signInAs(page, 'ada');
    await expectStatus(page, 'Signed in as ada@example.com');
    expect(page.url()).toBe(appUrl);
    expect(visited.some((url) => url.startsWith(`${provider.issuer}/auth?`))).toBe(true);
    expect(visited.filter((url) => /eyJ|fgr_/.test(url))).toEqual([]);
    const cookies = await page.context().cookies(issuer);
    expect(cookies.filter(({ name }) => name.startsWith('fieldgate'))).toEqual([]);

    await page.reload();
    expect(await page.getByRole('status').textContent()).toBe('');
    // The provider knows this browser now and sends it back at once, to the same account.
    await page.getByRole('button', { name: 'Sign in with Google' }).click();
    await expectStatus(page, 'Signed in as ada@example.com');
  });

  test('the page asks for the link where the email has an account', async ({ openApp, server }) => {
    await signup(server, 'grace@example.com');
    const page = await openApp();
    await signInAs(page, 'grace');
    await expectStatus(page, 'ACCOUNT_LINK_REQUIRED');
  });

  test('the page shows an error after a sign-in that was cancelled at the provider', async ({ openApp }) => {
    const page = await openApp();
    await page.getByRole('button', { name: 'Sign in with Google' }).click();
    await page.getByRole('link', { name: /cancel/i }).click();
    await expectStatus(page, 'PROVIDER_DENIED');
  });

  test('O01: a callback opened in another browser signs nobody in and shows a page that says so', async ({
    openApp,
  }) => {
    const page = await openApp();
    const callback = page.waitForRequest((request) => request.url().includes('/oauth/google/callback'));
    await page.route('**/oauth/google/callback*', (route) => route.abort());
    await signInAs(page, 'eve');
    const other = await openApp();
    await other.goto((await callback).url());
    await other.getByText('LOGIN_FLOW_INVALID').waitFor();
    expect(await other.getByRole('heading').textContent()).toBe('Not signed in');
  });
});
