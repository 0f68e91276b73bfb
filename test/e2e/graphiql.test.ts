import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { goodPassword, newEmail, type TestServer, testWithServer } from '../support/server.ts';

const chromiumFile = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Why no page can be opened here, or null. Where backends are required, a missing browser fails. */
const missing = chromiumFile || process.env['REQUIRE_BACKENDS'] === '1' ? null : 'no Chromium under /usr/bin';
if (missing) process.stderr.write(`skipped: ${missing}\n`);

const page = { accept: 'text/html,*/*;q=0.8' };
const meQuery = 'query Me { me { id email } }';
const nobodyResolves = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost';
const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-component-update'];

const test = testWithServer();

describe('the GraphiQL document', () => {
  test.for(['br', 'gzip'])('is sent as %s, to be kept and asked for again', async (coding, { server }) => {
    const headers = { ...page, 'accept-encoding': coding };
    const first = await server.fetch('/graphql', { headers });
    expect(await first.text()).toContain('<title>Fieldgate</title>');
    expect(first.headers.get('content-encoding')).toBe(coding);
    expect(first.headers.get('cache-control')).toBe('no-cache');
    expect(first.headers.get('vary')).toContain('Accept-Encoding');
    const again = await server.fetch('/graphql', {
      headers: { ...headers, 'if-none-match': first.headers.get('etag') ?? '' },
    });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  test('is sent plain to who takes no coding, under an entity tag of its own', async ({ server }) => {
    const plain = await server.fetch('/graphql', { headers: { ...page, 'accept-encoding': 'br;q=0, identity' } });
    const zipped = await server.fetch('/graphql', { headers: { ...page, 'accept-encoding': 'gzip' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.headers.get('etag')).not.toBe(zipped.headers.get('etag'));
    expect(await plain.text()).toBe(await zipped.text());
  });

  test('runs only its own scripts and sits in nobody’s frame', async ({ server }) => {
    const { headers } = await server.fetch('/graphql', { headers: page });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src( 'sha256-[^']+'){3};/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('leaves answers to GraphQL as they are: never kept', async ({ server }) => {
    const answer = await server.gql('{ hello }');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});

describe.skipIf(missing)(`GraphiQL in a browser${missing ? ` (skipped: ${missing})` : ''}`, { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    if (!chromiumFile) throw new Error('REQUIRE_BACKENDS=1, and there is no Chromium under /usr/bin.');
    const args = ['--no-sandbox', '--disable-background-networking', nobodyResolves, ...quiet];
    browser = await chromium.launch({ executablePath: chromiumFile, args });
  });
  afterAll(() => browser?.close());

  test('asks no other server for anything and breaks no rule of its policy', async ({ server }) => {
    await using tab = await openGraphiQL(server, browser);
    await run(tab.page, 'query Hello { hello }');
    await expectResult(tab.page, '"hello"');
    const origins = tab.urls.map((url) => new URL(url)).filter(({ protocol }) => !/^(?:blob|data):$/.test(protocol));
    expect(new Set(origins.map(({ origin }) => origin))).toEqual(new Set([server.url]));
    expect(tab.complaints).toEqual([]);
  });

  test('signs up, out and in again, and runs queries as that account', async ({ server }) => {
    await using tab = await openGraphiQL(server, browser);
    const email = newEmail();
    await run(tab.page, meQuery);
    await expectResult(tab.page, 'TOKEN_MISSING');

    await signUp(tab.page, email);
    await run(tab.page, meQuery);
    await expectResult(tab.page, `"email": "${email}"`);

    await tab.page.getByRole('button', { name: 'Sign out' }).click();
    await run(tab.page, meQuery);
    await expectResult(tab.page, 'TOKEN_MISSING');

    await signIn(tab.page, email);
    await run(tab.page, meQuery);
    await expectResult(tab.page, `"email": "${email}"`);
  });

  test('shows what is wrong with a form, at the field that is meant', async ({ server }) => {
    await using tab = await openGraphiQL(server, browser);
    await fillSignUp(tab.page, newEmail(), 'short');
    await tab.page.getByRole('button', { name: 'Sign up' }).click();
    await expectAlert(tab.page, 'at least 15 characters');
    expect(await tab.page.getByLabel('Password').getAttribute('aria-invalid')).toBe('true');
  });

  test('refreshes once when the server refuses the access token, and tries again', async ({ server }) => {
    await using tab = await openGraphiQL(server, browser);
    const email = newEmail();
    await signUp(tab.page, email);
    server.advance(20 * 60_000);
    tab.statuses.length = 0;
    await run(tab.page, meQuery);
    await expectResult(tab.page, `"email": "${email}"`);
    await expect.poll(() => tab.statuses).toEqual([401, 200, 200]);
    await tab.secrets(4);
  });

  test('says so when the session has ended on the server', async ({ server }) => {
    await using tab = await openGraphiQL(server, browser);
    await signUp(tab.page, newEmail());
    const [token] = await tab.secrets(2);
    await server.gql('mutation { logout(input: { scope: ALL }) { endedSessions } }', { token: token ?? '' });
    await run(tab.page, meQuery);
    await expectResult(tab.page, 'TOKEN_REVOKED');
    await expectAlert(tab.page, 'Your session has ended');
  });

  test('sends an Authorization of the Headers tab as it is', async ({ server }) => {
    await using tab = await openGraphiQL(server, browser);
    await signUp(tab.page, newEmail());
    tab.statuses.length = 0;
    await tab.page.getByRole('button', { name: 'Headers' }).click();
    await type(tab.page, '.graphiql-editor-tool .graphiql-editor:not(.hidden)', '{"Authorization": "Bearer nonsense"}');
    await run(tab.page, meQuery);
    await expectResult(tab.page, 'TOKEN_INVALID');
    await expect.poll(() => tab.statuses).toEqual([401]);
  });

  test('leaves no token and no password in storage, cookies, the address or the document', async ({ server }) => {
    await using tab = await openGraphiQL(server, browser);
    await signUp(tab.page, newEmail());
    await run(tab.page, meQuery);
    await expectResult(tab.page, '@example.com');
    await tab.page.getByRole('button', { name: 'Renew now' }).click();
    const secrets = await tab.secrets(4);
    // GraphiQL writes its state half a second after the last change.
    await tab.page.waitForTimeout(1000);
    const traces = await tab.page.evaluate(`JSON.stringify([
      { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.documentElement.outerHTML,
    ])`);
    expect(traces).toContain('graphiql:tabState');
    expect([...secrets, goodPassword].filter((secret) => String(traces).includes(secret))).toEqual([]);
    expect(tab.page.url()).toBe(`${server.url}/graphql`);
  });

  test('ends its session when the page goes away', async ({ server }) => {
    await using tab = await openGraphiQL(server, browser);
    await signUp(tab.page, newEmail());
    const [token = ''] = await tab.secrets(2);
    expect((await server.gql(meQuery, { token })).codes).toEqual([]);
    await tab.page.reload();
    await expect
      .poll(async () => (await server.gql(meQuery, { token })).codes)
      .toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
  });
});

/** The page in a window of its own, with what it asked for, how that was answered, what the browser complained of and the tokens it was given. */
const openGraphiQL = async (server: TestServer, browser: Browser) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const urls: string[] = [];
  const statuses: number[] = [];
  const complaints: string[] = [];
  const answers: string[] = [];
  context.on('request', (request) => {
    urls.push(request.url());
  });
  context.on('response', async (response) => {
    if (response.request().method() !== 'POST') return;
    statuses.push(response.status());
    answers.push(await response.text().catch(() => ''));
  });
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('status of 40')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${server.url}/graphql`);
  await page.getByLabel('Email').waitFor();
  return {
    page,
    urls,
    statuses,
    complaints,
    /** The tokens this page was given, all `count` of them: the page hears of an answer before this process has its text. */
    secrets: async (count: number) => {
      const given = () =>
        answers.flatMap((text) =>
          [...text.matchAll(/"(?:access|refresh)Token":"([^"]+)"/g)].map(([, token = '']) => token),
        );
      await expect.poll(() => given().length).toBe(count);
      return given();
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
};

const fillSignUp = async (page: Page, email: string, password: string): Promise<void> => {
  await page.getByRole('button', { name: 'New here' }).click();
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
};

const signUp = async (page: Page, email: string): Promise<void> => {
  await fillSignUp(page, email, goodPassword);
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('status', { name: `Signed in as ${email}` }).waitFor();
};

const signIn = async (page: Page, email: string): Promise<void> => {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(goodPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('status', { name: `Signed in as ${email}` }).waitFor();
};

const type = async (page: Page, editor: string, text: string): Promise<void> => {
  await page.locator(`${editor} .monaco-editor`).first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
  // The brackets that the editor has closed of itself.
  await page.keyboard.press('Control+Shift+End');
  await page.keyboard.press('Delete');
};

/** Types a query over what is in the editor and runs it. */
const run = async (page: Page, query: string): Promise<void> => {
  await type(page, '.graphiql-query-editor', query);
  // GraphiQL learns the operation's name a moment after the keys; the tab shows when it has.
  await page
    .locator('.graphiql-tab-active', { hasText: /^query (\w+)/.exec(query)?.[1] ?? '' })
    .waitFor({ timeout: 10_000 });
  await execute(page);
  // Where it had not learnt it yet after all, it says so instead of sending anything.
  for (let again = 0; again < 5 && (await resultOf(page)).includes('Cannot infer'); again++) await execute(page);
};

const execute = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Execute query' }).click();
  await page.waitForTimeout(300);
};

/** What the result window shows; the editor writes its spaces as U+00A0. */
const resultOf = async (page: Page): Promise<string> =>
  ((await page.getByLabel('Result Window').textContent()) ?? '').replaceAll('\u00a0', ' ');

const expectResult = async (page: Page, text: string): Promise<void> => {
  await expect.poll(() => resultOf(page), { timeout: 10_000 }).toContain(text);
};

const expectAlert = (page: Page, text: string): Promise<void> =>
  page.getByRole('alert').filter({ hasText: text }).waitFor({ timeout: 10_000 });
