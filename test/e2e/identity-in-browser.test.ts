import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providerEnv } from '../support/identity-providers.ts';
import { startCertifiedProvider } from '../support/oidc-provider.ts';
import { freePort } from '../support/process.ts';
import { signup, startServer, type TestServer } from '../support/server.ts';

const chromiumFile = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Why no page can be opened here, or null. Where backends are required, a missing browser fails. */
const missing = chromiumFile || process.env['REQUIRE_BACKENDS'] === '1' ? null : 'no Chromium under /usr/bin';
if (missing) process.stderr.write(`skipped: ${missing}\n`);

const nobodyResolves = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost';
const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-component-update'];

/** The page of the documentation, as it stands there. */
const documented = /```html\n([\s\S]*?)```/.exec(
  readFileSync(new URL('../../docs/social-login.md', import.meta.url), 'utf8'),
)?.[1];

describe.skipIf(missing)(`docs/social-login.md${missing ? ` (skipped: ${missing})` : ''}`, { timeout: 60_000 }, () => {
  let server: TestServer;
  let provider: Awaited<ReturnType<typeof startCertifiedProvider>>;
  let app: Server;
  let browser: Browser;
  let [issuer, appUrl] = ['', ''];

  beforeAll(async () => {
    issuer = `http://localhost:${await freePort()}`;
    app = createServer((_request, response) => {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(documented?.replace('http://localhost:4000', issuer));
    });
    await new Promise<void>((resolve) => app.listen(0, 'localhost', () => resolve()));
    const address = app.address();
    const origin = `http://localhost:${typeof address === 'object' && address ? address.port : 0}`;
    appUrl = `${origin}/signed-in`;
    provider = await startCertifiedProvider(`${issuer}/oauth/google/callback`);
    server = await startServer({
      ...providerEnv({ GOOGLE: provider.issuer }),
      ...{ ISSUER: issuer, PORT: new URL(issuer).port, OAUTH_RETURN_URLS: appUrl, CORS_ORIGINS: origin },
    });
    if (!chromiumFile) throw new Error('REQUIRE_BACKENDS=1, and there is no Chromium under /usr/bin.');
    const args = ['--no-sandbox', '--disable-background-networking', nobodyResolves, ...quiet];
    browser = await chromium.launch({ executablePath: chromiumFile, args });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    provider?.stop();
    app?.close();
  });

  /** A window of somebody's own, with every address it was at. */
  const openApp = async (): Promise<{ page: Page; visited: string[]; [Symbol.asyncDispose]: () => Promise<void> }> => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const visited: string[] = [];
    page.on('request', (request) => visited.push(request.url()));
    await page.goto(appUrl);
    return { page, visited, [Symbol.asyncDispose]: () => context.close() };
  };

  const signInAs = async (page: Page, name: string): Promise<void> => {
    await page.getByRole('button', { name: 'Sign in with Google' }).click();
    await page.getByPlaceholder('Enter any login').fill(name);
    await page.getByPlaceholder('and password').fill('whatever');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
  };

  const expectStatus = (page: Page, text: string): Promise<void> =>
    page.getByRole('status').filter({ hasText: text }).waitFor({ timeout: 20_000 });

  it('leads from the button to the provider and back, to a guarded query, and leaves nothing in the address', async () => {
    await using tab = await openApp();
    await signInAs(tab.page, 'ada');
    await expectStatus(tab.page, 'Signed in as ada@example.com');
    expect(tab.page.url()).toBe(appUrl);
    expect(tab.visited.some((url) => url.startsWith(`${provider.issuer}/auth?`))).toBe(true);
    expect(tab.visited.filter((url) => /eyJ|fgr_/.test(url))).toEqual([]);
    const cookies = await tab.page.context().cookies(issuer);
    expect(cookies.filter(({ name }) => name.startsWith('fieldgate'))).toEqual([]);

    await tab.page.reload();
    expect(await tab.page.getByRole('status').textContent()).toBe('');
    // Whom the provider knows already it sends back at once, and it is the same account.
    await tab.page.getByRole('button', { name: 'Sign in with Google' }).click();
    await expectStatus(tab.page, 'Signed in as ada@example.com');
  });

  it('asks for the link where the email has an account', async () => {
    await signup(server, 'grace@example.com');
    await using tab = await openApp();
    await signInAs(tab.page, 'grace');
    await expectStatus(tab.page, 'ACCOUNT_LINK_REQUIRED');
  });

  it('comes back with an error where somebody changes their mind at the provider', async () => {
    await using tab = await openApp();
    await tab.page.getByRole('button', { name: 'Sign in with Google' }).click();
    await tab.page.getByRole('link', { name: /cancel/i }).click();
    await expectStatus(tab.page, 'PROVIDER_DENIED');
  });

  it('O01: the address of a callback is worth nothing in another window, and shows a page that says so', async () => {
    await using tab = await openApp();
    const callback = tab.page.waitForRequest((request) => request.url().includes('/oauth/google/callback'));
    await tab.page.route('**/oauth/google/callback*', (route) => route.abort());
    await signInAs(tab.page, 'eve');
    await using other = await openApp();
    await other.page.goto((await callback).url());
    await other.page.getByText('LOGIN_FLOW_INVALID').waitFor();
    expect(await other.page.getByRole('heading').textContent()).toBe('Not signed in');
  });
});
