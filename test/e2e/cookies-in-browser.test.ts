import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../support/certificates.ts';
import { freePort, temporaryFolder } from '../support/process.ts';
import { goodPassword, newEmail, signup, startServer, type TestServer } from '../support/server.ts';

const chromiumFile = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Why no page can be opened here, or null. Where backends are required, a missing browser fails. */
const missing = chromiumFile || process.env['REQUIRE_BACKENDS'] === '1' ? null : 'no Chromium under /usr/bin';
if (missing) process.stderr.write(`skipped: ${missing}\n`);

const nobodyResolves = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1';
const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-component-update'];

/** An empty page on a port of its own: another origin. Under `localhost` it is of the same site, so Lax cookies go along. */
const startPage = async (): Promise<{ readonly page: Server; readonly port: number }> => {
  const page = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>page</title><body></body>');
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', () => resolve()));
  return { page, port: (page.address() as AddressInfo).port };
};

describe.skipIf(missing)(`cookies in a browser${missing ? ` (skipped: ${missing})` : ''}`, { timeout: 60_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  let pages: readonly Server[];
  let origins: { own: string; listed: string; neighbour: string; foreign: string };
  beforeAll(async () => {
    const [listed, stranger] = await Promise.all([startPage(), startPage()]);
    pages = [listed.page, stranger.page];
    const port = await freePort();
    origins = {
      own: `http://localhost:${port}`,
      listed: `http://localhost:${listed.port}`,
      neighbour: `http://localhost:${stranger.port}`,
      foreign: `http://127.0.0.1:${stranger.port}`,
    };
    server = await startServer({ PORT: String(port), ISSUER: origins.own, CORS_ORIGINS: origins.listed });
    if (!chromiumFile) throw new Error('REQUIRE_BACKENDS=1, and there is no Chromium under /usr/bin.');
    const args = ['--no-sandbox', '--disable-background-networking', nobodyResolves, ...quiet];
    browser = await chromium.launch({ executablePath: chromiumFile, args });
  });
  afterAll(async () => {
    await browser?.close();
    for (const page of pages) page.close();
    await server.stop();
  });

  let context: BrowserContext;
  /** What the server said to each request, of any page: method and status. */
  let statuses: string[];
  beforeEach(async () => {
    context = await browser.newContext();
    statuses = [];
    context.on('response', (response) => {
      if (response.url().startsWith(`${origins.own}/graphql`)) {
        statuses.push(`${response.request().method()} ${response.status()}`);
      }
    });
  });
  afterEach(() => context.close());

  const open = async (origin: string, path = '/'): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(origin + path);
    return page;
  };

  /** What a script of the page gets: the answer, or why there is none. */
  const ask = (page: Page, query: string, init = ''): Promise<{ data?: Record<string, unknown>; failed?: string }> =>
    page.evaluate(`fetch('${origins.own}/graphql', {
      method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: ${JSON.stringify(query)} }), ${init}
    }).then((response) => response.json()).catch((error) => ({ failed: error.name }))`);

  const get = (page: Page, query: string, init = ''): Promise<{ data?: Record<string, unknown>; failed?: string }> =>
    page.evaluate(`fetch('${origins.own}/graphql?query=' + encodeURIComponent(${JSON.stringify(query)}), {
      credentials: 'include', ${init}
    }).then((response) => response.json()).catch((error) => ({ failed: error.name }))`);

  const credentials = (email: string) => `email: "${email}", password: "${goodPassword}", delivery: COOKIE`;
  const me = '{ me { email } }';

  /** A visitor who has signed up on a page of the listed origin. */
  const visitor = async () => {
    const email = newEmail();
    const page = await open(origins.listed);
    const answer = await ask(
      page,
      `mutation { signup(input: { ${credentials(email)} }) { accessToken user { email } } }`,
    );
    expect(answer.data?.['signup']).toEqual({ accessToken: null, user: { email } });
    return { page, email };
  };

  it('G04: a page of a listed origin signs in, reads, refreshes and signs out; its scripts never see a token', async () => {
    const { page, email } = await visitor();
    expect((await ask(page, me)).data).toEqual({ me: { email } });
    expect((await get(page, me)).data).toEqual({ me: { email } });
    server.advance(16 * 60_000);
    expect(await ask(page, me)).toMatchObject({ errors: [{ extensions: { reason: 'TOKEN_EXPIRED' } }] });
    expect((await ask(page, 'mutation { refresh { refreshToken } }')).data).toEqual({
      refresh: { refreshToken: null },
    });
    expect((await ask(page, me)).data).toEqual({ me: { email } });
    expect(await page.evaluate('document.cookie')).toBe('');
    const kept = await context.cookies(origins.own);
    expect(kept.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]).sort()).toEqual([
      ['fieldgate-access', true, 'Lax'],
      ['fieldgate-refresh', true, 'Lax'],
    ]);
    expect((await ask(page, 'mutation { logout { endedSessions } }')).data).toEqual({ logout: { endedSessions: 1 } });
    expect(await context.cookies(origins.own)).toEqual([]);
  });

  it('two tabs that refresh at once stay signed in', async () => {
    const { page, email } = await visitor();
    const second = await open(origins.own, '/health');
    const refresh = 'mutation { refresh { expiresIn } }';
    // One each: of more, one that was sent first may arrive last, after the successor of its token was used.
    await Promise.all([page, second].map((tab) => ask(tab, refresh)));
    for (const tab of [page, second]) {
      expect((await ask(tab, refresh)).data).toEqual({ refresh: { expiresIn: 900 } });
      expect((await ask(tab, me)).data).toEqual({ me: { email } });
    }
  });

  it('a page of the server itself reads by POST and by GET, which comes without an Origin', async () => {
    const { email } = await visitor();
    const own = await open(origins.own, '/health');
    expect((await ask(own, me)).data).toEqual({ me: { email } });
    expect((await get(own, me)).data).toEqual({ me: { email } });
  });

  const forgeries = [
    me,
    'mutation { refresh { expiresIn } }',
    'mutation { logout(input: { scope: ALL }) { endedSessions } }',
  ];
  it.each(['neighbour', 'foreign'] as const)(
    'G02: scripts of a %s page that is not listed do nothing and read nothing',
    async (who) => {
      const { page, email } = await visitor();
      const stranger = await open(origins[who]);
      statuses.length = 0;
      for (const query of forgeries) {
        expect(await ask(stranger, query)).toEqual({ failed: 'TypeError' });
        expect(await ask(stranger, query, "headers: { 'content-type': 'text/plain' }")).toEqual({
          failed: 'TypeError',
        });
        await ask(stranger, query, "mode: 'no-cors'");
        await ask(stranger, query, "mode: 'no-cors', headers: { 'content-type': 'application/x-www-form-urlencoded' }");
        await stranger.evaluate(
          `navigator.sendBeacon('${origins.own}/graphql', new Blob([${JSON.stringify(JSON.stringify({ query }))}], { type: 'application/json' }))`,
        );
      }
      expect(await get(stranger, me)).toEqual({ failed: 'TypeError' });
      await get(stranger, me, "mode: 'no-cors'");
      const login = await ask(stranger, `mutation { login(input: { ${credentials(email)} }) { expiresIn } }`);
      expect(login).toEqual({ failed: 'TypeError' });
      const isRefused = (status: string) => /^(?:POST 415|GET 40[13]|OPTIONS 204)$/.test(status);
      expect(statuses.filter((status) => !isRefused(status))).toEqual([]);
      expect(statuses).toContain('POST 415');
      // The neighbour's request carries the cookie, and is refused for where it comes from.
      expect(statuses).toContain(who === 'neighbour' ? 'GET 403' : 'GET 401');
      expect((await ask(page, me)).data).toEqual({ me: { email } });
    },
  );

  it.each(['neighbour', 'foreign'] as const)('G02: a form of a %s page changes nothing', async (who) => {
    const { page, email } = await visitor();
    for (const [type, name, value] of [
      ['application/x-www-form-urlencoded', 'query', 'mutation { logout(input: { scope: ALL }) { endedSessions } }'],
      ['multipart/form-data', 'query', 'mutation { logout(input: { scope: ALL }) { endedSessions } }'],
      ['text/plain', '{"query":"mutation { logout(input: { scope: ALL }) { endedSessions } }","x":"', '"}'],
    ] as const) {
      const stranger = await open(origins[who]);
      statuses.length = 0;
      await Promise.all([
        stranger.waitForURL(`${origins.own}/graphql`),
        stranger.evaluate(`(() => {
          const form = document.createElement('form');
          form.method = 'post'; form.action = '${origins.own}/graphql'; form.enctype = '${type}';
          const field = document.createElement('input');
          field.name = ${JSON.stringify(name)}; field.value = ${JSON.stringify(value)};
          form.append(field); document.body.append(form); form.submit();
        })()`),
      ]);
      expect(statuses, type).toEqual(['POST 415']);
      await stranger.close();
    }
    expect((await ask(page, me)).data).toEqual({ me: { email } });
  });

  it('G02: a frame without an origin reads nothing', async () => {
    const { page, email } = await visitor();
    const outcome = await page.evaluate(`new Promise((resolve) => {
      addEventListener('message', ({ data, origin }) => resolve([data, origin]));
      const frame = document.createElement('iframe');
      frame.sandbox = 'allow-scripts';
      frame.srcdoc = \`<script>fetch('${origins.own}/graphql?query={me{email}}', { credentials: 'include' })
        .then((response) => response.text(), (error) => error.name).then((text) => parent.postMessage(text, '*'))</\` + 'script>';
      document.body.append(frame);
    })`);
    expect(outcome).toEqual(['TypeError', 'null']);
    expect((await ask(page, me)).data).toEqual({ me: { email } });
  });

  it('over TLS the browser keeps them under the prefix, and lets no neighbour set them', async () => {
    const port = await freePort();
    const folder = temporaryFolder();
    const { cert, key } = selfSignedCertificate();
    writeFileSync(join(folder, 'cert.pem'), cert);
    writeFileSync(join(folder, 'key.pem'), key);
    const own = `https://localhost:${port}`;
    const files = { TLS_CERT: join(folder, 'cert.pem'), TLS_KEY: join(folder, 'key.pem') };
    await startServer({ PORT: String(port), ISSUER: own, ...files });
    await using trusting = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await trusting.newPage();
    await page.goto(`${own}/health`);
    const email = newEmail();
    const send = (query: string) =>
      page.evaluate(`fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: ${JSON.stringify(query)} }) }).then((response) => response.json())`);
    await send(`mutation { signup(input: { ${credentials(email)} }) { expiresIn } }`);
    const neighbour = await trusting.newPage();
    await neighbour.goto(origins.neighbour);
    for (const name of [
      '__Host-fieldgate-access',
      '\u00a0__Host-fieldgate-access',
      '=__Host-fieldgate-access',
      'fieldgate-access',
    ]) {
      await neighbour.evaluate(`document.cookie = ${JSON.stringify(`${name}=evil; path=/`)}`);
      await neighbour.evaluate(`document.cookie = ${JSON.stringify(`${name}=evil; path=/graphql`)}`);
    }
    const ours = (await trusting.cookies(own)).filter(({ httpOnly }) => httpOnly);
    expect(ours.map(({ name, secure }) => [name, secure]).sort()).toEqual([
      ['__Host-fieldgate-access', true],
      ['__Host-fieldgate-refresh', true],
    ]);
    expect(await send(me)).toEqual({ data: { me: { email } } });
    expect(await send('mutation { logout { endedSessions } }')).toEqual({ data: { logout: { endedSessions: 1 } } });
    expect((await trusting.cookies(own)).filter(({ httpOnly }) => httpOnly)).toEqual([]);
  });

  it('Z14: GraphiQL sends its own token without the cookies of an app on the same host', async () => {
    const { email } = await visitor();
    const graphiql = await open(origins.own, '/graphql');
    await graphiql.getByLabel('Email').waitFor();
    const inPage = `fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ viewer { kind user { email } } }' }) }).then((response) => response.json())`;
    expect(await graphiql.evaluate(inPage)).toEqual({ data: { viewer: { kind: 'COOKIE', user: { email } } } });
    const other = newEmail();
    await signup(server, other);
    await graphiql.getByLabel('Email').fill(other);
    await graphiql.getByLabel('Password').fill(goodPassword);
    await graphiql.getByRole('button', { name: 'Sign in' }).click();
    await graphiql.getByRole('status', { name: `Signed in as ${other}` }).waitFor();
    expect(await graphiql.evaluate(inPage)).toEqual({ data: { viewer: { kind: 'BEARER', user: { email: other } } } });
  });
});
