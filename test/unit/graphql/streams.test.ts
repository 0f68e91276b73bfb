import { type Authenticator, authTypeDefs, guardSchema, userId, viewerOf } from '@fieldgate/guard';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { expect, it, vi } from 'vitest';
import { AppError } from '../../../src/domain/errors.ts';
import { noCookies, type RequestState } from '../../../src/graphql/context.ts';
import { createPipeline } from '../../../src/graphql/operation/pipeline.ts';
import { createYogaStreams } from '../../../src/graphql/streams/yoga.ts';
import { createGraphQLEndpoint } from '../../../src/http/graphql-endpoint.ts';

const roles = ['USER', 'ADMIN'];

const typeDefs = /* GraphQL */ `
  type Query { hello: String! @public }
  type Subscription {
    ticks(to: Int!): Int! @public
    who: String! @auth
    secret: String! @auth(role: ADMIN)
    ours: String! @auth(policy: "never")
    breaks: Int! @public
    fails: Int @public
  }
`;

/** An endpoint over a schema of subscriptions, and what its sources did. */
const streamEndpoint = () => {
  const sources = { opened: 0, closed: 0 };
  const faults: unknown[] = [];
  const operations: unknown[] = [];
  const source = (make: (args: { to: number }, context: unknown) => AsyncGenerator) => ({
    subscribe: async function* (_root: unknown, args: { to: number }, context: unknown) {
      sources.opened += 1;
      try {
        yield* make(args, context);
      } finally {
        sources.closed += 1;
      }
    },
  });
  const schema = guardSchema(
    makeExecutableSchema({
      typeDefs: [authTypeDefs(roles), typeDefs],
      resolvers: {
        Query: { hello: () => 'hello' },
        Subscription: {
          ticks: source(async function* ({ to }) {
            for (let i = 1; i <= to; i += 1) yield { ticks: i };
          }),
          who: source(async function* (_args, context) {
            yield { who: viewerOf(context).kind };
          }),
          secret: source(async function* () {
            yield { secret: 'secret' };
          }),
          ours: source(async function* () {
            yield { ours: 'ours' };
          }),
          breaks: source(async function* () {
            yield { breaks: 1 };
            throw new Error('postgres://password');
          }),
          fails: {
            ...source(async function* () {
              yield {};
            }),
            resolve: () => {
              throw new AppError('NOT_FOUND');
            },
          },
        },
      },
    }),
    { roles, policies: { never: () => false } },
  );
  const authenticate: Authenticator = ({ header }) => {
    const token = header('authorization');
    if (token === null) return { kind: 'absent' };
    if (token !== 'user') return { kind: 'rejected', reason: 'TOKEN_EXPIRED' };
    const viewer = { id: userId('u'), role: 'USER', scopes: [], sessionId: null, via: 'bearer', expiresAt: null };
    return { kind: 'accepted', viewer: { kind: 'account', ...viewer } };
  };
  const deps = {
    schema,
    authenticate,
    consume: {
      refuseExhausted: () => null,
      request: () => null,
      document: () => null,
      mayBeSignIn: () => false,
      operation: () => null,
    },
    resourceMetadata: 'http://localhost/metadata',
    onRefusal: () => {},
    reportFault: (error: unknown) => faults.push(error),
    onOperation: (...operation: unknown[]) => operations.push(operation),
    createOwnContext: null,
  };
  const pipeline = createPipeline({ ...deps, fieldLimits: new Map(), ownFields: new Set(), introspection: 'full' });
  const executeStream = createYogaStreams({ ...deps, path: '/graphql' });
  const endpoint = createGraphQLEndpoint({ pipeline, executeStream, executeWhole: null, graphiql: null });

  const ask = async (query: string, headers: Record<string, string> = {}, variables = {}) => {
    const body = JSON.stringify({ query, variables });
    const all = new Headers({ 'content-type': 'application/json', accept: 'text/event-stream', ...headers });
    const state: RequestState = {
      requestId: 'r1',
      client: { ip: null, userAgent: null },
      setCookies: noCookies,
      rateLimits: [],
      payer: null,
    };
    const answer = await endpoint(
      {
        method: 'POST',
        path: '/graphql',
        search: '',
        header: (name) => all.get(name),
        body: Buffer.from(body),
        toRequest: () => new Request('http://localhost/graphql', { method: 'POST', headers: all, body }),
      },
      state,
    );
    const text = answer instanceof Response ? await answer.text() : (answer.body ?? '');
    const events = [...text.matchAll(/^event: next\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''));
    return { answer, text, events };
  };
  return { ask, sources, faults, operations };
};

it('a subscription is a stream of its events, and then complete', async () => {
  const { ask, sources, operations } = streamEndpoint();
  const { answer, text, events } = await ask('subscription ($n: Int!) { ticks(to: $n) }', {}, { n: 3 });
  expect(answer).toBeInstanceOf(Response);
  expect(events).toEqual([{ data: { ticks: 1 } }, { data: { ticks: 2 } }, { data: { ticks: 3 } }]);
  expect(text).toContain('event: complete');
  expect(sources).toEqual({ opened: 1, closed: 1 });
  expect(operations).toEqual([['subscription', 'ok']]);
});

it('the viewer is there when the source opens', async () => {
  const { ask } = streamEndpoint();
  expect((await ask('subscription { who }', { authorization: 'user' })).events).toEqual([{ data: { who: 'account' } }]);
});

it.each([
  ['no credential', 'subscription { who }', {}, 'UNAUTHENTICATED', 'TOKEN_MISSING'],
  ['a dead credential', 'subscription { who }', { authorization: 'dead' }, 'UNAUTHENTICATED', 'TOKEN_EXPIRED'],
  ['a role that is missing', 'subscription { secret }', { authorization: 'user' }, 'FORBIDDEN', 'ROLE'],
  ['a policy that says no', 'subscription { ours }', { authorization: 'user' }, 'FORBIDDEN', 'POLICY'],
])(
  '%s: one event with the refusal, complete, and no source was opened',
  async (_what, query, headers, code, reason) => {
    const { ask, sources } = streamEndpoint();
    const { events, text } = await ask(query, headers);
    expect(events).toMatchObject([{ errors: [{ extensions: { code, reason } }] }]);
    expect('data' in events[0]).toBe(false);
    expect(text).toContain('event: complete');
    expect(sources.opened).toBe(0);
  },
);

it('what a source throws is masked, reported, and ends the stream', async () => {
  const { ask, faults, text } = { ...streamEndpoint(), text: '' };
  const answered = await ask('subscription { breaks }');
  expect(answered.events).toMatchObject([
    { data: { breaks: 1 } },
    { errors: [{ message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] },
  ]);
  expect(answered.text + text).not.toContain('password');
  expect(faults).toHaveLength(1);
});

it('an error of one event keeps its code, and the stream goes on', async () => {
  const { ask, faults } = streamEndpoint();
  const { events } = await ask('subscription { fails }');
  expect(events).toMatchObject([{ data: { fails: null }, errors: [{ extensions: { code: 'NOT_FOUND' } }] }]);
  expect(faults).toEqual([]);
});

it('a client that accepts no stream is answered 406 before a source opens', async () => {
  const { ask, sources } = streamEndpoint();
  const { answer } = await ask('subscription { ticks(to: 1) }', { accept: 'application/json' });
  expect([answer.status, sources.opened]).toEqual([406, 0]);
});

it('what is wrong with a document or its variables is one event', async () => {
  const { ask, sources } = streamEndpoint();
  for (const query of ['subscription { nope }', 'subscription {', 'subscription ($n: Int!) { ticks(to: $n) }']) {
    const { events } = await ask(query);
    expect(events).toMatchObject([{ errors: [{ extensions: { code: expect.any(String) } }] }]);
  }
  expect(sources.opened).toBe(0);
});

it('a document is parsed and validated once, for streams and answers in one piece together', async () => {
  const graphql = await import('graphql');
  const lexed = vi.spyOn(graphql.Lexer.prototype, 'advance');
  const { ask } = streamEndpoint();
  const query = 'query A { hello } subscription B { ticks(to: 1) }'.replace('query A { hello } ', '');
  await ask(query);
  const once = lexed.mock.calls.length;
  await ask(query);
  await ask(query);
  expect(lexed.mock.calls.length).toBe(once);
  lexed.mockRestore();
});

it('a query for a client that accepts streams only is one event and complete', async () => {
  const { ask } = streamEndpoint();
  const { events, text } = await ask('{ hello }');
  expect(events).toEqual([{ data: { hello: 'hello' } }]);
  expect(text).toContain('event: complete');
});
