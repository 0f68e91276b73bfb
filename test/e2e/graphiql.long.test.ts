import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { testWithBrowser } from '../support/browser.ts';
import { browserMissing } from '../support/browser-file.ts';
import { freePort } from '../support/process.ts';
import { goodPassword, newEmail, signup } from '../support/server.ts';

const meQuery = 'query Me { me { id email } }';
const port = String(await freePort());
const url = `http://localhost:${port}`;

const test = testWithBrowser({ PORT: port, ISSUER: url })
  // One page for the whole file: it takes seconds to load the first time.
  .extend('page', { scope: 'file' }, async ({ browser, server: _server }) => {
    const context = await browser.newContext();
    return context.newPage();
  })
  .extend('seen', { scope: 'file' }, ({ page }) => recordTraffic(page))
  // GraphiQL as somebody finds it who opens it for the first time.
  .extend('graphiql', async ({ page, seen }) => {
    seen.urls.length = 0;
    seen.complaints.length = 0;
    await page.context().clearCookies();
    await page.goto(`${url}/health`);
    await page.evaluate('localStorage.clear()');
    await page.goto(`${url}/graphql`);
    await page.getByLabel('Email').waitFor();
    seen.statuses.length = 0;
    seen.answers.length = 0;
    return page;
  });

/** What a page asked for, how that was answered and what the browser complained of. */
const recordTraffic = (page: Page) => {
  const urls: string[] = [];
  const statuses: number[] = [];
  const complaints: string[] = [];
  const answers: string[] = [];
  page.on('request', (request) => {
    urls.push(request.url());
  });
  page.on('response', async (response) => {
    if (response.request().method() !== 'POST') return;
    statuses.push(response.status());
    answers.push(await response.text().catch(() => ''));
  });
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('status of 40')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { urls, statuses, complaints, answers };
};

/** The tokens the page was given, once there are this many: the page learns of an answer before this process has its text. */
const tokensIn = async ({ answers }: ReturnType<typeof recordTraffic>, count: number): Promise<readonly string[]> => {
  const given = () =>
    answers.flatMap((text) =>
      [...text.matchAll(/"(?:access|refresh)Token":"([^"]+)"/g)].map(([, token = '']) => token),
    );
  await expect.poll(() => given().length).toBe(count);
  return given();
};

describe.skipIf(browserMissing)('GraphiQL in a browser', { timeout: 60_000 }, () => {
  test('GraphiQL asks no other server for anything and breaks no rule of its policy', async ({ graphiql, seen }) => {
    await run(graphiql, 'query Hello { hello }');
    await expectResult(graphiql, '"hello"');
    const origins = seen.urls.map((each) => new URL(each)).filter(({ protocol }) => !/^(?:blob|data):$/.test(protocol));
    expect(new Set(origins.map(({ origin }) => origin))).toEqual(new Set([url]));
    expect(seen.complaints).toEqual([]);
  });

  test('GraphiQL signs up, out and in again, and runs queries as that account', async ({ graphiql }) => {
    const email = newEmail();
    await run(graphiql, meQuery);
    await expectResult(graphiql, 'TOKEN_MISSING');

    await signUp(graphiql, email);
    await run(graphiql, meQuery);
    await expectResult(graphiql, `"email": "${email}"`);

    await graphiql.getByRole('button', { name: 'Sign out' }).click();
    await run(graphiql, meQuery);
    await expectResult(graphiql, 'TOKEN_MISSING');

    await signIn(graphiql, email);
    await run(graphiql, meQuery);
    await expectResult(graphiql, `"email": "${email}"`);
  });

  test('E13: GraphiQL opens the last tab after a reload, with what was typed last, and adds none', async ({
    graphiql,
  }) => {
    const reload = async () => {
      await graphiql.reload();
      await graphiql.getByLabel('Email').waitFor();
      await graphiql.locator('.graphiql-tab-active').waitFor();
      return {
        tabs: await graphiql.locator('.graphiql-tab').count(),
        active: await graphiql.locator('.graphiql-tab-active').textContent(),
      };
    };
    expect(await reload()).toEqual({ tabs: 2, active: expect.stringContaining('Welcome') });
    await graphiql.locator('.graphiql-tab', { hasText: 'AboutMe' }).click();
    await type(graphiql, '.graphiql-query-editor', 'query Quick { hello }');
    await graphiql.locator('.graphiql-tab-active', { hasText: 'Quick' }).waitFor();
    // GraphiQL saves its tabs half a second after the last change.
    await expect.poll(() => graphiql.evaluate("localStorage.getItem('graphiql:query')")).toContain('Quick');
    const { tabs } = await reload();
    expect(tabs).toBe(2);
    await graphiql.locator('.graphiql-query-editor', { hasText: 'Quick' }).waitFor();
  });

  test('E13: GraphiQL says what a password has to be before it is refused, and beside a field who may read it', async ({
    graphiql,
  }) => {
    await graphiql.getByRole('button', { name: 'New here' }).click();
    await graphiql.getByText('At least 15 characters').waitFor();
    await graphiql.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await graphiql.locator('.graphiql-doc-explorer a', { hasText: 'Query' }).first().click();
    await graphiql.getByText("The caller's account. Access: signed-in callers with the scope account:read.").waitFor();
  });

  test('GraphiQL shows an error of a form at the field that causes it', async ({ graphiql }) => {
    await fillSignUp(graphiql, newEmail(), 'short');
    await graphiql.getByRole('button', { name: 'Sign up' }).click();
    await expectAlert(graphiql, 'at least 15 characters');
    expect(await graphiql.getByLabel('Password').getAttribute('aria-invalid')).toBe('true');
  });

  test('GraphiQL refreshes once when the server rejects the access token, and tries again', async ({
    graphiql,
    seen,
    server,
  }) => {
    const email = newEmail();
    await signUp(graphiql, email);
    server.advance(20 * 60_000);
    seen.statuses.length = 0;
    await run(graphiql, meQuery);
    await expectResult(graphiql, `"email": "${email}"`);
    await expect.poll(() => seen.statuses).toEqual([401, 200, 200]);
    await tokensIn(seen, 4);
  });

  test('GraphiQL says so when the session has ended on the server', async ({ graphiql, seen, server }) => {
    await signUp(graphiql, newEmail());
    const [token = ''] = await tokensIn(seen, 2);
    await server.gql('mutation { logout(input: { scope: ALL }) { endedSessions } }', { token });
    await run(graphiql, meQuery);
    await expectResult(graphiql, 'TOKEN_REVOKED');
    await expectAlert(graphiql, 'Your session has ended');
  });

  test('GraphiQL sends an Authorization header of the Headers tab unchanged', async ({ graphiql, seen }) => {
    await signUp(graphiql, newEmail());
    seen.statuses.length = 0;
    await graphiql.getByRole('button', { name: 'Headers' }).click();
    await type(graphiql, '.graphiql-editor-tool .graphiql-editor:not(.hidden)', '{"Authorization": "Bearer nonsense"}');
    await run(graphiql, meQuery);
    await expectResult(graphiql, 'TOKEN_INVALID');
    await expect.poll(() => seen.statuses).toEqual([401]);
  });

  test('R23: GraphiQL leaves no token and no password in storage, cookies, the address or the document', async ({
    graphiql,
    seen,
  }) => {
    await signUp(graphiql, newEmail());
    await run(graphiql, meQuery);
    await expectResult(graphiql, '@example.com');
    await graphiql.getByRole('button', { name: 'Renew now' }).click();
    const tokens = await tokensIn(seen, 4);
    // GraphiQL writes its state half a second after the last change.
    await expect.poll(() => graphiql.evaluate("localStorage.getItem('graphiql:tabState')")).toContain('query Me');
    const traces = await graphiql.evaluate(`JSON.stringify([
      { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.documentElement.outerHTML,
    ])`);
    expect([...tokens, goodPassword].filter((secret) => String(traces).includes(secret))).toEqual([]);
    expect(graphiql.url()).toBe(`${url}/graphql`);
  });

  test('GraphiQL ends its session when the page goes away', async ({ graphiql, seen, server }) => {
    await signUp(graphiql, newEmail());
    const [token = ''] = await tokensIn(seen, 2);
    expect((await server.gql(meQuery, { token })).codes).toEqual([]);
    await graphiql.reload();
    await expect
      .poll(async () => (await server.gql(meQuery, { token })).codes)
      .toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
  });

  test('Z14: GraphiQL sends its own token without the cookies of an app on the same host', async ({
    graphiql,
    server,
  }) => {
    const [email, other] = [newEmail(), newEmail()];
    const ask = (query: string) =>
      graphiql.evaluate(`fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: ${JSON.stringify(query)} }) }).then((response) => response.json())`);
    const viewer = '{ viewer { kind user { email } } }';
    await ask(
      `mutation { signup(input: { email: "${email}", password: "${goodPassword}", delivery: COOKIE }) { expiresIn } }`,
    );
    expect(await ask(viewer)).toEqual({ data: { viewer: { kind: 'COOKIE', user: { email } } } });
    await signup(server, other);
    await signIn(graphiql, other);
    expect(await ask(viewer)).toEqual({ data: { viewer: { kind: 'BEARER', user: { email: other } } } });
  });
});

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
