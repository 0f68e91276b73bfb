import { authTypeDefs, guardSchema } from '@fieldgate/guard';
import { makeExecutableSchema, mergeSchemas } from '@graphql-tools/schema';
import { buildSchema, extendSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { serve } from './fixture.ts';
import { problemsOf } from './problems.ts';

const roles = ['USER', 'ADMIN'];
const sdlWith = (directive: string): string =>
  `${authTypeDefs(roles)} type Query { a: Below @public } type Below { b: Int ${directive} }`;
const guardUnchecked = (sdl: string) => guardSchema(buildSchema(sdl, { assumeValidSDL: true }), { roles });

describe('a directive that reads like ours and is not', () => {
  test.each([
    ...[
      '@Auth(role: ADMIN)',
      '@AUTH',
      '@_auth',
      '@auth_',
      '@oauth',
      '@auths',
      '@aut',
      '@ath',
      '@auht',
      '@atuh',
      '@suth',
    ],
    ...['@authorized', '@Authorized(role: ADMIN)', '@authenticated', '@isAuthenticated', '@requireAuth', '@needs_auth'],
    ...['@authorize', '@authorise', '@authz', '@authn', '@authGuard', '@authRole', '@needsAuthorization', '@aws_auth'],
    ...[
      '@hasRole(role: ADMIN)',
      '@role(is: ADMIN)',
      '@requiresScopes(scopes: [["a"]])',
      '@has_scope',
      '@policy',
      '@roles',
    ],
    ...['@Public', '@publc', '@pubilc', '@publik', '@publics'],
  ])('G8 %s, which the schema does not define, stops the start, whether or not the SDL was validated', (use) => {
    const name = use.split('(')[0];
    const problem = `Below.b: ${name} is not @auth or @public, and no directive of this schema`;
    expect(problemsOf(() => guardUnchecked(sdlWith(use)))).toEqual([expect.stringContaining(problem)]);
    expect(() => guardSchema(buildSchema(sdlWith(use)), { roles })).toThrow();
  });

  test.each([
    '@author(name: "Ada")',
    '@authors',
    '@coauthor',
    '@authority',
    '@cost(value: 3)',
    '@key(fields: "id")',
    '@path',
    '@publish',
    '@republish',
    '@controller',
    '@telescope',
    '@scroll',
  ])('%s reads like none of ours', (use) => {
    expect(problemsOf(() => guardUnchecked(sdlWith(use)))).toEqual([]);
  });

  test('a directive that the schema defines is enforced by another tool, unless only its case tells it from ours', () => {
    const defined = (name: string) => `directive @${name} on FIELD_DEFINITION ${sdlWith(`@${name}`)}`;
    for (const name of ['authorized', 'hasRole', 'oauth']) {
      expect(problemsOf(() => guardUnchecked(defined(name)))).toEqual([]);
    }
    for (const name of ['Auth', 'AUTH', 'Public', 'auth_']) {
      expect(problemsOf(() => guardUnchecked(defined(name)))).toEqual([
        expect.stringContaining(`Below.b: @${name} is`),
      ]);
    }
  });

  test('G8 it is found on extensions of types and fields, arguments, enum values, unions and the schema', () => {
    const sdl = `${authTypeDefs(roles)} schema @Auth { query: Query } type Query { a(b: E @Auth): U @public }
      enum E @Auth { X @Auth } union U @Auth = T type T { c: Int } extend type T @Auth { d: Int @Auth }
      input I @Auth { e: Int @Auth } scalar S @Auth interface N @Auth { f: Int @Auth }`;
    const places = problemsOf(() => guardUnchecked(sdl)).map((problem) => problem.split(': ')[0]);
    expect(places.sort()).toEqual(
      ['E', 'E.X', 'I', 'I.e', 'N', 'N.f', 'Query.a(b:)', 'S', 'T', 'T.d', 'U', 'schema'].sort(),
    );
  });
});

describe('several @auth on one place', () => {
  const mayRead = async (sdl: string, token: string): Promise<boolean> => {
    const { ask } = serve(guardUnchecked(sdl));
    return (await ask('{ a }', { token })).status === 200;
  };

  test.each([
    ['repeated', `${authTypeDefs(roles)} type Query { a: Int @auth(role: ADMIN) @auth(role: USER) }`],
    [
      'repeated in the other order',
      `${authTypeDefs(roles)} type Query { a: Int @auth(role: USER) @auth(role: ADMIN) }`,
    ],
    [
      'repeated, of a definition that is not repeatable',
      `${authTypeDefs(roles).replace('repeatable', '')} type Query { a: Int @auth(role: ADMIN) @auth(role: USER) }`,
    ],
    [
      'on a type and its extensions',
      `${authTypeDefs(roles)} type Query @auth(role: USER) { a: Int } extend type Query @auth(role: ADMIN) extend type Query @auth`,
    ],
  ])('G8 all hold if they are %s', async (_how, sdl) => {
    expect([await mayRead(sdl, 'user'), await mayRead(sdl, 'admin')]).toEqual([false, true]);
  });
});

describe('modules that are merged by graphql-tools', () => {
  const first = 'type Query { a: X @public } type X @auth(role: ADMIN) { b: Int }';
  const second = 'extend type X @auth(role: USER) { c: Int }';
  const merge = (...typeDefs: readonly string[]) => makeExecutableSchema({ typeDefs: [...typeDefs] });
  /** graphql-tools merges the modules before it sees the definitions. */
  const guardFolded = (...modules: string[]) => {
    const merged = makeExecutableSchema({ typeDefs: modules, assumeValidSDL: true });
    return guardSchema(extendSchema(merged, parse(authTypeDefs(roles))), { roles, policies: { p: () => true } });
  };

  test.each([
    [[authTypeDefs(roles), first, second]],
    [[first, authTypeDefs(roles), second]],
    [[second, first, authTypeDefs(roles)]],
  ])('G8 keep each @auth if the definitions are among them, in any order', async (modules) => {
    const schema = guardSchema(merge(...modules), { roles });
    const { ask } = serve(schema);
    expect((await ask('{ a { b } }', { token: 'user' })).status).toBe(403);
    expect((await ask('{ a { c } }', { token: 'user' })).status).toBe(403);
    expect((await ask('{ a { b c } }', { token: 'admin' })).status).toBe(200);
  });

  test.each([
    ['roles', first, second],
    ['roles, in the other order', second, first],
    ['scopes', first.replace('role: ADMIN', 'scopes: [["a"]]'), second.replace('role: USER', 'scopes: [["b"]]')],
    ['different arguments', first, second.replace('role: USER', 'policy: "p"')],
  ])('G8 a rule that was folded from two without the definitions stops the start: %s', (_what, ...modules) => {
    expect(problemsOf(() => guardFolded(...modules))).toContainEqual(
      expect.stringMatching(/^X: @auth was merged from several/),
    );
  });

  test('G8 a rule that was not folded starts', () => {
    expect(problemsOf(() => guardFolded(first, second.replace('@auth(role: USER)', '')))).toEqual([]);
  });

  test('schemas that are merged keep every rule', async () => {
    const one = merge(authTypeDefs(roles), first);
    const two = merge(authTypeDefs(roles), 'type Query { e: Int @auth(role: ADMIN) }');
    const { ask } = serve(guardSchema(mergeSchemas({ schemas: [one, two] }), { roles }));
    expect((await ask('{ e }', { token: 'user' })).status).toBe(403);
    expect((await ask('{ a { b } }', { token: 'user' })).status).toBe(403);
  });
});
