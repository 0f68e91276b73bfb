import { admit, assertGuarded, authTypeDefs, guardSchema, runAs, SchemaRulesError } from '@fieldgate/guard';
import { useFieldgate } from '@fieldgate/guard/yoga';
import { addResolversToSchema, makeExecutableSchema, mergeSchemas } from '@graphql-tools/schema';
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import {
  execute,
  extendSchema,
  type GraphQLFieldConfig,
  GraphQLObjectType,
  type GraphQLSchema,
  lexicographicSortSchema,
  parse,
  subscribe,
} from 'graphql';
import { createYoga } from 'graphql-yoga';
import { describe, expect, test, vi } from 'vitest';
import { authenticate, serve, viewerNamed } from './fixture.ts';
import { problemsOf } from './problems.ts';

const roles = ['USER', 'ADMIN'];
const typeDefs = `
  type Query { open: Int @public secret: Int @auth(role: ADMIN) below: Below @public }
  type Below { deep: Int @auth(role: ADMIN) free: Int }
  type Subscription { ticks: Int @auth(role: ADMIN) }`;
const resolvers = {
  Query: { open: () => 1, secret: () => 2, below: () => ({}) },
  Below: { deep: () => 3, free: () => 4 },
  Subscription: {
    ticks: {
      subscribe: async function* () {
        yield { ticks: 5 };
      },
    },
  },
};
const build = () => makeExecutableSchema({ typeDefs: [authTypeDefs(roles), typeDefs], resolvers });
const guarded = (onFault = vi.fn()) => guardSchema(build(), { roles, onFault });

/** The same schema with some functions replaced, as a transform would. */
const replace = (schema: GraphQLSchema, name: string, change: Partial<GraphQLFieldConfig<unknown, unknown>>) =>
  mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field, fieldName, type) =>
      `${type}.${fieldName}` === name ? { ...field, ...change } : field,
  });

const renamed = (schema: GraphQLSchema, from: string, to: string) =>
  mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field, fieldName) => (fieldName === from ? [to, field] : undefined),
  });

const ways: readonly (readonly [string, (schema: GraphQLSchema) => GraphQLSchema, string])[] = [
  [
    'addResolversToSchema',
    (schema) => addResolversToSchema({ schema, resolvers: { Query: { secret: () => 0 } } }),
    'Query.secret',
  ],
  [
    'addResolversToSchema below',
    (schema) => addResolversToSchema({ schema, resolvers: { Below: { deep: () => 0 } } }),
    'Below.deep',
  ],
  ['mapSchema', (schema) => replace(schema, 'Query.secret', { resolve: () => 0 }), 'Query.secret'],
  [
    'a wrapper around the guarded resolver',
    (schema) => {
      const own = schema.getQueryType()?.getFields()['secret']?.resolve;
      return replace(schema, 'Query.secret', { resolve: (...args) => own?.(...args) });
    },
    'Query.secret',
  ],
  ['a transform that drops resolvers', (schema) => replace(schema, 'Below.deep', { resolve: undefined }), 'Below.deep'],
  [
    'a resolver of a subscription',
    (schema) => replace(schema, 'Subscription.ticks', { resolve: () => 0 }),
    'Subscription.ticks',
  ],
  [
    'a subscriber',
    (schema) => replace(schema, 'Subscription.ticks', { subscribe: async function* () {} }),
    'Subscription.ticks',
  ],
  [
    'a dropped subscriber',
    (schema) => replace(schema, 'Subscription.ticks', { subscribe: undefined }),
    'Subscription.ticks',
  ],
  [
    'mocks that keep resolvers',
    (schema) =>
      mapSchema(schema, {
        [MapperKind.OBJECT_FIELD]: (field) => ({
          ...field,
          resolve: async (...args) => field.resolve?.(...args) ?? 'mock',
        }),
      }),
    'Query.secret',
  ],
  [
    'the guarded resolver of another field',
    (schema) => {
      const other = schema.getType('Below');
      const fields = other instanceof GraphQLObjectType ? other.getFields() : {};
      return replace(schema, 'Query.secret', { resolve: fields['deep']?.resolve });
    },
    'Query.secret',
  ],
  ['a renamed field', (schema) => renamed(schema, 'secret', 'other'), 'Query.other'],
];

const operation = (schema: GraphQLSchema, query = '{ open }') => ({
  schema,
  document: parse(query),
  contextValue: {},
  source: { header: () => null },
  authenticate,
});

describe('a resolver that is set after the guard', () => {
  test.each(ways)('G3 by %s is refused with its coordinate, before anything runs', async (_how, change, coordinate) => {
    const schema = change(guarded());
    const expected = [expect.stringMatching(`^${coordinate.replace('.', '\\.')}: `)];
    expect(problemsOf(() => assertGuarded(schema))).toEqual(expect.arrayContaining(expected));
    expect(problemsOf(() => createYoga({ schema, plugins: [useFieldgate({ authenticate })] }))).toEqual(
      expect.arrayContaining(expected),
    );
    expect(problemsOf(() => admit(operation(schema)))).toEqual(expect.arrayContaining(expected));
    expect(problemsOf(() => guardSchema(schema, { roles }))).toEqual([expect.stringMatching('guarded already')]);
  });

  test('G3 by assignment throws, at the schema and at those made from it once they are checked', () => {
    const schema = guarded();
    const mapped = mapSchema(schema, {});
    assertGuarded(mapped);
    for (const each of [schema, mapped]) {
      const fields = each.getQueryType()?.getFields() ?? {};
      const { secret, open } = fields;
      expect(() => Object.assign(Object(secret), { resolve: () => 0 })).toThrow(TypeError);
      expect(() => Object.assign(Object(secret), { subscribe: () => 0 })).toThrow(TypeError);
      expect(() => Object.assign(fields, { secret: open })).toThrow(TypeError);
      expect(() => Object.assign(Object(open), { resolve: () => 0 })).not.toThrow();
    }
  });

  test('G3 by assignment on a schema that was made from it is refused', () => {
    const schema = mapSchema(guarded(), {});
    Object.assign(Object(schema.getQueryType()?.getFields()['secret']), { resolve: () => 0 });
    expect(problemsOf(() => assertGuarded(schema))).toEqual([expect.stringMatching(/^Query\.secret: /)]);
  });

  test('G3 by merging two guarded schemas is refused: guard the merged one', async () => {
    const one = guardSchema(
      makeExecutableSchema({ typeDefs: [authTypeDefs(roles), 'type Query { a: Int @auth(role: ADMIN) }'] }),
      { roles },
    );
    const two = guardSchema(
      makeExecutableSchema({ typeDefs: [authTypeDefs(roles), 'type Query { b: Int @auth(role: ADMIN) }'] }),
      { roles },
    );
    expect(problemsOf(() => assertGuarded(mergeSchemas({ schemas: [one, two] })))).not.toEqual([]);
  });

  test('G3 by extensions that were copied to another schema is refused', () => {
    const extensions = guarded().getQueryType()?.extensions ?? {};
    const copy = mapSchema(build(), {
      [MapperKind.QUERY]: (type) => new GraphQLObjectType({ ...type.toConfig(), extensions }),
    });
    const coordinates = problemsOf(() => assertGuarded(copy)).map((problem) => problem.split(':')[0]);
    expect(coordinates.sort()).toEqual(['Below.deep', 'Query.secret', 'Subscription.ticks']);
  });
});

describe('a guarded resolver', () => {
  const admin = viewerNamed('admin');
  const runAsAdmin = (schema: GraphQLSchema, query: string) =>
    runAs({}, admin, {}, (contextValue) => execute({ schema, document: parse(query), contextValue }));

  test('G3 runs on a schema that came from guardSchema, also without a gate', async () => {
    expect(await runAsAdmin(guarded(), '{ secret below { deep } }')).toEqual({
      data: { secret: 2, below: { deep: 3 } },
    });
    expect(await execute({ schema: guarded(), document: parse('{ open secret }') })).toMatchObject({
      data: { open: 1, secret: null },
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  test.each([
    ['mapped', (schema: GraphQLSchema) => mapSchema(schema, {})],
    ['sorted', lexicographicSortSchema],
    ['extended', (schema: GraphQLSchema) => extendSchema(schema, parse('extend type Query { more: Int @public }'))],
    ['given another resolver', (schema: GraphQLSchema) => replace(schema, 'Below.deep', { resolve: () => 'leak' })],
  ])('G3 refuses to run on a schema that was %s and that nobody checked', async (_how, transform) => {
    const onFault = vi.fn();
    const schema = transform(guarded(onFault));
    const result = await runAsAdmin(schema, '{ open secret }');
    expect(result).toMatchObject({
      data: { open: 1, secret: null },
      errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
    });
    expect(onFault).toHaveBeenCalledWith(
      { message: expect.stringContaining('assertGuarded(schema)'), coordinate: 'Query.secret' },
      expect.anything(),
    );
  });

  test('G3 refuses to open a stream on such a schema', async () => {
    const schema = mapSchema(guarded(), {});
    const result = await runAs({}, admin, {}, (contextValue) =>
      subscribe({ schema, document: parse('subscription { ticks }'), contextValue }),
    );
    expect(result).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] });
  });

  test.each([
    ['assertGuarded', async (schema: GraphQLSchema) => assertGuarded(schema)],
    ['admit', async (schema: GraphQLSchema) => admit(operation(schema))],
    ['useFieldgate', async (schema: GraphQLSchema) => serve(schema)],
  ])('G3 runs on a changed schema that %s checked', async (_who, check) => {
    const schema = lexicographicSortSchema(mapSchema(guarded(), {}));
    await check(schema);
    expect(await runAsAdmin(schema, '{ secret }')).toEqual({ data: { secret: 2 } });
  });

  test('G3 is checked by admit without assertGuarded', () => {
    expect(() => admit(operation(replace(guarded(), 'Query.secret', { resolve: () => 0 })))).toThrow(SchemaRulesError);
    expect(() => admit(operation(extendSchema(guarded(), parse('extend type Below { z: Int @auth }'))))).toThrow(
      /Below\.z: its rule was added after guardSchema/,
    );
  });
});
