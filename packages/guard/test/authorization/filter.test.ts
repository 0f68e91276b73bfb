import { authTypeDefs, GuardError, type GuardOptions, guardSchema, type Policies, runAs } from '@fieldgate/guard';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { type ExecutionResult, execute, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { codesOf, type Resolvers, serve, viewerNamed } from './fixture.ts';
import { problemsOf } from './problems.ts';

const roles = ['USER', 'EDITOR', 'ADMIN'];
const build = (typeDefs: string, resolvers: Resolvers = {}, options: GuardOptions = {}) => {
  const warnings: string[] = [];
  const schema = guardSchema(makeExecutableSchema({ typeDefs: [authTypeDefs(roles), typeDefs], resolvers }), {
    roles,
    onWarning: (warning) => warnings.push(warning),
    ...options,
  });
  return { schema, warnings };
};

const typeDefs = /* GraphQL */ `
  interface Node { id: ID! }
  type Post implements Node { id: ID! title: String }
  type Draft implements Node @auth(role: EDITOR, onDenied: FILTER) { id: ID! title: String }
  type Note implements Node @auth(policy: "owns", onDenied: FILTER) { id: ID! owner: String text: String }
  union Item = Post | Draft | Note
  scalar Secret @auth(role: ADMIN, onDenied: FILTER)
  type DraftEdge { cursor: String! node: Draft }
  type NodeEdge { cursor: String! node: Node! }
  type PageInfo { hasNextPage: Boolean! }
  type DraftConnection { edges: [DraftEdge!]! nodes: [Draft!]! pageInfo: PageInfo! totalCount: Int! }
  type NodeConnection { edges: [NodeEdge] nodes: [Node] pageInfo: PageInfo! totalCount: Int! }
  type Person { name: String email: String @auth(role: ADMIN, onDenied: FILTER) }
  type Query {
    hello: String @public
    node(id: ID!): Node @public
    items: [Item!]! @public
    later: [Node] @auth
    grid: [[Node!]!] @public
    drafts: [Draft!]! @public
    draft: Draft @public
    sure: Draft! @public
    notes: [Note] @public
    note: Note @public
    secrets: [Secret!] @public
    secret: Secret @public
    connection: DraftConnection! @public
    feed: NodeConnection! @public
    person: Person @public
    both: [Both] @public
    loud: Draft @auth(role: ADMIN)
  }
  type Both @auth(role: USER) @auth(role: ADMIN, onDenied: FILTER) { id: ID }
  type Mutation { save: SavePayload @public draft: Draft @public }
  type SavePayload { draft: Draft item: Item note: Note edge: DraftEdge }
  type Subscription { item: Item @public }
`;

const post = { __typename: 'Post', id: 'p', title: 'Post' };
const draft = { __typename: 'Draft', id: 'd', title: 'Draft' };
const mine = { __typename: 'Note', id: 'm', owner: 'user', text: 'mine' };
const theirs = { __typename: 'Note', id: 't', owner: 'other', text: 'theirs' };
const all = [draft, post, theirs, mine];

const setUp = (own: Policies = {}) => {
  const ran: string[] = [];
  const says = (name: string, value: unknown) => () => {
    ran.push(name);
    return value;
  };
  const edges = (of: readonly { id: string }[]) => of.map((node) => ({ cursor: node.id, node }));
  const page = { pageInfo: { hasNextPage: true }, totalCount: 4 };
  const { schema, warnings } = build(
    typeDefs,
    {
      Draft: { title: says('Draft.title', 'Draft') },
      Query: {
        hello: () => 'hello',
        node: (_: unknown, { id }: { id: string }) => all.find((each) => each.id === id) ?? null,
        items: () => all,
        later: async () => all.map(async (each) => each),
        grid: () => [[draft], [post, theirs], [mine]],
        drafts: says('drafts', [draft]),
        draft: says('draft', draft),
        sure: says('sure', draft),
        notes: () => [theirs, mine],
        note: () => theirs,
        secrets: says('secrets', ['x']),
        secret: says('secret', 'x'),
        connection: () => ({ edges: edges([draft]), nodes: [draft], ...page }),
        feed: () => ({ edges: edges(all), nodes: all, ...page }),
        person: () => ({ name: 'N', email: 'E' }),
        both: () => [{ id: 1 }],
        loud: says('loud', draft),
      },
      Mutation: {
        save: says('save', { draft, item: draft, note: theirs, edge: { cursor: 'd', node: draft } }),
        draft: says('Mutation.draft', draft),
      },
      Subscription: {
        item: {
          subscribe: async function* () {
            yield { item: draft };
            yield { item: post };
          },
        },
      },
    } as Resolvers,
    { policies: { owns: (note: { owner: string }) => note.owner === 'user', ...own } },
  );
  return { ...serve(schema), schema, warnings, ran };
};

describe('onDenied: FILTER hides as if it were not there', () => {
  test.each([
    ['{ items { __typename } }', { items: [{ __typename: 'Post' }, { __typename: 'Note' }] }],
    ['{ later { id } }', { later: [{ id: 'p' }, { id: 'm' }] }],
    ['{ grid { id } }', { grid: [[], [{ id: 'p' }], [{ id: 'm' }]] }],
    ['{ drafts { id } draft { id } }', { drafts: [], draft: null }],
    ['{ notes { text } note { text } }', { notes: [{ text: 'mine' }], note: null }],
    ['{ secrets secret }', { secrets: [], secret: null }],
    ['{ person { name email } }', { person: { name: 'N', email: null } }],
    [
      '{ d: node(id: "d") { id } t: node(id: "t") { id } none: node(id: "none") { id } }',
      { d: null, t: null, none: null },
    ],
  ])('out of lists, and null elsewhere, without an error: %s', async (query, expected) => {
    const answer = await setUp().ask(query, { token: 'user' });
    expect([answer.status, answer.data, answer.errors]).toEqual([200, expected, []]);
  });

  test('edges leave a connection, whose page and count stay', async () => {
    const page = 'pageInfo { hasNextPage } totalCount';
    const { ask } = setUp();
    const query = `{ connection { edges { cursor node { id } } nodes { id } ${page} } feed { edges { node { id } } nodes { id } ${page} } bare: feed { edges { cursor } } }`;
    const answer = await ask(query, { token: 'user' });
    expect(answer.errors).toEqual([]);
    const shown = { pageInfo: { hasNextPage: true }, totalCount: 4 };
    expect(answer.data).toEqual({
      connection: { edges: [], nodes: [], ...shown },
      feed: { edges: [{ node: { id: 'p' } }, { node: { id: 'm' } }], nodes: [{ id: 'p' }, { id: 'm' }], ...shown },
      bare: { edges: [{ cursor: 'p' }, { cursor: 'm' }] },
    });
    const { data } = await ask(query, { token: 'admin' });
    expect(data).toMatchObject({ connection: { edges: [{ cursor: 'd', node: { id: 'd' } }] } });
  });

  test('no resolver of what is hidden runs, and none of its fields', async () => {
    const { ask, ran } = setUp();
    await ask('{ drafts { title } draft { title } secrets secret node(id: "d") { ... on Draft { title } } }', {
      token: 'user',
    });
    expect(ran).toEqual([]);
    await ask('{ drafts { title } }', { token: 'editor' });
    expect(ran).toEqual(['drafts', 'Draft.title']);
  });

  test('anonymous callers are never refused for it, and a dead credential is', async () => {
    const { ask } = setUp();
    const answer = await ask('{ drafts { id } }');
    expect([answer.status, answer.data, answer.errors]).toEqual([200, { drafts: [] }, []]);
    expect((await ask('{ drafts { id } }', { token: 'expired' })).status).toBe(401);
  });

  test('a mutation runs, and its payload hides; so do the events of a subscription', async () => {
    const { ask, ran, schema } = setUp();
    const query = 'mutation { save { draft { id } item { __typename } note { id } edge { cursor } } draft { id } }';
    const answer = await ask(query, { token: 'user' });
    expect([answer.status, answer.errors]).toEqual([200, []]);
    expect(answer.data).toEqual({ save: { draft: null, item: null, note: null, edge: null }, draft: null });
    expect(ran).toEqual(['save', 'Mutation.draft']);
    const response = await serve(schema).post(
      { query: 'subscription { item { __typename } }' },
      { token: 'user', accept: 'text/event-stream' },
    );
    const text = await response.text();
    expect(text).toContain('{"data":{"item":null}}');
    expect(text).toContain('{"data":{"item":{"__typename":"Post"}}}');
  });

  test('in a place that cannot be null, the null goes up with one error that names nothing', async () => {
    const answer = await setUp().ask('{ hello sure { id } }', { token: 'user' });
    expect(answer.data).toBeNull();
    expect(answer.errors.map(({ path, extensions }) => [path, extensions])).toEqual([
      [['sure'], { code: 'FORBIDDEN' }],
    ]);
  });

  test('of two rules that are not met, the one with an error decides', async () => {
    const { ask, ran } = setUp();
    const asUser = await ask('{ hello both { id } loud { id } }', { token: 'user' });
    expect(asUser.data).toEqual({ hello: 'hello', both: [], loud: null });
    expect(codesOf(asUser)).toEqual(['FORBIDDEN/ROLE']);
    const asVisitor = await ask('{ hello both { id } }', { token: 'visitor' });
    expect(asVisitor.data).toEqual({ hello: 'hello', both: null });
    expect(codesOf(asVisitor)).toEqual(['FORBIDDEN/ROLE']);
    expect(ran).toEqual([]);
  });

  test('a policy that cannot tell is an error, because a list would be shorter and nobody would know', async () => {
    const owns = () => {
      throw new GuardError('SERVICE_UNAVAILABLE');
    };
    const answer = await setUp({ owns }).ask('{ hello notes { id } }', { token: 'user' });
    expect(answer.data).toEqual({ hello: 'hello', notes: [null, null] });
    expect(answer.errors.map(({ extensions }) => extensions['code'])).toEqual([
      'SERVICE_UNAVAILABLE',
      'SERVICE_UNAVAILABLE',
    ]);
  });

  test.skipIf(process.env['GRAPHQL_MAJOR'] === '16')(
    'a compiled query hides what an interpreted one hides',
    async () => {
      const { compileQuery, isCompiledQuery } = await import('graphql-jit');
      const { schema } = setUp();
      const document = parse(
        '{ items { __typename } later { id } grid { id } drafts { id } notes { id } person { email } secret connection { edges { cursor } } feed { edges { cursor node { id } } } }',
      );
      const compiled = compileQuery(schema, document, '');
      if (!isCompiledQuery(compiled)) throw new Error('The query was not compiled.');
      for (const name of ['user', 'editor', 'admin']) {
        const as = <Result>(run: (contextValue: object) => Result): Result => runAs({}, viewerNamed(name), {}, run);
        const interpreted = (await as((contextValue) =>
          execute({ schema, document, contextValue }),
        )) as ExecutionResult;
        expect(await as((contextValue) => compiled.query(undefined, contextValue, {}))).toEqual(interpreted);
      }
    },
  );
});

describe('the start', () => {
  test('refuses FILTER where nothing can be hidden', () => {
    const wrong = `
      interface I { f: Int @auth(onDenied: FILTER) }
      type A implements I { f: Int! }
      type Query { a: Int! @auth(onDenied: FILTER) }
      type Mutation { c: Int @auth(onDenied: FILTER) }
      type Subscription @auth(onDenied: FILTER) { d: Int @public }`;
    const problems = problemsOf(() => build(wrong));
    const places = ['A.f', 'Query.a', 'Mutation.c', 'Subscription.d'];
    for (const place of places) expect(problems.filter((each) => each.startsWith(`${place}: @auth`))).not.toEqual([]);
    expect(problemsOf(() => build('type Query { a: Int @auth(onDenied: HIDE) }'))).toHaveLength(1);
  });

  test('warns where a denied object takes more with it than itself, and names FILTER', () => {
    const { warnings } = build(`
      interface Node { id: ID }
      type A implements Node { id: ID }
      type B implements Node @auth(role: ADMIN) { id: ID }
      type C @auth(role: ADMIN, onDenied: FILTER) { id: ID }
      type Query { good: [Node] @public bad: [Node!] @public worse: [[Node!]!]! @public sure: C! @public c: [C!]! @public }`);
    expect(warnings.map((each) => each.split(':')[0])).toEqual(['Query.bad', 'Query.worse', 'Query.sure']);
    expect(warnings[0]).toContain('onDenied: FILTER');
    expect(setUp().warnings.map((each) => each.split(':')[0])).toEqual(['Query.sure']);
  });
});
