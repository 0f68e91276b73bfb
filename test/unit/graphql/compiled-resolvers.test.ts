import { makeExecutableSchema } from '@graphql-tools/schema';
import fc from 'fast-check';
import { type ExecutionResult, execute, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { createExecute } from '../../../src/graphql/operation/compile.ts';
import { completeDefaults } from '../../../src/graphql/operation/default-values.ts';
import { bindResolvers } from '../../../src/graphql/own/bind.ts';

/** What a resolver, or a property of a parent, may do. */
const manners = [
  'value',
  'promise',
  'method',
  'async-method',
  'throw',
  'reject',
  'return-error',
  'null',
  'undefined',
  'nonsense',
] as const;
type Manner = (typeof manners)[number];

const typeDefs = /* GraphQL */ `
  enum Color { RED GREEN }
  input Range { from: Int = 1, to: Int! = 9, colors: [Color!] = [RED] }
  interface Named { name: String }
  union Any = Leaf | Node
  type Leaf implements Named { name: String  number: Int!  color: Color  ids: [ID!]  self: Leaf! }
  type Node implements Named {
    name: String
    echo(text: String = "none", times: Int! = 2, range: Range = { to: 3 }, color: Color = GREEN): String
    leaf: Leaf
    strict: Leaf!
    leaves: [Leaf]
    strictLeaves: [Leaf!]!
    matrix: [[Int]]
    any: Any
    named: [Named]
  }
  type Query { node: Node  other: Node!  list: [Node!] }
`;

/** The value of a property, done in a manner. */
const done = (manner: Manner, value: unknown): unknown => {
  switch (manner) {
    case 'value':
      return value;
    case 'promise':
      return Promise.resolve(value);
    case 'method':
      return () => value;
    case 'async-method':
      return async () => value;
    case 'throw':
      return () => {
        throw new Error('thrown');
      };
    case 'reject':
      return async () => Promise.reject(new Error('rejected'));
    case 'return-error':
      return new Error('returned');
    case 'null':
      return null;
    case 'undefined':
      return undefined;
    case 'nonsense':
      return { not: 'what was asked for' };
  }
};

type Choose = () => Manner;

const leafOf = (choose: Choose, depth = 0): object => ({
  __typename: 'Leaf',
  name: done(choose(), 'leaf'),
  number: done(choose(), 7),
  color: done(choose(), 'RED'),
  ids: done(choose(), ['a', 2, Promise.resolve('c')]),
  ...(depth < 2 ? { self: done(choose(), leafOf(choose, depth + 1)) } : { self: null }),
});

const nodeOf = (choose: Choose): object => {
  const leaves = () => [leafOf(choose), Promise.resolve(leafOf(choose)), done(choose(), leafOf(choose))];
  return {
    __typename: 'Node',
    name: done(choose(), 'node'),
    echo: (args: object) => JSON.stringify(args),
    leaf: done(choose(), leafOf(choose)),
    strict: done(choose(), leafOf(choose)),
    leaves: done(choose(), leaves()),
    strictLeaves: done(choose(), new Set(leaves())),
    matrix: done(choose(), [[1, null], null, [Promise.resolve(3)]]),
    any: done(choose(), leafOf(choose)),
    named: done(choose(), [leafOf(choose)]),
  };
};

const leafFields = 'name number color ids';
const parts = [
  'name',
  'echo',
  'a: echo(times: 5)',
  'b: echo(text: $text, color: RED)',
  'c: echo(range: { from: 2 })',
  `leaf { ${leafFields} self { number } }`,
  `strict { ${leafFields} }`,
  `leaves { ${leafFields} }`,
  `strictLeaves { name self { name number } }`,
  'matrix',
  'any { ... on Leaf { name number } ... on Node { name } }',
  'named { name }',
] as const;

const schemaOf = (choose: Choose): GraphQLSchema => {
  const resolvers = {
    Query: {
      node: () => done(choose(), nodeOf(choose)),
      other: async () => nodeOf(choose),
      list: () => [nodeOf(choose), Promise.resolve(nodeOf(choose))],
    },
    Any: { __resolveType: async (value: { __typename: string }) => value.__typename },
    Named: { __resolveType: (value: { __typename: string }) => value.__typename },
  };
  const { definitions } = parse(typeDefs);
  const bound = bindResolvers([{ name: 'resolvers', map: resolvers }], definitions);
  return completeDefaults(
    makeExecutableSchema({ typeDefs: { kind: Kind.DOCUMENT, definitions }, resolvers: [...bound] }),
  );
};

/** How far a path leads in the data: to the null that stands for the error. */
const reachOf = (data: unknown, path: readonly (string | number)[]): number => {
  let value = data;
  for (const [index, key] of path.entries()) {
    if (typeof value !== 'object' || value === null) return index;
    value = Reflect.get(value, key);
  }
  return path.length;
};

/**
 * What clients see: the data; for each null the error that made it, without order, which depends on when promises settle. Where several
 * errors make one null above them, engines may leave out all but one (specification, 6.4.4). They quote names differently.
 */
const shown = ({ data, errors = [] }: ExecutionResult) => {
  const plain: unknown = JSON.parse(JSON.stringify(data ?? null));
  const each = errors.map(({ message, path = [], locations }) => {
    const reach = reachOf(plain, path);
    return JSON.stringify(
      reach === path.length
        ? { path, message: message.replaceAll('"', ''), locations }
        : { above: path.slice(0, reach) },
    );
  });
  return { data: plain, errors: [...new Set(each)].sort() };
};

/** One sequence of manners for each run, so that both engines meet the same. */
const chooser = (sequence: readonly Manner[]): { readonly choose: Choose; readonly restart: () => void } => {
  let at = 0;
  return {
    choose: () => sequence[at++ % sequence.length] ?? 'value',
    restart: () => {
      at = 0;
    },
  };
};

const compare = async (sequence: readonly Manner[], query: string): Promise<void> => {
  const { choose, restart } = chooser(sequence);
  const schema = schemaOf(choose);
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
  const run = createExecute({ schema, hideSuggestions: false }, document, operation);
  const expected = shown(await execute({ schema, document, contextValue: {}, variableValues: { text: 'hi' } }));
  for (let turn = 0; turn < 5; turn += 1) {
    restart();
    expect(shown(await run({}, { text: 'hi' }))).toEqual(expected);
    // It is compiled meanwhile.
    await new Promise((resolve) => setTimeout(resolve, turn === 3 ? 5 : 0));
  }
};

test('resolvers behave as in graphql-js, whether or not the operation is compiled', { timeout: 120_000 }, async () => {
  const selection = fc.uniqueArray(fc.constantFrom(...parts), { minLength: 1, maxLength: 5 });
  const sequences = fc.oneof(
    fc.array(fc.constantFrom(...manners), { minLength: 1, maxLength: 40 }),
    fc.array(fc.constantFrom<Manner>('value', 'promise', 'method', 'async-method'), { minLength: 1, maxLength: 40 }),
  );
  await fc.assert(
    fc.asyncProperty(
      sequences,
      fc.constantFrom('node', 'other', 'list'),
      selection,
      async (sequence, root, selected) => {
        const variables = selected.some((part) => part.includes('$text')) ? '($text: String)' : '';
        await compare(sequence, `query ${variables} { ${root} { ${selected.join(' ')} } }`);
      },
    ),
    { numRuns: 150 },
  );
});
