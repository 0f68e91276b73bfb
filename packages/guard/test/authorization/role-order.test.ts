import { accessMatrix, assertGuarded, authTypeDefs, guardSchema, SchemaRulesError, scopesOf } from '@fieldgate/guard';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { buildSchema, extendSchema, type GraphQLSchema, lexicographicSortSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { serve } from './fixture.ts';
import { problemsOf } from './problems.ts';

const query = 'type Query { a: Int @auth(role: ADMIN) b: Int @auth(role: USER) }';
const roles = ['USER', 'ADMIN'];

/** Which callers may read `a`, which is for ADMIN, and `b`, which is for USER. */
const readersOf = async (schema: GraphQLSchema): Promise<Readonly<Record<string, readonly string[]>>> => {
  const { ask } = serve(schema);
  const mayRead = async (field: string) => {
    const statuses = await Promise.all(
      ['visitor', 'user', 'admin'].map(async (token) => [token, (await ask(`{ ${field} }`, { token })).status]),
    );
    return statuses.flatMap(([token, status]) => (status === 200 ? [String(token)] : []));
  };
  return { a: await mayRead('a'), b: await mayRead('b') };
};

const ordered = { a: ['admin'], b: ['user', 'admin'] };
const own = (values: string): string => `enum Role { ${values} } ${authTypeDefs(null)} ${query}`;

const extension = 'extend enum Role { USER } extend type Query { b: Int @auth(role: USER) }';

describe('the order of the roles is said, never taken from the enum', () => {
  test.each([
    ['written from least to greatest', () => buildSchema(own('USER ADMIN'))],
    ['written from greatest to least', () => buildSchema(own('ADMIN USER'))],
    ['sorted by name', () => lexicographicSortSchema(buildSchema(own('USER ADMIN')))],
    [
      'extended, which appends',
      () => extendSchema(buildSchema(own('ADMIN').replace('b: Int @auth(role: USER)', '')), parse(extension)),
    ],
    ['made by authTypeDefs', () => makeExecutableSchema({ typeDefs: [authTypeDefs(roles), query] })],
    ['made by authTypeDefs in another order', () => buildSchema(authTypeDefs(['ADMIN', 'USER']) + query)],
  ])('G2 of an enum that is %s', async (_how, build) => {
    const schema = guardSchema(build(), { roles });
    expect(await readersOf(schema)).toEqual(ordered);
    expect(await readersOf(lexicographicSortSchema(schema))).toEqual(ordered);
    expect(Object.keys(accessMatrix(schema)[0]?.access ?? {})).toEqual(['anonymous', 'USER', 'ADMIN']);
  });

  test('G2 the other order gives the other rights', async () => {
    const schema = guardSchema(buildSchema(own('USER ADMIN')), { roles: ['ADMIN', 'USER'] });
    expect(await readersOf(schema)).toEqual({ a: ['user', 'admin'], b: ['user'] });
    expect(scopesOf(schema)).toEqual(new Map());
  });

  test('G2 a schema with rules for roles does not start without it, and is told what to write', () => {
    const problems = problemsOf(() => guardSchema(buildSchema(own('USER ROOT ADMIN'))));
    expect(problems).toEqual([expect.stringContaining("guardSchema(schema, { roles: ['<least>', …, '<greatest>'] })")]);
    expect(problems).toEqual([expect.stringMatching(/every value of enum Role: ADMIN, ROOT, USER$/)]);
  });

  test('G2 a schema without rules for roles needs none', async () => {
    const schema = guardSchema(buildSchema(`${authTypeDefs(roles)} type Query { a: Int @auth b: Int @public }`));
    expect(await readersOf(schema)).toEqual({ a: ['visitor', 'user', 'admin'], b: ['visitor', 'user', 'admin'] });
    expect(() =>
      guardSchema(buildSchema('type Query { a: Int @public } directive @public on FIELD_DEFINITION')),
    ).not.toThrow();
  });

  test.each([
    [['USER'], ['roles: ADMIN of enum Role is missing']],
    [['USER', 'ADMIN', 'BOSS'], ['roles: BOSS is no value of enum Role']],
    [
      ['user', 'ADMIN'],
      ['roles: user is no value of enum Role', 'roles: USER of enum Role is missing'],
    ],
    [['USER', 'ADMIN', 'USER'], ['roles: USER is there more than once']],
    [[], [expect.stringMatching('must be a list of names')]],
    ['USER', [expect.stringMatching('must be a list of names')]],
    [['USER', 1], [expect.stringMatching('must be a list of names')]],
    [null, [expect.stringMatching('must be a list of names')]],
  ])('G2 roles: %j stops the start, and each wrong name is named', (given, problems) => {
    const wrong = given as readonly string[];
    expect(problemsOf(() => guardSchema(buildSchema(own('USER ADMIN')), { roles: wrong }))).toEqual(problems);
    expect(problemsOf(() => guardSchema(buildSchema(own('ADMIN USER')), { roles: wrong }))).toHaveLength(
      problems.length,
    );
  });

  test('G2 roles of a schema without a role enum stop the start', () => {
    const schema = buildSchema('type Query { a: Int @public } directive @public on FIELD_DEFINITION');
    expect(problemsOf(() => guardSchema(schema, { roles }))).toEqual([expect.stringMatching('order no enum')]);
  });

  test('G2 a role that is added to a guarded schema stops the start', () => {
    const extended = extendSchema(
      guardSchema(buildSchema(own('USER ADMIN')), { roles }),
      parse('extend enum Role { ROOT }'),
    );
    expect(problemsOf(() => assertGuarded(extended))).toEqual(['roles: ROOT of enum Role is missing']);
  });

  test('G2 who may read what is told of guarded schemas only: of others the order is not known', () => {
    const schema = buildSchema(own('USER ADMIN'));
    expect(() => accessMatrix(schema)).toThrow(SchemaRulesError);
    expect(() => scopesOf(schema)).toThrow(SchemaRulesError);
  });
});

describe('authTypeDefs', () => {
  test.each([
    ['both enums', authTypeDefs(roles), query],
    ['a renamed role enum', authTypeDefs(roles, { roleEnum: 'Rank' }), query],
    ['a renamed enum of onDenied', `enum OnDenied { MINE } ${authTypeDefs(roles, { onDenied: 'AuthDenial' })}`, query],
    ['no enum Role', authTypeDefs(roles, { roleEnum: null }), `enum Role { ADMIN USER } ${query}`],
    ['no roles', authTypeDefs(null, { roleEnum: 'UserRole' }), `enum UserRole { ADMIN USER } ${query}`],
  ])('G2 makes the definitions with %s', async (_what, definitions, rest) => {
    expect(await readersOf(guardSchema(buildSchema(definitions + rest), { roles }))).toEqual(ordered);
  });

  test.each([
    [['USER', 'USER'], {}],
    [[], {}],
    [['true'], {}],
    [['__ROLE'], {}],
    [['A-B'], {}],
    [['A } type Query { open: Int @public'], {}],
    [['A'], { roleEnum: 'Not a name' }],
    [['A'], { onDenied: '' }],
  ])('G2 rejects what no enum can have: %j %j', (names, options) => {
    expect(() => authTypeDefs(names, options)).toThrow(TypeError);
  });

  test('onDenied may be ERROR, and nothing that is not enforced', () => {
    const withDenial = (value: string) => () =>
      guardSchema(buildSchema(`${authTypeDefs(roles)} type Query { a: Int @auth(onDenied: ${value}) }`));
    expect(withDenial('ERROR')).not.toThrow();
    expect(withDenial('HIDE')).toThrow(SchemaRulesError);
  });
});
