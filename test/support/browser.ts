import { type Browser, chromium } from 'playwright-core';
import { browserFile } from './browser-file.ts';
import { testWithServer } from './server.ts';

/** The browser reaches this machine alone. */
const localOnly = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1';
const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-component-update'];

const openBrowser = (): Promise<Browser> => {
  if (!browserFile) throw new Error('REQUIRE_BACKENDS=1, and there is no Chromium under /usr/bin.');
  const args = ['--no-sandbox', '--disable-background-networking', localOnly, ...quiet];
  return chromium.launch({ executablePath: browserFile, args });
};

/** `testWithServer`, and one `browser` for the whole file. */
export const testWithBrowser = (env: Record<string, string> = {}) =>
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from this pattern.
  testWithServer(env).extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
    const browser = await openBrowser();
    onCleanup(() => browser.close());
    return browser;
  });
