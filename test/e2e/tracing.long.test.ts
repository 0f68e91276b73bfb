import { expect, test } from 'vitest';
import { startCollector } from '../support/otlp-collector.ts';
import { freePort } from '../support/process.ts';
import { signup, startServer, type TestServer } from '../support/server.ts';

const failuresOf = (server: TestServer) => server.logLines().filter(({ event }) => event === 'tracing.failing');

// Two spans for each request are more than can wait (2048).
test.each([
  ['is away', async () => `http://127.0.0.1:${await freePort()}`],
  ['never answers', async () => (await startCollector(null)).url],
])(
  'a collector that %s fails no request and does not delay a stop',
  { timeout: 60_000 },
  async (_what, collectorUrl) => {
    const server = await startServer({ OTEL_EXPORTER_OTLP_ENDPOINT: await collectorUrl() });
    const { accessToken: token } = await signup(server);
    const answers = await Promise.all(Array.from({ length: 1_200 }, () => server.gql('{ me { id } }', { token })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const startedAt = performance.now();
    await server.stop();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(failuresOf(server)).toMatchObject([{ err: 'no answer while stopping' }]);
  },
);

test('a collector that refuses is logged once, without its answer and the headers it was sent', {
  timeout: 60_000,
}, async () => {
  const collector = await startCollector({ status: 400, echo: true });
  const server = await startServer({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20let-me-in',
  });
  for (let round = 0; round < 5; round++) {
    await Promise.all(Array.from({ length: 520 }, () => server.gql('{ hello }')));
  }
  await server.stop();
  expect(collector.requests.length).toBeGreaterThan(1);
  expect(collector.requests[0]?.headers).toMatchObject({ authorization: 'Bearer let-me-in' });
  expect(failuresOf(server)).toMatchObject([{ level: 40, err: 'HTTP status 400' }]);
  expect(JSON.stringify(server.logLines())).not.toContain('let-me-in');
});
