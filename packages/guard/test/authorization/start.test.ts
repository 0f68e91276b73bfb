import { authTypeDefs, guardSchema, type Policies, SchemaRulesError } from '@fieldgate/guard';
import { useFieldgate } from '@fieldgate/guard/yoga';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { buildSchema, extendSchema, GraphQLObjectType, GraphQLSchema, GraphQLString, parse } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import { authenticate, codesOf, schemaOf, serve } from './fixture.ts';
import { problemsOf } from './problems.ts';
import { createSampleSchema } from './sample-schema.ts';

const unchecked = (sdl: string, policies: Policies = {}) =>
  guardSchema(buildSchema(sdl, { assumeValidSDL: true }), { roles, policies });

const roles = ['USER', 'ADMIN'];
const withRoles = (sdl: string): string => authTypeDefs(roles) + sdl;

describe('a rule that would not be enforced stops the start', () => {
  test('T10 a rule in a type extension is enforced', async () => {
    const { schema, ran } = createSampleSchema();
    const server = serve(schema);
    expect(codesOf(await server.ask('{ late }', { token: 'user' }))).toEqual(['FORBIDDEN/ROLE']);
    expect((await server.ask('{ hello extended { word } }', { token: 'user' })).data).toMatchObject({ extended: null });
    expect(ran).toEqual([]);
    const extended = extendSchema(
      buildSchema(withRoles('type Query { a: String @public b: X @public } type X { y: Int }')),
      parse('extend type X @auth(role: ADMIN)'),
    );
    expect(codesOf(await serve(guardSchema(extended, { roles })).ask('{ b { y } }', { token: 'user' }))).toEqual([
      'FORBIDDEN/ROLE',
    ]);
  });

  test.each([
    ['an argument', 'type Query { a(b: Int @auth): Int @public }', 'Query.a(b:)'],
    ['an input field', 'type Query { a(b: I): Int @public } input I { c: Int @auth }', 'I.c'],
    ['an input object', 'type Query { a(b: I): Int @public } input I @auth { c: Int }', 'I'],
    ['a union', 'type Query { a: U @public } union U @auth = Query', 'U'],
    ['a union extension', 'type Query { a: U @public } union U = Query extend union U @auth', 'U'],
    ['an enum value', 'type Query { a: E @public } enum E { X @auth }', 'E.X'],
    ['the schema', 'schema @auth { query: Query } type Query { a: Int @public }', 'schema'],
    ['an argument of a directive', 'directive @x(y: Int @auth) on FIELD type Query { a: Int @public }', '@x(y:)'],
    ['a type, as @public', 'type Query { a: T @public } type T @public { b: Int }', 'T'],
  ])('T11, Z07: a directive on %s stops the start, whether the SDL was validated or not', (_place, sdl, coordinate) => {
    expect(problemsOf(() => unchecked(withRoles(sdl)))).toEqual([expect.stringMatching(/not supported here$/)]);
    expect(problemsOf(() => unchecked(withRoles(sdl)))[0]).toContain(`${coordinate}: `);
    expect(() => schemaOf(sdl)).toThrow();
  });

  test('T11 rules on a scalar and on an enum are enforced, in lists too', async () => {
    const { schema, ran } = createSampleSchema();
    const answer = await serve(schema).ask('{ hello iban ibans grade }', { token: 'user' });
    expect(answer.data).toEqual({ hello: 'hello', iban: null, ibans: null, grade: null });
    expect(ran).toEqual([]);
  });

  test.each([
    ['missing', 'enum Role { A } type Query { a: Int @auth }', /definition is missing/],
    [
      'of another shape',
      'directive @auth(requires: String) on FIELD_DEFINITION type Query { a: Int @auth(requires: "x") }',
      /not the one in authTypeDefs/,
    ],
    [
      'renamed',
      `${authTypeDefs(['A']).replace('@auth(', '@guard(')} type Query { a: Int @public }`,
      /@guard: is @auth under another name/,
    ],
    [
      'given a default role',
      `${authTypeDefs(['USER', 'ADMIN']).replace('role: Role', 'role: Role = USER')} type Query { a: Int @auth }`,
      /default values/,
    ],
  ])('T12 a definition of the directive that is %s stops the start', (_how, sdl, problem) => {
    expect(problemsOf(() => unchecked(sdl))).toContainEqual(expect.stringMatching(problem));
  });

  test('T13 root types under other names, and rules on them, are enforced', async () => {
    const schema = schemaOf(
      `schema { query: RootQ mutation: RootM subscription: RootS }
       type RootQ @auth(role: ADMIN) { a: Int b: Int @auth(role: USER) }
       type RootM { c: Int @auth(role: ADMIN) d: Int @public }
       type RootS { e: Int @auth(role: ADMIN) }`,
    );
    const server = serve(schema);
    for (const query of ['{ a }', '{ b }', 'mutation { c }', 'mutation { d c }', 'subscription { e }']) {
      const answer = await server.ask(query, { token: 'user' });
      expect([query, answer.status, codesOf(answer), answer.data]).toEqual([query, 403, ['FORBIDDEN/ROLE'], undefined]);
    }
    expect(
      problemsOf(() => schemaOf('schema { query: Q mutation: M } type Q { a: Int @public } type M { b: Int }')),
    ).toEqual(['M.b: is a root field with neither @auth nor @public']);
  });

  test('T14 a weaker rule on a field does not replace the rule of its type', async () => {
    const { schema, ran } = createSampleSchema();
    const answer = await serve(schema).ask('{ hello over { pub } }', { token: 'user' });
    expect(answer.data).toEqual({ hello: 'hello', over: null });
    expect(ran).toEqual([]);
    const within = schemaOf(
      'type Query { o: U @public } union U = Over type Over @auth(role: ADMIN) { pub: String @auth(role: USER) }',
      {
        Query: { o: () => ({ __typename: 'Over', pub: 'x' }) },
      },
    );
    expect((await serve(within).ask('{ o { ... on Over { pub } } }', { token: 'user' })).data).toEqual({
      o: null,
    });
  });

  test.each([
    ['role: BOSS', /unknown role: "BOSS"/],
    ['role: user', /unknown role/],
    ['role: null', /unknown role: null/],
    ['scopes: []', /needs scopes/],
    ['scopes: [[]]', /needs scopes/],
    ['scopes: [["a"], []]', /needs scopes/],
    ['scopes: ["a", "b"]', /needs scopes/],
    ['scopes: [[""]]', /needs scopes/],
    ['scopes: "a"', /needs scopes/],
    ['scopes: [["a:*"]]', /wildcard/],
    ['scopes: [["a"], ["b", "*"]]', /wildcard/],
    ['policy: "missing"', /unknown policy: "missing"/],
    ['policy: "constructor"', /unknown policy/],
    ['policy: 1', /unknown policy/],
    ['optional: "yes"', /optional to be true or false/],
    ['requires: "x"', /no argument "requires"/],
    ['role: USER, role: ADMIN', /unknown role/],
    ['role: ADMIN, optional: true', /signing out/],
    ['scopes: [["a"]], optional: true', /signing out/],
  ])('T15, Z06: @auth(%s) stops the start', (args, problem) => {
    expect(problemsOf(() => unchecked(withRoles(`type Query { a: Int @auth(${args}) }`)))).toEqual([
      expect.stringMatching(problem),
    ]);
  });

  test('T15, Z06: every problem is reported at once, with its coordinate', () => {
    const sdl = `type Query { a: Int b: Int @auth(role: BOSS) c(d: Int @auth): Int @public e: Int @public @auth }
      interface I { f: Int @auth(policy: "none") } type Mutation { g: Int }`;
    expect(problemsOf(() => unchecked(withRoles(sdl))).map((problem) => problem.split(': ')[0])).toEqual(
      expect.arrayContaining(['Query.a', 'Query.b', 'Query.c(d:)', 'Query.e', 'I.f', 'Mutation.g']),
    );
  });

  test('T16 a schema with rules and no guard stops the start', () => {
    const schema = makeExecutableSchema({ typeDefs: withRoles('type Query { a: Int @auth }') });
    const plugins = [useFieldgate({ authenticate })];
    expect(() => createYoga({ schema, plugins })).toThrow(SchemaRulesError);
    expect(() => createYoga({ schema: guardSchema(schema, { roles }), plugins })).not.toThrow();
  });

  test('T16 a rule added after the schema was guarded stops the start', () => {
    const schema = guardSchema(buildSchema(withRoles('type Query { a: Int @public b: X @public } type X { y: Int }')));
    const extended = extendSchema(schema, parse('extend type X { z: Int @auth }'));
    const plugins = [useFieldgate({ authenticate })];
    expect(problemsOf(() => createYoga({ schema: extended, plugins }))).toEqual([
      'X.z: its rule was added after guardSchema',
    ]);
    expect(problemsOf(() => guardSchema(schema))).toEqual([expect.stringMatching('is guarded already')]);
  });

  test('T16 directives of a schema built in code are enforced like those of SDL', async () => {
    const definitions = buildSchema(withRoles('type Query { x: Int }'));
    const field = (auth: unknown) => ({ type: GraphQLString, resolve: () => 'x', extensions: { directives: auth } });
    const schema = new GraphQLSchema({
      directives: definitions.getDirectives(),
      query: new GraphQLObjectType({
        name: 'Query',
        fields: {
          a: field({ auth: { role: 'ADMIN' } }),
          b: field({ auth: [{ role: 'USER' }, { scopes: [['s']] }] }),
          c: field([{ name: 'public' }]),
        },
      }),
    });
    const answer = await serve(guardSchema(schema, { roles })).ask('{ a b c }', { token: 'user' });
    expect(answer.data).toEqual({ a: null, b: null, c: 'x' });
    expect(codesOf(answer)).toEqual(['FORBIDDEN/ROLE', 'FORBIDDEN/SCOPE']);
  });

  test('T19, Z06: a root field with neither @auth nor @public stops the start', () => {
    for (const type of ['Query', 'Mutation', 'Subscription']) {
      const sdl = type === 'Query' ? 'type Query { a: Int }' : `type Query { b: Int @public } type ${type} { a: Int }`;
      expect(problemsOf(() => schemaOf(sdl))).toEqual([`${type}.a: is a root field with neither @auth nor @public`]);
    }
  });
});
