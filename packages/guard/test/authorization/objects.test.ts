import { authTypeDefs, guardSchema, type Policies, runAs } from '@fieldgate/guard';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { type ExecutionResult, execute, GraphQLObjectType, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { codesOf, type Resolvers, schemaOf, serve, viewerNamed } from './fixture.ts';

const typeDefs = /* GraphQL */ `
  interface Node { id: ID! }
  type Open implements Node { id: ID! }
  type Secret implements Node @auth(role: ADMIN) { id: ID! word: String related: [Node] }
  type Owned implements Node @auth(policy: "owns") { id: ID! owner: String a: String b: String }
  union Found = Open | Secret | Owned
  type Query {
    hello: String @public
    node(id: ID!): Node @public
    nodes: [Node] @public
    sure: [Node!] @public
    surely: Found! @public
    found: [Found] @public
    grid: [[Node]] @public
    later: [Node] @public
    owned: Owned @public
    allOwned: [Owned!] @public
  }
  type Mutation { find: Found @public }
`;

const open = { __typename: 'Open', id: 'o' };
const secret = { __typename: 'Secret', id: 's', word: 'WORD', related: () => [secret, open] };
const mine = { __typename: 'Owned', id: 'm', owner: 'user', a: 'A', b: 'B' };
const theirs = { __typename: 'Owned', id: 't', owner: 'other', a: 'A', b: 'B' };
const all = [open, secret, mine, theirs];

const resolvers: Resolvers = {
  Query: {
    hello: () => 'hello',
    node: (_parent: unknown, { id }: { id: string }) => all.find((each) => each.id === id) ?? null,
    nodes: () => all,
    sure: () => all,
    surely: () => secret,
    found: () => new Set(all),
    grid: () => [[secret, open], [mine], [theirs, null]],
    later: async () => all.map(async (each) => each),
    owned: () => theirs,
    allOwned: () => [mine, theirs],
  } as Record<string, unknown>,
  Mutation: { find: () => secret },
};

const createPolicies = () => {
  const asked: unknown[] = [];
  const policies: Policies = {
    owns: (object: { id: string; owner: string }, args) => {
      asked.push([object.id, args]);
      return object.owner === 'user';
    },
  };
  return { asked, policies };
};

const setUp = (own: Resolvers = {}) => {
  const { asked, policies } = createPolicies();
  return { ...serve(schemaOf(typeDefs, { ...resolvers, ...own }, policies)), asked };
};

const typename = '{ __typename }';

describe('an object whose type has a rule that is not met is denied as one', () => {
  test.each([
    ['{ hello nodes { __typename } }', 'nodes'],
    ['{ hello nodes { kind: __typename } }', 'nodes'],
    ['{ hello nodes { ... on Node { __typename } } }', 'nodes'],
    ['{ hello found { __typename ... on Secret { word } } }', 'found'],
    ['{ hello later { __typename } }', 'later'],
  ])('G7 null and one error in its place, and nothing of its type: %s', async (query, field) => {
    const answer = await setUp().ask(query, { token: 'user' });
    const name = query.includes('kind') ? 'kind' : '__typename';
    expect(answer.data).toEqual({ hello: 'hello', [field]: [{ [name]: 'Open' }, null, { [name]: 'Owned' }, null] });
    expect(answer.errors.map(({ path }) => path)).toEqual([
      [field, 1],
      [field, 3],
    ]);
    expect(codesOf(answer)).toEqual(['FORBIDDEN/ROLE', 'FORBIDDEN/POLICY']);
  });

  test('G7 through node(id), lists of lists, and a type that is returned by itself', async () => {
    const { ask } = setUp();
    const query = `{ hello s: node(id: "s") ${typename} none: node(id: "none") ${typename} o: node(id: "o") ${typename} grid ${typename} owned ${typename} }`;
    const answer = await ask(query, { token: 'user' });
    const [o, m] = [{ __typename: 'Open' }, { __typename: 'Owned' }];
    expect(answer.data).toEqual({
      hello: 'hello',
      s: null,
      none: null,
      o,
      grid: [[null, o], [m], [null, null]],
      owned: null,
    });
    expect(answer.errors.map(({ path }) => path?.join('.'))).toEqual(['s', 'grid.0.0', 'grid.2.0', 'owned']);
  });

  test('G7 where the place cannot be null, the null goes up with one error', async () => {
    const answer = await setUp().ask('{ hello sure { __typename } }', { token: 'user' });
    expect(answer.data).toEqual({ hello: 'hello', sure: null });
    expect(answer.errors[0]?.path).toEqual(['sure', 1]);
    const whole = await setUp().ask('{ hello surely { __typename } }', { token: 'user' });
    expect(whole.data).toBeNull();
    expect(whole.errors.map(({ path }) => path)).toEqual([['surely']]);
  });

  test('G7 callers who meet the rules get everything, and rules on fields alone never deny __typename', async () => {
    const admin = await setUp().ask('{ found { __typename ... on Secret { word related { __typename } } } }', {
      token: 'admin',
    });
    expect(admin.data?.['found']).toEqual([
      { __typename: 'Open' },
      { __typename: 'Secret', word: 'WORD', related: [{ __typename: 'Secret' }, { __typename: 'Open' }] },
      { __typename: 'Owned' },
      null,
    ]);
    const schema = schemaOf(
      'interface I { f: Int } type A implements I { f: Int @auth(role: ADMIN) } type Query { i: I @public }',
      { Query: { i: () => ({ __typename: 'A', f: 1 }) } },
    );
    const { ask } = serve(schema);
    expect((await ask('{ i { __typename f } }')).data).toEqual({ i: { __typename: 'A', f: null } });
  });

  test('G7 a credential is verified for __typename alone, and a dead one is refused', async () => {
    const { ask, timesAsked } = setUp();
    expect((await ask('{ nodes { __typename } }', { token: 'expired' })).status).toBe(401);
    expect(timesAsked()).toBe(1);
  });

  test('G7 a mutation that could return a denied object does not run, whatever it selects of it', async () => {
    const { ask } = setUp();
    expect((await ask('mutation { find { __typename } }', { token: 'user' })).status).toBe(403);
    expect((await ask('mutation { find { __typename } }')).status).toBe(401);
    expect((await ask('mutation { find { __typename } }', { token: 'admin' })).status).toBe(200);
  });

  test('G7 a policy of a type is asked once for each object, and not again for its fields', async () => {
    const { ask, asked } = setUp();
    const answer = await ask('{ allOwned { id a b } owned { id a b } }', { token: 'user' });
    expect(asked).toEqual([
      ['m', {}],
      ['t', {}],
    ]);
    expect(answer.data).toEqual({ allOwned: null, owned: null });
  });
});

describe('the type of an object is found as the executor finds it', () => {
  const build = (resolveType: unknown, isTypeOf: Record<string, unknown> = {}) => {
    const { policies } = createPolicies();
    const bare = (object: { id: string; owner?: string }) => ({ id: object.id, owner: object.owner });
    return schemaOf(
      typeDefs,
      {
        Query: { nodes: () => all.map(bare), found: () => all.map(bare), later: async () => all.map(bare) },
        ...(resolveType ? { Node: { __resolveType: resolveType }, Found: { __resolveType: resolveType } } : {}),
        ...Object.fromEntries(Object.entries(isTypeOf).map(([name, value]) => [name, { __isTypeOf: value }])),
      },
      policies,
    );
  };
  const names: Readonly<Record<string, string>> = { o: 'Open', s: 'Secret', m: 'Owned', t: 'Owned' };
  const nameOf = ({ id }: { id: string }) => names[id];
  const isA = (name: string) => (object: { id: string }) => nameOf(object) === name;
  const isLater = (name: string) => async (object: { id: string }) => nameOf(object) === name;
  const types = ['Open', 'Secret', 'Owned'];

  test.each([
    ['resolveType', build(nameOf)],
    ['an async resolveType', build(async (object: { id: string }) => nameOf(object))],
    ['isTypeOf', build(null, Object.fromEntries(types.map((name) => [name, isA(name)])))],
    ['an async isTypeOf', build(null, Object.fromEntries(types.map((name) => [name, isLater(name)])))],
  ])('G7 by %s', async (_how, schema) => {
    for (const field of ['nodes', 'found', 'later']) {
      const answer = await serve(schema).ask(`{ hello ${field} { __typename } }`, { token: 'user' });
      const expected = [{ __typename: 'Open' }, null, { __typename: 'Owned' }, null];
      expect(answer.data).toEqual({ hello: null, [field]: expected });
    }
  });

  test('G7 resolveType is asked once for each object, and its errors stand in the object’s place', async () => {
    let times = 0;
    const schema = build((object: { id: string }) => {
      times += 1;
      if (object.id === 's') throw new Error('no type');
      return nameOf(object);
    });
    const { data, errors } = await serve(schema).ask('{ nodes { __typename } }', { token: 'user' });
    expect(data?.['nodes']).toEqual([{ __typename: 'Open' }, null, { __typename: 'Owned' }, null]);
    expect(errors.map(({ path }) => path)).toEqual([
      ['nodes', 1],
      ['nodes', 3],
    ]);
    expect(times).toBe(4);
  });

  test('G7 a resolveType that changes its mind shows nothing that was not decided about', async () => {
    let isSecond = false;
    const schema = build(() => {
      isSecond = !isSecond;
      return isSecond ? 'Open' : 'Secret';
    });
    const { text } = await serve(schema).ask('{ nodes { __typename } }', { token: 'user' });
    expect(text).not.toContain('"__typename":"Secret"');
  });
});

describe('without a gate', () => {
  const run = (query: string): Promise<ExecutionResult> =>
    Promise.resolve(
      runAs({}, viewerNamed('user'), {}, (contextValue) =>
        execute({
          schema: schemaOf(typeDefs, resolvers, createPolicies().policies),
          document: parse(query),
          contextValue,
        }),
      ) as ExecutionResult | Promise<ExecutionResult>,
    );

  test('G7 the schema denies objects by itself', async () => {
    const { data } = await run('{ nodes { __typename } }');
    expect(data).toEqual({ nodes: [{ __typename: 'Open' }, null, { __typename: 'Owned' }, null] });
  });

  test('G7 an object that came by an unguarded way is denied by its fields', async () => {
    const roles = ['USER', 'ADMIN'];
    const guarded = guardSchema(
      makeExecutableSchema({
        typeDefs: [
          authTypeDefs(roles),
          'type Doc @auth(policy: "no") { text: String } type Query { doc: Doc @public }',
        ],
        resolvers: { Query: { doc: () => ({ text: 'TEXT' }) } },
      }),
      { roles, policies: { no: () => false } },
    );
    const doc = guarded.getType('Doc');
    const text = doc instanceof GraphQLObjectType ? doc.getFields()['text'] : undefined;
    expect(() => text?.resolve?.({ text: 'TEXT' }, {}, {}, { schema: guarded } as never)).toThrow(/Bearer/);
  });
});

/** graphql-jit is installed for one copy of graphql. */
describe.skipIf(process.env['GRAPHQL_MAJOR'] === '16')('compiled', () => {
  test.each([
    ['by __typename', undefined],
    ['by an async resolveType', async ({ id }: { id: string }) => all.find((each) => each.id === id)?.__typename],
  ])('G7 a compiled query denies what an interpreted one denies, %s', async (_how, resolveType) => {
    const { compileQuery, isCompiledQuery } = await import('graphql-jit');
    const own = resolveType ? { Node: { __resolveType: resolveType }, Found: { __resolveType: resolveType } } : {};
    const schema = schemaOf(typeDefs, { ...resolvers, ...own }, createPolicies().policies);
    const document = parse(
      '{ hello nodes { __typename id } later { ...F } grid { id } node(id: "s") { id } owned { a } sure { id } } fragment F on Node { __typename ... on Owned { a } }',
    );
    const compiled = compileQuery(schema, document, '');
    if (!isCompiledQuery(compiled)) throw new Error('The query was not compiled.');
    const as = <Result>(name: string, run: (contextValue: object) => Result): Result =>
      runAs({}, viewerNamed(name), {}, run);
    for (const name of ['user', 'admin', 'other']) {
      const interpreted = await as(name, (contextValue) => execute({ schema, document, contextValue }));
      const result = await as(name, (contextValue) => compiled.query(undefined, contextValue, {}));
      const byPath = ({ data, errors = [] }: ExecutionResult) => ({
        data,
        // Of several errors that take the same null up, graphql-js reports the first only.
        errors: errors
          .map(({ path, extensions }) => `${path?.join('.')} ${extensions['reason']}`)
          .filter((each) => !each.startsWith('sure.3'))
          .sort(),
      });
      expect(byPath(result)).toEqual(byPath(interpreted as ExecutionResult));
    }
  });
});
