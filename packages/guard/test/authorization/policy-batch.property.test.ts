import { authTypeDefs, batch, guardSchema, type Policy, runAs } from '@fieldgate/guard';
import { makeExecutableSchema } from '@graphql-tools/schema';
import fc from 'fast-check';
import { type ExecutionResult, execute, parse } from 'graphql';
import { expect, test } from 'vitest';
import { viewerNamed } from './fixture.ts';

/** What a policy says about an object: decided by what the object is, the arguments and the constants. */
type Verdict = 'yes' | 'no' | 'truthy';

type Thing = { readonly id: number; readonly verdicts: readonly Verdict[]; readonly friends: readonly Parent[] };
/** Objects are shared between places of a graph, primitives are made objects by nobody. */
type Parent = Thing | string | null;

const verdictOf = (parent: unknown, args: Readonly<Record<string, unknown>>, which: number): Verdict => {
  if (typeof parent === 'string') return parent.length % 2 === 0 ? 'yes' : 'no';
  if (typeof parent !== 'object' || parent === null) return 'yes';
  const { verdicts } = parent as Thing;
  return verdicts[(which + Number(args['n'] ?? 0)) % verdicts.length] ?? 'no';
};

/** Any value may come out of a policy. */
const answers: Readonly<Record<Verdict, boolean>> = { yes: true, no: false, truthy: 1 as never };

const answerOf = (parent: unknown, args: Readonly<Record<string, unknown>>, which: number): boolean =>
  answers[verdictOf(parent, args, which)];

/** The same decision in every shape in which a policy can give it. */
const shapes = {
  plain:
    (which: number): Policy =>
    (parent, args) =>
      answerOf(parent, args, which),
  later:
    (which: number): Policy =>
    async (parent, args) =>
      answerOf(parent, args, which),
  slow:
    (which: number): Policy =>
    async (parent, args) => {
      await null;
      await null;
      return answerOf(parent, args, which);
    },
  batch: (which: number): Policy => batch((parents, args) => parents.map((parent) => answerOf(parent, args, which))),
  batchLater: (which: number): Policy =>
    batch(async (parents, args) => parents.map((parent) => answerOf(parent, args, which))),
  looking:
    (which: number): Policy =>
    (parent, args, _context, { info }) =>
      info.fieldName !== '' && answerOf(parent, args, which),
  batchLooking: (which: number): Policy =>
    batch((parents, args, _context, { info }) =>
      parents.map((parent) => info.fieldName !== '' && answerOf(parent, args, which)),
    ),
} as const;
type Shape = keyof typeof shapes;
const names: readonly Shape[] = ['plain', 'later', 'slow', 'batch', 'batchLater', 'looking', 'batchLooking'];

const typeDefs = /* GraphQL */ `
  type Query { list: [Thing] @public again: [Thing] @public }
  type Mutation { list: [Thing] @public }
  type Thing {
    id: String
    a: String @auth(policy: "p0")
    b(n: Int): String @auth(policy: "p0")
    c(n: Int): String @auth(policy: "p1") @auth(policy: "p0")
    friends(n: Int): [Thing] @auth(policy: "p2")
    sealed: Sealed @auth(policy: "p1")
  }
  type Sealed @auth(policy: "p2") { x: String y: String }
`;

const fieldsOf = (thing: Parent): Thing | null => (typeof thing === 'object' ? thing : null);
const text = (name: string) => (thing: Parent) => `${name} of ${fieldsOf(thing)?.id ?? thing}`;

/** The list is in the root value, so that one schema serves many lists: making a schema takes longest. */
const unguarded = makeExecutableSchema({
  typeDefs: [authTypeDefs(['USER']), typeDefs],
  resolvers: {
    Query: { again: async ({ list }: { list: unknown }) => list },
    Thing: {
      ...{ id: text('id'), a: text('a'), b: text('b'), c: async (thing: Parent) => text('c')(thing) },
      friends: (thing: Parent) => fieldsOf(thing)?.friends ?? null,
      sealed: (thing: Parent) => thing,
    },
    Sealed: { x: text('x'), y: text('y') },
  },
});

const schemas = new Map<string, ReturnType<typeof guardSchema>>();
const schemaWith = (by: readonly Shape[]) => {
  const policies = Object.fromEntries(by.map((name, which) => [`p${which}`, shapes[name](which)]));
  const known = schemas.get(by.join()) ?? guardSchema(unguarded, { roles: ['USER'], policies, onFault: () => {} });
  schemas.set(by.join(), known);
  return known;
};

const verdict = fc.constantFrom<Verdict>('yes', 'yes', 'yes', 'no', 'truthy');
const graph = fc
  .array(
    fc.record({
      verdicts: fc.array(verdict, { minLength: 1, maxLength: 4 }),
      friends: fc.array(fc.nat(9), { maxLength: 3 }),
    }),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((nodes) => {
    const things = nodes.map(({ verdicts }, id) => ({ id, verdicts, friends: [] as Parent[] }));
    things.forEach((thing, index) => {
      thing.friends.push(...(nodes[index]?.friends ?? []).map((at) => things[at] ?? 'a'.repeat(at)));
    });
    return things;
  });
const selection = fc
  .uniqueArray(
    fc.constantFrom(
      'id',
      'a',
      'x: a',
      'b',
      'b1: b(n: 1)',
      'b2: b(n: 2)',
      'c',
      'c1: c(n: 1)',
      'sealed { x y }',
      'friends { id a b(n: 1) sealed { y } }',
      'f1: friends(n: 1) { a c friends { a } }',
    ),
    { minLength: 1 },
  )
  .map((fields) => fields.join(' '));

/** Which errors are left out of many of one rule depends on their order; how many there are does not. */
const comparable = ({ data, errors = [] }: ExecutionResult): unknown => ({
  data,
  denied: errors.reduce((sum, { extensions }) => sum + 1 + Number(extensions['omitted'] ?? 0), 0),
  kinds: new Set(errors.map(({ extensions: { code, reason, coordinate } }) => `${code} ${reason} ${coordinate}`)),
});

test('G15 whatever shape a policy has, it decides as one that is asked one by one', async () => {
  await fc.assert(
    fc.asyncProperty(
      graph,
      fc.array(fc.nat(9), { maxLength: 8 }),
      selection,
      fc.constantFrom('{ list { $ } }', '{ list { $ } again { $ } }', 'mutation { list { $ } again: list { $ } }'),
      fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names), fc.constantFrom(...names)),
      fc.boolean(),
      async (things, places, fields, template, shape, areLate) => {
        const list = places.map((at) => things[at] ?? (at === 9 ? null : 'a'.repeat(at)));
        const given = areLate ? list.map(async (thing) => thing) : list;
        const document = parse(template.replaceAll('$', fields));
        const answer = async (by: readonly Shape[], context: object) => {
          const schema = schemaWith(by);
          const run = (contextValue: unknown) =>
            execute({ schema, document, contextValue, rootValue: { list: given } });
          return comparable(await runAs(context, viewerNamed('user'), {}, run));
        };
        const shared = {};
        const expected = await answer(['plain', 'plain', 'plain'], {});
        expect(await answer(shape, {})).toEqual(expected);
        // Two operations of one viewer with one context know nothing of each other.
        expect(await Promise.all([answer(shape, shared), answer(shape, shared)])).toEqual([expected, expected]);
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
