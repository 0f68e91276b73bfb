import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { testWithServer } from './server.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Why no browser can be opened here, or null. Where backends are required, a missing browser makes its tests fail. */
export const browserMissing =
  executablePath || process.env['REQUIRE_BACKENDS'] === '1' ? null : 'no Chromium under /usr/bin';
if (browserMissing) process.stderr.write(`skipped: ${browserMissing}\n`);

/** The browser reaches this machine alone. */
const localOnly = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1';
const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-component-update'];

const openBrowser = (): Promise<Browser> => {
  if (!executablePath) throw new Error('REQUIRE_BACKENDS=1, and there is no Chromium under /usr/bin.');
  const args = ['--no-sandbox', '--disable-background-networking', localOnly, ...quiet];
  return chromium.launch({ executablePath, args });
};

/** `testWithServer`, and one `browser` for the whole file. */
export const testWithBrowser = (env: Record<string, string> = {}) =>
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from this pattern.
  testWithServer(env).extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
    const browser = await openBrowser();
    onCleanup(() => browser.close());
    return browser;
  });
