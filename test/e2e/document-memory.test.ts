import { describe, expect, it } from 'vitest';
import { freePort, spawnServer, temporaryFolder, whenListening } from '../support/process.ts';

/** Valid, nearly as long as documents may be, and never the same: what is kept of it is 0.5 MB. */
const document = (name: string): string =>
  `query ${name} { hello authEvents(filter: { types: [${'"" '.repeat(1_950)}] }) { edges { cursor } } }`;

describe('F22: documents that are never the same do not fill the memory', () => {
  it.each([
    ['the straight way', '/graphql'],
    ['through Yoga', '/graphql?way=the-other'],
  ])(
    '%s',
    async (_way, path) => {
      const port = String(await freePort());
      const heap = { NODE_OPTIONS: '--max-old-space-size=96' };
      const server = spawnServer({
        DATA_DIR: temporaryFolder(),
        PORT: port,
        LOG_LEVEL: 'error',
        RATE_LIMIT: 'off',
        ...heap,
      });
      await whenListening(server);
      const post = (query: string) =>
        fetch(`${server.url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query }),
        });
      for (let count = 0; count < 160; count += 1) {
        const answer = await post(document(`q${count}`)).catch(() => null);
        expect(answer?.status, server.output()).toBe(200);
        await answer?.arrayBuffer();
      }
    },
    60_000,
  );
});
