import {
  assertGuarded,
  authTypeDefs,
  type Decision,
  GuardError,
  type GuardOptions,
  guardSchema,
  type Refusal,
  runAs,
  undecidedRootFields,
  viewerOf,
} from '@fieldgate/guard';
import { useFieldgate } from '@fieldgate/guard/yoga';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { execute, extendSchema, parse } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { describe, expect, test, vi } from 'vitest';
import { authenticate, viewerNamed } from './fixture.ts';
import { problemsOf } from './problems.ts';

const roles = ['USER', 'ADMIN'];
const typeDefs = `
  type Query {
    old: Int
    open: Int @public
    me: String @auth
    secret: Int @auth(role: ADMIN)
    owned: Int @auth(policy: "owns")
    later: Int @auth(policy: "ownsLater")
    broken: Int @auth(policy: "breaks")
  }
  type Mutation { write: Int @auth(role: ADMIN) grown: Int }
  type Subscription { ticks: Int @auth(role: ADMIN) }`;

const create = (options: Partial<GuardOptions> = {}) => {
  const denied: Refusal[] = [];
  const decisions: Decision[] = [];
  const onFault = vi.fn();
  const schema = guardSchema(
    makeExecutableSchema({
      typeDefs: [authTypeDefs(roles), typeDefs],
      resolvers: {
        Query: {
          old: () => 0,
          open: () => 1,
          me: () => 'me',
          secret: () => 2,
          owned: () => 3,
          later: () => 4,
          broken: () => 5,
        },
        Mutation: { write: () => 6, grown: () => 7 },
        Subscription: {
          ticks: {
            subscribe: async function* () {
              yield { ticks: 8 };
            },
          },
        },
      },
    }),
    {
      roles,
      mode: 'report',
      exposeRequired: true,
      onDenied: (denial) => denied.push(denial),
      onFault,
      policies: {
        owns: () => false,
        ownsLater: async () => false,
        breaks: () => {
          throw new Error('bug');
        },
      },
      ...options,
    },
  );
  const consume = vi.fn((): GuardError | null => null);
  const yoga = createYoga({
    schema,
    logging: false,
    plugins: [useFieldgate({ authenticate, consume, onDecision: (decision) => decisions.push(decision) })],
  });
  const ask = async (query: string, token?: string) => {
    const response = await yoga.fetch('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query }),
    });
    return { status: response.status, text: await response.text() };
  };
  const reasons = () =>
    denied.map(({ error, enforced }) => [error.details.coordinate, error.code, error.details.reason, enforced]);
  return { schema, ask, denied, decisions, reasons, onFault, consume };
};

describe("mode 'report'", () => {
  test('G19 lets through what would be denied, and tells each denial with its coordinate', async () => {
    const { ask, reasons, decisions } = create();
    const { text } = await ask('{ old open me secret owned later broken }', 'user');
    expect(JSON.parse(text)).toEqual({ data: { old: 0, open: 1, me: 'me', secret: 2, owned: 3, later: 4, broken: 5 } });
    expect(reasons()).toEqual([
      ['Query.secret', 'FORBIDDEN', 'ROLE', false],
      ['Query.owned', 'FORBIDDEN', 'POLICY', false],
      ['Query.broken', 'FORBIDDEN', 'POLICY', false],
      ['Query.later', 'FORBIDDEN', 'POLICY', false],
    ]);
    expect(decisions).toEqual([expect.objectContaining({ kind: 'run' })]);
    expect(decisions).not.toEqual([expect.objectContaining({ reported: expect.anything() })]);
  });

  test.each([
    ['an anonymous caller', '{ secret }', undefined, 'UNAUTHENTICATED/TOKEN_MISSING', { data: { secret: 2 } }],
    ['a role that is too low', 'mutation { write }', 'user', 'FORBIDDEN/ROLE', { data: { write: 6 } }],
    ['an expired token', '{ secret }', 'expired', 'UNAUTHENTICATED/TOKEN_EXPIRED', { data: { secret: 2 } }],
    ['two credentials', '{ secret }', 'two', 'AMBIGUOUS_CREDENTIALS/undefined', { data: { secret: 2 } }],
    ['an outage of the authenticator', '{ secret }', 'down', 'SERVICE_UNAVAILABLE/undefined', { data: { secret: 2 } }],
  ])(
    'G19 lets an operation run that would be refused for %s, and onDecision is told',
    async (_who, query, token, reason, data) => {
      const { ask, decisions } = create();
      const { status, text } = await ask(query, token);
      expect([status, JSON.parse(text)]).toEqual([200, data]);
      const reported = decisions.map((decision) => (decision.kind === 'run' ? decision.reported : undefined));
      expect(reported.map((each) => [`${each?.error.code}/${each?.error.details.reason}`, each?.enforced])).toEqual([
        [reason, false],
      ]);
    },
  );

  test('G19 tells nothing of callers who meet the rules', async () => {
    const { ask, denied, decisions } = create();
    await ask('{ secret me }', 'admin');
    expect(denied).toEqual([]);
    expect(decisions).toEqual([{ kind: 'run', viewer: expect.objectContaining({ role: 'ADMIN' }) }]);
  });

  test('G19 lets a subscription through and tells of it', async () => {
    const { ask, reasons } = create();
    const { text } = await ask('subscription { ticks }', 'user');
    expect(text).toContain('{"data":{"ticks":8}}');
    expect(reasons()).toContainEqual(['Subscription.ticks', 'FORBIDDEN', 'ROLE', false]);
  });

  test('G19 tells of objects whose type has a rule, also in lists, promises and iterators, and of what would be hidden', async () => {
    const denied: Refusal[] = [];
    const item = (id: number) => ({ __typename: 'Item', id });
    const report = guardSchema(
      makeExecutableSchema({
        typeDefs: [
          authTypeDefs(roles),
          `interface Node { id: Int }
           type Item implements Node @auth(policy: "isOne") { id: Int }
           type Ghost @auth(role: ADMIN, onDenied: FILTER) { id: Int }
           type Query { list: [Item] @public later: [Item] @public iterator: [Item] @public node: Node @public ghosts: [Ghost] @public fails: Item @public }`,
        ],
        resolvers: {
          Query: {
            list: () => [item(1), item(2)],
            later: async () => [Promise.resolve(item(2))],
            iterator: function* () {
              yield item(2);
            },
            node: () => item(2),
            ghosts: () => [{ id: 9 }],
            fails: () => {
              throw new Error('unavailable');
            },
          },
        },
      }),
      {
        roles,
        mode: 'report',
        exposeRequired: true,
        onFault: () => {},
        onDenied: (denial) => denied.push(denial),
        policies: {
          isOne: async (parent: { id: number }, _args, context) =>
            viewerOf(context).kind === 'account' && parent.id === 1,
        },
      },
    );
    const query = '{ list { id } later { id } iterator { id } node { id } ghosts { id } fails { id } }';
    const viewer = { ...viewerNamed('user') };
    const result = await runAs({}, viewer, {}, (contextValue) =>
      execute({ schema: report, document: parse(query), contextValue }),
    );
    const two = [{ id: 2 }];
    expect(result).toMatchObject({
      data: {
        list: [{ id: 1 }, { id: 2 }],
        later: two,
        iterator: two,
        node: { id: 2 },
        ghosts: [{ id: 9 }],
        fails: null,
      },
      errors: [{ message: 'unavailable' }],
    });
    expect(new Set(denied.map(({ error }) => `${error.details.coordinate} ${error.details.reason}`))).toEqual(
      new Set(['Item POLICY', 'Ghost ROLE', 'Ghost.id ROLE']),
    );
    expect(denied.every(({ enforced }) => enforced === false)).toBe(true);
  });

  test('G19 still counts operations, and refuses those over the limit', async () => {
    const { ask, consume } = create();
    consume.mockReturnValue(new GuardError('SERVICE_UNAVAILABLE'));
    const { status, text } = await ask('{ secret }', 'user');
    expect([status, JSON.parse(text).data]).toEqual([503, undefined]);
  });

  test('G19 is never silent: it needs onDenied, and onFault is told at the start', () => {
    const { onFault } = create();
    expect(onFault).toHaveBeenCalledWith({ message: expect.stringContaining("mode: 'report'") }, undefined);
    const options = { roles, policies: {}, mode: 'report' } as const;
    expect(() =>
      guardSchema(makeExecutableSchema({ typeDefs: [authTypeDefs(roles), 'type Query { a: Int }'] }), options),
    ).toThrow(/needs onDenied/);
    const wrong = { ...options, mode: 'reprot' as 'report', onDenied: () => {} };
    expect(() =>
      guardSchema(makeExecutableSchema({ typeDefs: [authTypeDefs(roles), 'type Query { a: Int }'] }), wrong),
    ).toThrow(/'enforce' or 'report'/);
  });

  test('G19 starts with root fields without rules, but with no rule that is wrong', () => {
    expect(() => assertGuarded(create().schema)).not.toThrow();
    const wrong = () =>
      guardSchema(
        makeExecutableSchema({ typeDefs: [authTypeDefs(roles), 'type Query { a: Int b: Int @auth(policy: "none") }'] }),
        { roles, mode: 'report', exposeRequired: true, onDenied: () => {}, onFault: () => {} },
      );
    expect(problemsOf(wrong)).toEqual([expect.stringMatching(/^Query\.b: /)]);
    const extended = extendSchema(create().schema, parse('extend type Query { more: Int @auth }'));
    expect(problemsOf(() => assertGuarded(extended))).toEqual([expect.stringMatching(/^Query\.more: /)]);
  });

  test('G19 without it the same schema is refused, and every root field without a rule is named', () => {
    const problem = (coordinate: string) => `${coordinate}: is a root field with neither @auth nor @public`;
    expect(problemsOf(() => create({ mode: 'enforce' }))).toEqual([problem('Query.old'), problem('Mutation.grown')]);
  });
});

test('G19 undecidedRootFields lists the coordinates of the root fields without rules', () => {
  const schema = makeExecutableSchema({ typeDefs: [authTypeDefs(roles), typeDefs] });
  expect(undecidedRootFields(schema)).toEqual(['Query.old', 'Mutation.grown']);
  expect(undecidedRootFields(create().schema)).toEqual(['Query.old', 'Mutation.grown']);
});
