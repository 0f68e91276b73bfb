import {
  authDirective,
  authExtension,
  authTypeDefs,
  guardSchema,
  publicDirective,
  publicExtension,
} from '@fieldgate/guard';
import {
  buildSchema,
  GraphQLEnumType,
  type GraphQLFieldConfig,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  lexicographicSortSchema,
  printSchema,
  specifiedDirectives,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { codesOf, serve } from './fixture.ts';
import { problemsOf } from './problems.ts';

const roles = ['USER', 'ADMIN'];
const definitions = [...specifiedDirectives, authDirective(roles), publicDirective];

type Fields = Readonly<Record<string, Omit<GraphQLFieldConfig<unknown, unknown>, 'type'>>>;

const schemaOfFields = (fields: Fields, directives = definitions): GraphQLSchema =>
  new GraphQLSchema({
    directives,
    query: new GraphQLObjectType({
      name: 'Query',
      fields: Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [name, { type: GraphQLString, resolve: () => name, ...field }]),
      ),
    }),
  });

/** What Pothos, Nexus and plain code put into `extensions`, which takes anything. */
const withExtensions = (extensions: object): GraphQLSchema => schemaOfFields({ a: { extensions: { ...extensions } } });

describe('a schema that is built in code', () => {
  test('G5 is guarded by the rules in its extensions', async () => {
    const schema = schemaOfFields({
      open: { extensions: publicExtension },
      signedIn: { extensions: authExtension() },
      admin: { extensions: authExtension({ role: 'ADMIN' }) },
      both: { extensions: { ...authExtension({ role: 'USER' }, { scopes: [['s']] }), another: 'tool' } },
      never: { extensions: authExtension({ policy: 'never' }) },
    });
    const { ask } = serve(guardSchema(schema, { roles, policies: { never: () => false } }));
    const query = '{ open signedIn admin both never }';
    const asUser = await ask(query, { token: 'user' });
    expect(asUser.data).toEqual({ open: 'open', signedIn: 'signedIn', admin: null, both: null, never: null });
    expect(codesOf(asUser)).toEqual(['FORBIDDEN/ROLE', 'FORBIDDEN/SCOPE', 'FORBIDDEN/POLICY']);
    expect((await ask(query, { token: 'admin:s' })).data).toMatchObject({ admin: 'admin', both: 'both' });
    expect((await ask(query)).data).toMatchObject({ open: 'open', signedIn: null });
  });

  test.each([
    ['written by graphql-tools', { directives: [{ name: 'auth', args: { role: 'ADMIN' } }] }],
    ['written by Pothos', { directives: { auth: { role: 'ADMIN' } }, pothosOptions: { nullable: true } }],
    ['a list', { directives: { auth: [{ role: 'USER' }, { role: 'ADMIN' }] } }],
    [
      'beside other directives',
      {
        directives: [
          { name: 'cost', value: 3 },
          { name: 'auth', args: { role: 'ADMIN' } },
        ],
      },
    ],
    [
      'of an object without a prototype',
      { directives: Object.assign(Object.create(null), { auth: { role: 'ADMIN' } }) },
    ],
  ])('G5 a rule is enforced if it is %s', async (_how, extensions) => {
    const { ask } = serve(guardSchema(withExtensions(extensions), { roles }));
    expect((await ask('{ a }', { token: 'user' })).status).toBe(403);
    expect((await ask('{ a }', { token: 'admin' })).status).toBe(200);
  });

  class Rules {
    readonly auth = { role: 'ADMIN' };
  }
  const rule = { role: 'ADMIN' };

  test.each([
    ['a name of a role', { directives: { auth: 'ADMIN' } }],
    ['true', { directives: { auth: true } }],
    ['null', { directives: { auth: null } }],
    ['undefined', { directives: { auth: undefined } }],
    ['a list of names', { directives: { auth: ['ADMIN'] } }],
    ['an empty list', { directives: { auth: [] } }],
    ['a list in a list', { directives: { auth: [[rule]] } }],
    ['a Map of arguments', { directives: { auth: new Map([['role', 'ADMIN']]) } }],
    ['a role that is undefined', { directives: { auth: { role: undefined } } }],
    ['a role in a list', { directives: { auth: { role: ['ADMIN'] } } }],
    ['another argument', { directives: { auth: { roles: ['ADMIN'] } } }],
    ['an entry with arguments', { directives: [{ name: 'auth', arguments: rule }] }],
    ['an entry with its arguments beside the name', { directives: [{ name: 'auth', role: 'ADMIN' }] }],
    ['an entry whose args are a list', { directives: [{ name: 'auth', args: [rule] }] }],
    ['an entry whose args are null', { directives: [{ name: 'auth', args: null }] }],
    ['an entry under another key', { directives: [{ directive: 'auth', args: rule }] }],
    ['an entry without a name', { directives: [{ auth: rule }] }],
    ['a pair', { directives: [['auth', rule]] }],
    ['a name alone', { directives: ['auth'] }],
    ['SDL', { directives: '@auth(role: ADMIN)' }],
    ['a Map', { directives: new Map([['auth', rule]]) }],
    ['a function', { directives: () => ({ auth: rule }) }],
    ['an instance of a class', { directives: new Rules() }],
    ['an object that inherits it', { directives: Object.create({ auth: rule }) }],
    ['a name in another case', { directives: { Auth: rule } }],
    ['a name with its at sign', { directives: { '@auth': rule } }],
    ['a name in another case in a list', { directives: [{ name: 'AUTH', args: rule }] }],
    ['a name that is near', { directives: { authorized: rule } }],
    ['extensions.auth', { auth: rule }],
    ['extensions.Auth', { Auth: rule }],
    ['extensions.@auth', { '@auth': rule }],
    ['extensions.directive', { directive: { auth: rule } }],
    ['extensions.Directives', { Directives: { auth: rule } }],
  ])('G5 %s is not understood, so the start is refused with the coordinate', (_shape, extensions) => {
    const below = new GraphQLObjectType({ name: 'Below', fields: { b: { type: GraphQLString, extensions } } });
    const schema = new GraphQLSchema({
      directives: definitions,
      query: new GraphQLObjectType({ name: 'Query', fields: { a: { type: below, extensions: publicExtension } } }),
    });
    expect(problemsOf(() => guardSchema(schema, { roles }))).toEqual([expect.stringMatching(/^Below\.b: .*auth/i)]);
  });

  test('G5 a shape that is not understood is found on every element', () => {
    const extensions = { directives: { auth: 'ADMIN' } };
    const schema = new GraphQLSchema({
      directives: definitions,
      extensions,
      query: new GraphQLObjectType({
        name: 'Query',
        extensions,
        fields: {
          a: {
            type: new GraphQLScalarType({ name: 'S', extensions }),
            args: {
              b: { type: new GraphQLEnumType({ name: 'E', extensions, values: { X: { extensions } } }), extensions },
            },
            extensions: publicExtension,
          },
        },
      }),
    });
    const places = problemsOf(() => guardSchema(schema, { roles })).map((problem) => problem.split(': ')[0]);
    expect(places).toEqual(expect.arrayContaining(['schema', 'Query', 'Query.a(b:)', 'S', 'E', 'E.X']));
  });

  test.each([
    ['none', { directives: undefined }],
    ['no directives of ours', { directives: { cost: 3, author: 'Ada' } }],
    ['what other tools keep', { complexity: 3, nexus: { config: {} }, authScopes: { admin: true } }],
  ])('extensions with %s are left alone', (_what, extensions) => {
    const schema = schemaOfFields({
      a: { extensions: { ...extensions, mine: true } },
      b: { extensions: publicExtension },
    });
    expect(problemsOf(() => guardSchema(schema, { roles }))).toEqual([
      'Query.a: is a root field with neither @auth nor @public',
    ]);
  });
});

describe('authDirective and publicDirective', () => {
  const printed = (schema: GraphQLSchema): string => printSchema(lexicographicSortSchema(schema));

  test('are the definitions of authTypeDefs', () => {
    const built = schemaOfFields({ a: {} });
    expect(printed(built)).toBe(printed(buildSchema(`${authTypeDefs(roles)} type Query { a: String }`)));
    const renamed = { roleEnum: 'Rank', onDenied: 'Denial' };
    const other = schemaOfFields({ a: {} }, [...specifiedDirectives, authDirective(roles, renamed), publicDirective]);
    expect(printed(other)).toBe(printed(buildSchema(`${authTypeDefs(roles, renamed)} type Query { a: String }`)));
  });

  test('G5 take the enum that the schema has, whose values are numbers in its code', async () => {
    const role = new GraphQLEnumType({ name: 'Level', values: { ADMIN: { value: 2 }, USER: { value: 1 } } });
    const directives = [...specifiedDirectives, authDirective(role), publicDirective];
    const schema = schemaOfFields(
      { a: { extensions: authExtension({ role: 'ADMIN' }) }, mine: { extensions: publicExtension } },
      directives,
    );
    const config = schema.toConfig();
    const withRole = new GraphQLSchema({ ...config, types: [...config.types, role] });
    const { ask } = serve(guardSchema(withRole, { roles }));
    expect((await ask('{ a }', { token: 'user' })).status).toBe(403);
    expect((await ask('{ a }', { token: 'admin' })).status).toBe(200);
  });

  test('reject roles that are no names', () => {
    expect(() => authDirective([])).toThrow(TypeError);
    expect(() => authDirective(['not a name'])).toThrow(TypeError);
  });

  test('a definition without the other one is enough where only one is used', () => {
    const only = schemaOfFields({ a: { extensions: authExtension() } }, [...specifiedDirectives, authDirective(roles)]);
    expect(() => guardSchema(only)).not.toThrow();
    const type = new GraphQLNonNull(GraphQLString);
    const missing = new GraphQLSchema({
      query: new GraphQLObjectType({ name: 'Query', fields: { a: { type, extensions: authExtension() } } }),
    });
    expect(problemsOf(() => guardSchema(missing))).toEqual([expect.stringMatching('its definition is missing')]);
  });
});
