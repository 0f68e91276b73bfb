import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { testWithBrowser } from '../support/browser.ts';
import { browserMissing } from '../support/browser-file.ts';
import { selfSignedCertificate } from '../support/certificates.ts';
import { freePort, temporaryFolder } from '../support/process.ts';
import { goodPassword, newEmail, startServer } from '../support/server.ts';

/** An empty page on a new port: a port makes an origin. */
const startPage = async () => {
  const page = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>page</title><body></body>');
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', () => resolve()));
  return { page, port: (page.address() as AddressInfo).port };
};

const credentials = (email: string) => `email: "${email}", password: "${goodPassword}", delivery: COOKIE`;
const me = '{ me { email } }';

type Answer = { readonly data?: Record<string, unknown>; readonly failed?: string };

const test = testWithBrowser()
  // `listed` is in CORS_ORIGINS. `neighbour` is of the same site as the server, so browsers send it Lax cookies.
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from this pattern.
  .extend('origins', { scope: 'file' }, async ({}, { onCleanup }) => {
    const [listed, unlisted] = [await startPage(), await startPage()];
    onCleanup(() => {
      for (const { page } of [listed, unlisted]) page.close();
    });
    return {
      own: `http://localhost:${await freePort()}`,
      listed: `http://localhost:${listed.port}`,
      neighbour: `http://localhost:${unlisted.port}`,
      foreign: `http://127.0.0.1:${unlisted.port}`,
    };
  })
  .extend('env', { scope: 'file' }, ({ origins: { own, listed } }) => {
    const env: Record<string, string> = { PORT: new URL(own).port, ISSUER: own, CORS_ORIGINS: listed };
    return env;
  })
  /** A new profile of the browser, and what its pages and their scripts can do. */
  .extend('profile', async ({ browser, origins }, { onCleanup }) => {
    const context = await browser.newContext();
    onCleanup(() => context.close());
    const statuses: string[] = [];
    context.on('response', (response) => {
      if (!response.url().startsWith(`${origins.own}/graphql`)) return;
      statuses.push(`${response.request().method()} ${response.status()}`);
    });
    return {
      context,
      /** Method and status of every request of its pages to the server. */
      statuses,
      open: async (origin: string, path = '/'): Promise<Page> => {
        const page = await context.newPage();
        await page.goto(origin + path);
        return page;
      },
      /** What a script of the page gets: the answer, or why there is none. */
      post: (page: Page, query: string, init = ''): Promise<Answer> =>
        page.evaluate(`fetch('${origins.own}/graphql', {
          method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: ${JSON.stringify(query)} }), ${init}
        }).then((response) => response.json()).catch((error) => ({ failed: error.name }))`),
      get: (page: Page, query: string, init = ''): Promise<Answer> =>
        page.evaluate(`fetch('${origins.own}/graphql?query=' + encodeURIComponent(${JSON.stringify(query)}), {
          credentials: 'include', ${init}
        }).then((response) => response.json()).catch((error) => ({ failed: error.name }))`),
    };
  })
  /** Somebody who has signed up on a page of the listed origin. */
  .extend('visitor', async ({ profile, origins, server: _server }) => {
    const email = newEmail();
    const page = await profile.open(origins.listed);
    const signup = `mutation { signup(input: { ${credentials(email)} }) { accessToken user { email } } }`;
    const answer = await profile.post(page, signup);
    expect(answer.data?.['signup']).toEqual({ accessToken: null, user: { email } });
    return { page, email };
  });

describe.skipIf(browserMissing)('cookies in a browser', { timeout: 60_000 }, () => {
  test('G04: a page of a listed origin signs in, reads, refreshes and signs out, and its scripts see no token', async ({
    server,
    origins,
    profile: { context, post, get },
    visitor: { page, email },
  }) => {
    expect((await post(page, me)).data).toEqual({ me: { email } });
    expect((await get(page, me)).data).toEqual({ me: { email } });
    server.advance(16 * 60_000);
    expect(await post(page, me)).toMatchObject({ errors: [{ extensions: { reason: 'TOKEN_EXPIRED' } }] });
    expect((await post(page, 'mutation { refresh { refreshToken } }')).data).toEqual({
      refresh: { refreshToken: null },
    });
    expect((await post(page, me)).data).toEqual({ me: { email } });
    expect(await page.evaluate('document.cookie')).toBe('');
    const kept = await context.cookies(origins.own);
    expect(kept.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]).sort()).toEqual([
      ['fieldgate-access', true, 'Lax'],
      ['fieldgate-refresh', true, 'Lax'],
    ]);
    expect((await post(page, 'mutation { logout { endedSessions } }')).data).toEqual({ logout: { endedSessions: 1 } });
    expect(await context.cookies(origins.own)).toEqual([]);
  });

  test('R04: two tabs that refresh at once stay signed in', async ({
    origins,
    profile: { open, post },
    visitor: { page, email },
  }) => {
    const second = await open(origins.own, '/health');
    const refresh = 'mutation { refresh { expiresIn } }';
    // One each: of more, one that was sent first may arrive last, after the successor of its token was used.
    await Promise.all([page, second].map((tab) => post(tab, refresh)));
    for (const tab of [page, second]) {
      expect((await post(tab, refresh)).data).toEqual({ refresh: { expiresIn: 900 } });
      expect((await post(tab, me)).data).toEqual({ me: { email } });
    }
  });

  test('a page of the server itself reads by POST and by GET, which comes without an Origin', async ({
    origins,
    profile: { open, post, get },
    visitor: { email },
  }) => {
    const own = await open(origins.own, '/health');
    expect((await post(own, me)).data).toEqual({ me: { email } });
    expect((await get(own, me)).data).toEqual({ me: { email } });
  });

  const forgeries = [
    me,
    'mutation { refresh { expiresIn } }',
    'mutation { logout(input: { scope: ALL }) { endedSessions } }',
  ];
  test.for(['neighbour', 'foreign'] as const)(
    'G02: scripts of a %s page that is not listed change nothing and read nothing',
    async (kind, { origins, profile: { open, post, get, statuses }, visitor: { page, email } }) => {
      const other = await open(origins[kind]);
      statuses.length = 0;
      for (const query of forgeries) {
        expect(await post(other, query)).toEqual({ failed: 'TypeError' });
        expect(await post(other, query, "headers: { 'content-type': 'text/plain' }")).toEqual({ failed: 'TypeError' });
        await post(other, query, "mode: 'no-cors'");
        await post(other, query, "mode: 'no-cors', headers: { 'content-type': 'application/x-www-form-urlencoded' }");
        await other.evaluate(
          `navigator.sendBeacon('${origins.own}/graphql', new Blob([${JSON.stringify(JSON.stringify({ query }))}], { type: 'application/json' }))`,
        );
      }
      expect(await get(other, me)).toEqual({ failed: 'TypeError' });
      await get(other, me, "mode: 'no-cors'");
      const login = await post(other, `mutation { login(input: { ${credentials(email)} }) { expiresIn } }`);
      expect(login).toEqual({ failed: 'TypeError' });
      const isRefused = (status: string) => /^(?:POST 415|GET 40[13]|OPTIONS 204)$/.test(status);
      expect(statuses.filter((status) => !isRefused(status))).toEqual([]);
      expect(statuses).toContain('POST 415');
      // The request of the neighbour carries the cookie, and is refused for its origin.
      expect(statuses).toContain(kind === 'neighbour' ? 'GET 403' : 'GET 401');
      expect((await post(page, me)).data).toEqual({ me: { email } });
    },
  );

  test.for(['neighbour', 'foreign'] as const)(
    'G02: a form of a %s page changes nothing',
    async (kind, { origins, profile: { open, post, statuses }, visitor: { page, email } }) => {
      for (const [type, name, value] of [
        ['application/x-www-form-urlencoded', 'query', 'mutation { logout(input: { scope: ALL }) { endedSessions } }'],
        ['multipart/form-data', 'query', 'mutation { logout(input: { scope: ALL }) { endedSessions } }'],
        ['text/plain', '{"query":"mutation { logout(input: { scope: ALL }) { endedSessions } }","x":"', '"}'],
      ] as const) {
        const other = await open(origins[kind]);
        statuses.length = 0;
        await Promise.all([
          other.waitForURL(`${origins.own}/graphql`),
          other.evaluate(`(() => {
            const form = document.createElement('form');
            form.method = 'post'; form.action = '${origins.own}/graphql'; form.enctype = '${type}';
            const field = document.createElement('input');
            field.name = ${JSON.stringify(name)}; field.value = ${JSON.stringify(value)};
            form.append(field); document.body.append(form); form.submit();
          })()`),
        ]);
        expect(statuses, type).toEqual(['POST 415']);
        await other.close();
      }
      expect((await post(page, me)).data).toEqual({ me: { email } });
    },
  );

  test('G02: a frame without an origin reads nothing', async ({
    origins,
    profile: { post },
    visitor: { page, email },
  }) => {
    const outcome = await page.evaluate(`new Promise((resolve) => {
      addEventListener('message', ({ data, origin }) => resolve([data, origin]));
      const frame = document.createElement('iframe');
      frame.sandbox = 'allow-scripts';
      frame.srcdoc = \`<script>fetch('${origins.own}/graphql?query={me{email}}', { credentials: 'include' })
        .then((response) => response.text(), (error) => error.name).then((text) => parent.postMessage(text, '*'))</\` + 'script>';
      document.body.append(frame);
    })`);
    expect(outcome).toEqual(['TypeError', 'null']);
    expect((await post(page, me)).data).toEqual({ me: { email } });
  });

  test('over TLS the browser keeps cookies under the __Host- prefix, and no page of the same site can set them', async ({
    browser,
    origins,
  }) => {
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
});
