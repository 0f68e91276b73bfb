import { authTypeDefs, guardSchema, type Viewer } from '@fieldgate/guard';
import { createVisibleSchemas, guardOf } from '@fieldgate/guard/server';
import { MapperKind, mapSchema, pruneSchema } from '@graphql-tools/utils';
import {
  buildSchema,
  extendSchema,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  lexicographicSortSchema,
  parse,
  printSchema,
  validateSchema,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { viewerNamed } from './fixture.ts';
import { createSampleSchema } from './sample-schema.ts';

const roles = ['USER', 'EDITOR', 'ADMIN'];
const sdl = `
  """
  Of the schema
  """
  schema { query: Q mutation: M }
  directive @note(text: String = "x", level: Level = LOW, filter: Filter) repeatable on FIELD_DEFINITION | INTERFACE
  "An enum" enum Level { LOW "High" HIGH @deprecated(reason: "old") }
  input Filter { text: String! = "all" levels: [Level!]! = [LOW] next: Filter old: Int @deprecated }
  interface Node @note { id: ID! }
  interface Named implements Node { id: ID! name(length: Int = 3, by: [Filter!]): String @note(text: "y") }
  type User implements Named & Node { id: ID! name(length: Int = 3, by: [Filter!]): String friends: [[User!]]! secret: Secret @auth(role: ADMIN) }
  type Secret { word: Code @auth(role: EDITOR) deep: Deep }
  type Deep { code: Code, more: Deep }
  type Lonely @auth(role: ADMIN) { id: ID! }
  scalar Code @specifiedBy(url: "https://example.org")
  union Found = User | Lonely
  type Q { user(filter: Filter = { text: "me" }): User @public old: Int @public @deprecated(reason: "gone") found: [Found] @public node: Node @public hidden(only: Only): Secret @auth(role: EDITOR) }
  input Only { a: Int }
  type M { write(filter: Filter!): Deep @auth(role: ADMIN) }
  extend type Q { later: Deep @auth(role: ADMIN) }`;

const build = (): GraphQLSchema =>
  extendSchema(buildSchema(authTypeDefs(roles) + sdl), parse('extend union Found = Secret'));

/** Everything of a type that is neither printed nor a function of ours. */
const keptOf = (schema: GraphQLSchema) =>
  Object.values(schema.getTypeMap()).map((type) => [
    type.name,
    type.astNode,
    type.extensionASTNodes,
    isObjectType(type) ? type.isTypeOf : undefined,
    isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
      ? Object.values(type.getFields()).map(({ name, astNode, extensions }) => [name, astNode, extensions])
      : [],
  ]);

describe('the copy that guardSchema makes', () => {
  test('G18 prints the same, and keeps what is not printed', () => {
    const schema = build();
    const node = schema.getType('Node');
    const user = schema.getType('User');
    if (!isInterfaceType(node) || !isObjectType(user)) throw new Error('A type is missing.');
    node.resolveType = () => 'User';
    user.isTypeOf = () => true;
    Object.assign(user.getFields()['id']?.extensions ?? {}, { own: 'extension' });
    const guarded = guardSchema(schema, { roles });
    expect(printSchema(guarded)).toBe(printSchema(schema));
    expect(keptOf(guarded)).toEqual(keptOf(schema));
    expect(validateSchema(guarded)).toEqual([]);
    expect(guarded.astNode).toBe(schema.astNode);
    expect(Object.keys(guarded.getTypeMap())).toEqual(Object.keys(schema.getTypeMap()));
    expect(guarded.getDirectives().map(String)).toEqual(schema.getDirectives().map(String));
  });

  test('G18 shares no type with fields or members with the schema that it was made from', () => {
    const schema = build();
    const guarded = guardSchema(schema, { roles });
    for (const [name, type] of Object.entries(schema.getTypeMap())) {
      const isShared = guarded.getType(name) === type;
      const hasMembers = isObjectType(type) || isInterfaceType(type) || isUnionType(type) || isInputObjectType(type);
      expect([name, isShared]).toEqual([name, !hasMembers || name.startsWith('__')]);
    }
  });
});

describe('what introspection shows to a role', () => {
  /** With the functions of graphql-tools, which the guard does without. */
  const expectedFor = (schema: GraphQLSchema, isHidden: (coordinate: string) => boolean): string => {
    const mapped = mapSchema(schema, {
      [MapperKind.OBJECT_FIELD]: (field, name, type) => (isHidden(`${type}.${name}`) ? null : field),
      [MapperKind.INTERFACE_FIELD]: (field, name, typeName) => {
        const type = schema.getType(typeName);
        const types = isInterfaceType(type) ? schema.getPossibleTypes(type) : [];
        return types.some((each) => isHidden(`${each.name}.${name}`)) ? null : field;
      },
    });
    return printSchema(lexicographicSortSchema(pruneSchema(mapped)));
  };

  const viewers: readonly (readonly [string, Viewer])[] = [
    ['anonymous', { kind: 'anonymous' }],
    ...['user', 'editor', 'admin'].map((name) => [name, viewerNamed(name)] as const),
  ];

  test.each([
    ['small', () => guardSchema(build(), { roles })],
    ['the sample', () => createSampleSchema().schema],
  ])('G18 is what pruning with graphql-tools gives, of a schema that is %s', (_which, create) => {
    const schema = create();
    const guard = guardOf(schema);
    const visible = createVisibleSchemas(schema);
    for (const [name, viewer] of viewers) {
      const isHidden = (coordinate: string): boolean => {
        const rule = guard?.rules.get(coordinate);
        if (rule === undefined) return false;
        return viewer.kind === 'account' ? rule.rolesAllowed?.includes(viewer.role) === false : !rule.optional;
      };
      const shown = visible(viewer);
      expect([name, printSchema(lexicographicSortSchema(shown))]).toEqual([name, expectedFor(schema, isHidden)]);
      expect(validateSchema(shown)).toEqual([]);
    }
  });
});
