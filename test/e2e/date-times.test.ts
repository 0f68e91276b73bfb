import { describe, expect } from 'vitest';
import { adminEnv, loginAsAdmin, type TestServer, testWithServer } from '../support/server.ts';

const test = testWithServer(adminEnv);

const ask = async (server: TestServer, since: string) => {
  const token = (await loginAsAdmin(server)).accessToken;
  const variable = await server.gql(
    'query ($since: DateTime) { authEvents(filter: { since: $since }) { edges { node { time } } } }',
    { token, variables: { since } },
  );
  const literal = await server.gql(
    `{ authEvents(filter: { since: ${JSON.stringify(since)} }) { edges { node { time } } } }`,
    { token },
  );
  return { variable, literal };
};

describe('DateTime as input', () => {
  test.for([
    '2020-11-22T12:00:00Z',
    '2020-11-22t12:00:00.123456789z',
    '2020-11-22T00:00:00-23:59',
    '2020-11-22T12:00:00-00:00',
    '2028-02-29T00:00:00+01:00',
    '2016-12-31T23:59:60Z',
    '2016-12-31T15:59:60.5-08:00',
  ])('%s is RFC 3339', async (since, { server }) => {
    const { variable, literal } = await ask(server, since);
    expect([variable.codes, literal.codes]).toEqual([[], []]);
    expect(variable.data).toEqual(literal.data);
  });

  test.for([
    'tomorrow 5',
    '11/12/2026',
    '2026-11-22',
    '2026-11-22T12:00Z',
    '2026-11-22T12:00:00',
    '2026-11-22 12:00:00Z',
    '2026-11-22T12:00:00,5Z',
    '2026-11-22T12:00:00+0100',
    '2026-11-22T24:00:00Z',
    '2026-11-22T12:00:00+24:00',
    '2026-02-30T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '+002026-11-22T12:00:00Z',
    '2026-11-22T12:00:60Z',
    '2026-11-30T23:59:60Z',
    ' 2026-11-22T12:00:00Z',
  ])('%s is refused', async (since, { server }) => {
    const { variable, literal } = await ask(server, since);
    expect(variable.codes).toEqual(['BAD_USER_INPUT']);
    expect(literal.codes).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    for (const { errors } of [variable, literal]) expect(errors?.[0]?.message).toContain('This is not a DateTime.');
  });

  test('the offset counts', async ({ server }) => {
    const { variable } = await ask(server, '2020-01-01T00:00:00Z');
    const [newest] = variable.data.authEvents.edges.map(({ node }: { node: { time: string } }) => node.time);
    const after = new Date(Date.parse(newest) + 3_600_000).toISOString();
    const eventsSince = async (since: string) => (await ask(server, since)).literal.data.authEvents.edges.length;
    expect(await eventsSince(after)).toBe(0);
    expect(await eventsSince(after.replace('Z', '+02:00'))).toBeGreaterThan(0);
  });
});
