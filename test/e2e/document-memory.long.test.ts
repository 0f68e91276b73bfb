import { expect, test } from 'vitest';
import { startServerProcess } from '../support/process.ts';

/** A valid document, nearly as long as documents may be: the server keeps 0.5 MB of each. */
const document = (name: string): string =>
  `query ${name} { hello authEvents(filter: { types: [${'"" '.repeat(1_950)}] }) { edges { cursor } } }`;

test('F22: documents that never repeat do not fill the memory', { timeout: 60_000 }, async () => {
  const heap = { NODE_OPTIONS: '--max-old-space-size=96' };
  const server = await startServerProcess({ LOG_LEVEL: 'error', RATE_LIMIT: 'off', ...heap });
  for (let count = 0; count < 160; count += 1) {
    const answer = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: document(`q${count}`) }),
    }).catch(() => null);
    expect(answer?.status, server.output()).toBe(200);
    await answer?.arrayBuffer();
  }
});
