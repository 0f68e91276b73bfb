import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineConfig } from '../../src/config/define-config.ts';
import { refuse } from '../../src/domain/refuse.ts';
import { type Grant, newEmail, openServer, signup, type TestServer } from '../support/server.ts';

const called: string[] = [];

/** Notes which of its hooks run. */
const plugin = Object.fromEntries(
  [
    'onRequest',
    'onParams',
    'onParse',
    'onValidate',
    'onContextBuilding',
    'onExecute',
    'onSubscribe',
    'onResultProcess',
    'onResponse',
  ].map((name) => [name, () => void called.push(name)]),
);

const own = {
  typeDefs: /* GraphQL */ `
    extend type Query { mine: String! @auth  fails: String @public  refused: String @public }
    extend type Mutation { change(text: String!): String! @auth }
    type Subscription { ticks: Int! @auth }
  `,
  resolvers: {
    Query: {
      mine: (_parent: unknown, _args: unknown, { viewer }: { viewer: { id: string } }) => viewer.id,
      fails: () => {
        throw new Error('a fault');
      },
      refused: () => refuse('OUT_OF_STOCK', 'Nothing is left.'),
    },
    Mutation: { change: (_parent: unknown, { text }: { text: string }) => text },
    Subscription: {
      ticks: {
        subscribe: async function* () {
          yield { ticks: 1 };
        },
      },
    },
  },
};

const cases: readonly {
  readonly query: string;
  readonly variables?: object;
  readonly anonymous?: boolean;
  readonly accept?: string;
}[] = [
  { query: '{ hello mine }' },
  { query: '{ hello mine }', anonymous: true },
  { query: '{ mine }', anonymous: true },
  { query: '{ mine }', accept: 'application/json' },
  { query: '{ fails }' },
  { query: '{ refused hello }' },
  { query: '{ users { edges { cursor } } }' },
  { query: 'mutation ($text: String!) { change(text: $text) }', variables: { text: 'x' } },
  { query: 'mutation ($text: String!) { change(text: $text) }', variables: { text: 7 } },
  { query: '{ nothing }' },
  { query: '{' },
  { query: '' },
  { query: 'subscription { ticks }', accept: 'text/event-stream' },
  { query: 'subscription { ticks }', accept: 'text/event-stream', anonymous: true },
  { query: 'subscription { ticks }' },
  { query: '{ mine }', accept: 'text/event-stream' },
  { query: '{ mine }', accept: 'image/png' },
];

describe('with a plug-in of Yoga', () => {
  let servers: readonly TestServer[] = [];
  let grants: readonly Grant[] = [];
  beforeAll(async () => {
    servers = [
      await openServer({}, { own: defineConfig(own) }),
      await openServer({}, { own: defineConfig({ ...own, yoga: [plugin] }) }),
    ];
    grants = await Promise.all(servers.map((server) => signup(server, newEmail())));
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  const ask = async (index: number, { query, variables, anonymous, accept }: (typeof cases)[number]) => {
    const grant = grants[index];
    const response = await servers[index]?.fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: accept ?? 'application/graphql-response+json',
        ...(anonymous ? {} : { authorization: `Bearer ${grant?.accessToken}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const text = (await response?.text())?.replaceAll(grant?.user.id ?? '', 'ID').replace(/"requestId":"[^"]+"/, '');
    return { status: response?.status, type: response?.headers.get('content-type'), text };
  };

  test.each(cases)('the answer is the same: $query, anonymous: $anonymous, accept: $accept', async (each) => {
    expect(await ask(1, each)).toEqual(await ask(0, each));
  });

  test('GET and HEAD are answered as without one', async () => {
    for (const method of ['GET', 'HEAD']) {
      const answers = await Promise.all(
        servers.map(async (server) => {
          const response = await server.fetch('/graphql?query=%7Bhello%7D', { method });
          return { status: response.status, text: await response.text() };
        }),
      );
      expect(answers[1]).toEqual(answers[0]);
    }
  });

  test('all its hooks run, once each', async () => {
    const hooksOf = async (each: (typeof cases)[number]) => {
      called.length = 0;
      await ask(1, each);
      return [...called];
    };
    expect(await hooksOf({ query: '{ mine }' })).toEqual([
      'onRequest',
      'onParams',
      'onParse',
      'onValidate',
      'onContextBuilding',
      'onExecute',
      'onResultProcess',
      'onResponse',
    ]);
    expect(await hooksOf({ query: 'subscription { ticks }', accept: 'text/event-stream' })).toContain('onSubscribe');
    expect(await hooksOf({ query: '{' })).toEqual(['onRequest', 'onParams', 'onResultProcess', 'onResponse']);
  });
});
