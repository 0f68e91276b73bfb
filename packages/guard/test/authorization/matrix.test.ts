import { accessMatrix } from '@fieldgate/guard';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schemaOf, serve } from './fixture.ts';

/** The rule of a place, from none to the greatest role. A caller's index is the greatest rule it meets. */
const rules = ['', '@auth', '@auth(role: USER)', '@auth(role: EDITOR)', '@auth(role: ADMIN)'] as const;
const callers = [undefined, 'visitor', 'user', 'editor', 'admin'] as const;
const places = ['I', 'I.f', 'A', 'A.f', 'B', 'B.f', 'S', 'Query.a', 'Query.i', 'Query.u'] as const;
type Assignment = Readonly<Record<(typeof places)[number], number>>;

/** What each field requires, derived from the text of the contract and not with the code under test. */
const demandsOf = (assigned: Assignment): Readonly<Record<string, number>> => ({
  'Query.a': Math.max(assigned['Query.a'], assigned.A, assigned.I),
  'Query.i': Math.max(assigned['Query.i'], assigned.I),
  'Query.u': assigned['Query.u'],
  'A.f': Math.max(assigned['A.f'], assigned.A, assigned.I, assigned['I.f'], assigned.S),
  'B.f': Math.max(assigned['B.f'], assigned.B, assigned.I, assigned['I.f'], assigned.S),
});

const build = (assigned: Assignment) => {
  const ran: string[] = [];
  const rule = (place: (typeof places)[number]): string => rules[assigned[place]] ?? '';
  const root = (place: 'Query.a' | 'Query.i' | 'Query.u'): string => rule(place) || '@public';
  const roots = `{ a: A ${root('Query.a')} i: I ${root('Query.i')} u: U ${root('Query.u')} }`;
  const returns = (name: string, value: unknown) => () => {
    ran.push(name);
    return value;
  };
  const object = { __typename: 'A' };
  const resolvers = { a: returns('a', object), i: returns('i', object), u: returns('u', object) };
  const schema = schemaOf(
    `scalar S ${rule('S')}
     interface I ${rule('I')} { f: S ${rule('I.f')} }
     type A implements I ${rule('A')} { f: S ${rule('A.f')} }
     type B implements I ${rule('B')} { f: S ${rule('B.f')} }
     union U = A | B
     type Query ${roots}
     type Mutation ${roots}`,
    { Query: resolvers, Mutation: resolvers, A: { f: returns('f', 'value') }, B: { f: returns('f', 'value') } },
  );
  return { schema, ran, demands: demandsOf(assigned) };
};

/** Every route to A.f, and the fields that it can select. */
const routes: readonly { readonly text: string; readonly root: string; readonly fields: readonly string[] }[] = [
  { text: '{ a { f } }', root: 'Query.a', fields: ['A.f'] },
  { text: '{ x: a { y: f } }', root: 'Query.a', fields: ['A.f'] },
  { text: '{ a { ... on I { f } } }', root: 'Query.a', fields: ['A.f'] },
  { text: '{ i { f } }', root: 'Query.i', fields: ['A.f', 'B.f'] },
  { text: '{ i { ... on A { f } } }', root: 'Query.i', fields: ['A.f'] },
  { text: '{ i { ... on I { ... on A { f } } } }', root: 'Query.i', fields: ['A.f'] },
  { text: '{ u { ... on A { f } ... on B { f } } }', root: 'Query.u', fields: ['A.f', 'B.f'] },
  { text: '{ u { ... on I { f } } }', root: 'Query.u', fields: ['A.f', 'B.f'] },
  { text: '{ u { ... { ...F } } } fragment F on I { f }', root: 'Query.u', fields: ['A.f', 'B.f'] },
  { text: '{ ...R } fragment R on ROOT { i { ...F } } fragment F on A { z: f }', root: 'Query.i', fields: ['A.f'] },
];

const assignments = fc.record(
  Object.fromEntries(places.map((place) => [place, fc.nat({ max: rules.length - 1 })])) as Record<
    (typeof places)[number],
    fc.Arbitrary<number>
  >,
);

describe('the access matrix', () => {
  test('shows for every field what its rules add up to', () => {
    fc.assert(
      fc.property(assignments, (assigned) => {
        const { schema, demands } = build(assigned);
        const rows = accessMatrix(schema).filter(({ coordinate }) => !coordinate.startsWith('Mutation'));
        expect(rows.map(({ coordinate }) => coordinate)).toEqual(Object.keys(demands).sort());
        for (const { coordinate, access } of rows) {
          const expected = [0, 2, 3, 4].map((level) => (level >= (demands[coordinate] ?? 0) ? 'allow' : 'deny'));
          expect(Object.values(access)).toEqual(expected);
          expect(Object.keys(access)).toEqual(['anonymous', 'USER', 'EDITOR', 'ADMIN']);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('Z02 every route to a field lets exactly the callers through that the matrix allows', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(assignments, async (assigned) => {
        const { schema, ran, demands } = build(assigned);
        const { ask } = serve(schema);
        const needs = (coordinate: string): number => demands[coordinate] ?? 0;
        for (const { text, root, fields } of routes) {
          for (const [level, token] of callers.entries()) {
            ran.length = 0;
            const answer = await ask(text.replace('ROOT', 'Query'), { token });
            const mayEnter = level >= needs(root);
            const mayRead = mayEnter && level >= needs('A.f');
            expect([text, token, ran.length, answer.text.includes('value')]).toEqual([
              text,
              token,
              mayRead ? 2 : mayEnter ? 1 : 0,
              mayRead,
            ]);
            ran.length = 0;
            const change = await ask(`mutation ${text.replace('ROOT', 'Mutation')}`, { token });
            // A B may be returned too, whatever is selected of it: an object is denied as one.
            const isOfB = root !== 'Query.a' && level < Math.max(assigned.B, assigned.I);
            const mayRun = mayEnter && !isOfB && fields.every((field) => level >= needs(field));
            const status = mayRun ? 200 : token ? 403 : 401;
            expect([text, token, change.status, ran.length]).toEqual([text, token, status, mayRun ? 2 : 0]);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test('shows through which fields a type is reached, also as a member of an interface or a union', () => {
    const schema = schemaOf(
      `interface I { f: Int } type A implements I { f: Int b: [B!]! } type B { f: Int } union U = A | B
       type Query { i: I @auth(role: ADMIN) u: [U] @auth }`,
      {},
    );
    const reached = accessMatrix(schema).map(({ coordinate, reachedThrough }) => [coordinate, reachedThrough]);
    expect(reached).toEqual([
      ['A.b', ['Query.i', 'Query.u']],
      ['A.f', ['Query.i', 'Query.u']],
      ['B.f', ['A.b', 'Query.u']],
      ['Query.i', []],
      ['Query.u', []],
    ]);
  });

  test('shows scopes, policies and public fields', () => {
    const schema = schemaOf(
      'type Query { a: Int @public b: Int @auth(scopes: [["x"]], policy: "p") c: Int @auth(optional: true, policy: "p") }',
      {},
      { p: () => true },
    );
    expect(accessMatrix(schema)).toEqual([
      {
        coordinate: 'Query.a',
        access: { anonymous: 'allow', USER: 'allow', EDITOR: 'allow', ADMIN: 'allow' },
        scopes: [],
        policies: [],
        public: true,
        reachedThrough: [],
      },
      {
        coordinate: 'Query.b',
        access: { anonymous: 'deny', USER: 'policy', EDITOR: 'policy', ADMIN: 'policy' },
        scopes: [[['x']]],
        policies: ['p'],
        public: false,
        reachedThrough: [],
      },
      {
        coordinate: 'Query.c',
        access: { anonymous: 'policy', USER: 'policy', EDITOR: 'policy', ADMIN: 'policy' },
        scopes: [],
        policies: ['p'],
        public: false,
        reachedThrough: [],
      },
    ]);
  });
});
