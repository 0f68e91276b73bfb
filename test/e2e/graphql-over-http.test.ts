import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';

const key = 'tests only: 32 bytes and more, never used by a server that runs';

describe.each([
  ['development', {}],
  ['production', { NODE_ENV: 'production', JWT_ALGORITHM: 'HS256', JWT_SECRET: key }],
])('GraphQL over HTTP, %s', (_environment, env) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(env);
  });
  afterAll(() => server.stop());

  const audits = serverAudits({ url: () => `${server.url}/graphql` });

  it('G01: the audit has all its 61 checks', () => {
    expect(audits).toHaveLength(61);
  });

  it.each(audits.map((audit) => [audit.name, audit] as const))('G01: %s', async (_name, audit) => {
    const result = await audit.fn();
    expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
  });
});
