import { serverAudits } from 'graphql-http';
import { describe, expect, test } from 'vitest';
import { productionEnv, testWithServer } from '../support/server.ts';

const modes = { development: testWithServer(), production: testWithServer(productionEnv) };

/** The address of the server is known when it runs. */
const audits = serverAudits({ url: '' }).map(({ id, name }) => ({ id, name }));

test('G01: the audit has all its 61 checks', () => {
  expect(new Set(audits.map(({ id }) => id)).size).toBe(61);
});

describe.each(Object.entries(modes))('GraphQL over HTTP in %s', (_mode, testMode) => {
  testMode.for(audits)('G01: $name', async ({ id }, { server }) => {
    const audit = serverAudits({ url: `${server.url}/graphql` }).find((each) => each.id === id);
    const result = await audit?.fn();
    expect(result?.status, result && 'reason' in result ? result.reason : '').toBe('ok');
  });
});
