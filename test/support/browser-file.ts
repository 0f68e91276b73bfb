import { existsSync } from 'node:fs';

export const browserFile = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);

/** Why no browser can be opened here, or null. Where backends are required, a missing browser makes its tests fail. */
export const browserMissing =
  browserFile || process.env['REQUIRE_BACKENDS'] === '1' ? null : 'no Chromium under /usr/bin';
