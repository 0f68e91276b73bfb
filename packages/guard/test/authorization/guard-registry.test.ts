import { admit, assertGuarded, authTypeDefs, guardSchema, SchemaRulesError } from '@fieldgate/guard';
import { guardOf } from '@fieldgate/guard/server';
import { useFieldgate } from '@fieldgate/guard/yoga';
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import {
  buildSchema,
  extendSchema,
  GraphQLObjectType,
  GraphQLSchema,
  isObjectType,
  lexicographicSortSchema,
  parse,
} from 'graphql';
import { createYoga } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import { authenticate, codesOf, serve } from './fixture.ts';

const roles = ['ADMIN', 'ROOT'];
const sdl = `${authTypeDefs(roles)} type Query { open: Int @public secret: Int @auth(role: ROOT) }`;
const guardKey = '@fieldgate/guard';

const build = () => buildSchema(sdl);
const guard = (schema: GraphQLSchema): GraphQLSchema => guardSchema(schema, { roles });

/** An unguarded schema whose query type has these extensions. */
const withExtensions = (extensions: GraphQLObjectType['extensions']): GraphQLSchema =>
  mapSchema(build(), { [MapperKind.QUERY]: (type) => new GraphQLObjectType({ ...type.toConfig(), extensions }) });

const extensionsOf = (schema: GraphQLSchema): GraphQLObjectType['extensions'] =>
  schema.getQueryType()?.extensions ?? {};

const expectNoGuard = (schema: GraphQLSchema): void => {
  expect(guardOf(schema)).toBeNull();
  expect(() => assertGuarded(schema)).toThrow(SchemaRulesError);
  expect(() => createYoga({ schema, plugins: [useFieldgate({ authenticate })] })).toThrow(SchemaRulesError);
  const operation = {
    schema,
    document: parse('{ open }'),
    contextValue: {},
    source: { header: () => null },
    authenticate,
  };
  expect(() => admit(operation)).toThrow(SchemaRulesError);
};

describe('the guard of a schema', () => {
  test.each([
    ['extended', (schema: GraphQLSchema) => extendSchema(schema, parse('extend type Query { more: Int @public }'))],
    ['mapped', (schema: GraphQLSchema) => mapSchema(schema, {})],
    ['sorted', lexicographicSortSchema],
    ['rebuilt from its configuration', (schema: GraphQLSchema) => new GraphQLSchema(schema.toConfig())],
  ])('T16 is found again, and enforced, when the schema is %s', async (_how, transform) => {
    const guarded = guard(build());
    const schema = transform(guarded);
    expect(schema).not.toBe(guarded);
    expect(guardOf(guarded)).not.toBeNull();
    expect(guardOf(schema)?.rules).toBe(guardOf(guarded)?.rules);
    const { status, errors } = await serve(schema).ask('{ secret }', { token: 'admin' });
    expect([status, codesOf({ errors })]).toEqual([403, ['FORBIDDEN/ROLE']]);
  });

  test('T16 is not taken from extensions that were copied to a schema with unguarded resolvers', () => {
    const guarded = guard(build());
    expectNoGuard(withExtensions(extensionsOf(guarded)));
    expectNoGuard(withExtensions({ ...extensionsOf(guarded) }));
  });

  test.each([
    {},
    Object.freeze({}),
    true,
    'guard',
    null,
    guardOf(guard(build())),
    { roles: [], rules: new Map(), publicFields: new Set(), planFor: () => () => null },
  ])('T16 is not taken from extensions that were forged: %o', (forged) => {
    expectNoGuard(withExtensions({ [guardKey]: forged }));
  });

  test('T16 is not taken from a guarded query type beside an unguarded mutation type', () => {
    const withMutation = () => extendSchema(build(), parse('type Mutation { write: Int @auth(role: ROOT) }'));
    const { directives, types } = withMutation().toConfig();
    const query = guard(withMutation()).getQueryType();
    const mutation = types.find((type) => isObjectType(type) && type.name === 'Mutation');
    if (!isObjectType(mutation)) throw new Error('There is no mutation type.');
    expectNoGuard(new GraphQLSchema({ directives: directives.filter(({ name }) => name !== 'auth'), query, mutation }));
  });

  test('T16 cannot be read or changed through extensions', () => {
    const mark = extensionsOf(guard(build()))[guardKey];
    expect(Object.isFrozen(mark)).toBe(true);
    expect(Reflect.ownKeys(Object(mark))).toEqual([]);
  });

  test('a schema with copied extensions can be guarded', async () => {
    const schema = guard(withExtensions(extensionsOf(guard(build()))));
    expect((await serve(schema).ask('{ secret }', { token: 'admin' })).status).toBe(403);
  });
});
