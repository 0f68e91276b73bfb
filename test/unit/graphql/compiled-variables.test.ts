import { makeExecutableSchema } from '@graphql-tools/schema';
import { execute, Kind, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { createExecute } from '../../../src/graphql/operation/compile.ts';

const schema = makeExecutableSchema({
  typeDefs: `
    enum Color { RED BLUE }
    scalar Even
    type Query {
      text(value: String!): String
      number(value: Int! = 4): Int
      id(value: ID!): ID
      ids(value: [ID!]!): [ID!]
      color(value: Color!): Color
      on: Boolean!
      nothing: Int!
      odd: Even
      broken: Int
      list: [Item!]
    }
    type Item { name: String! }
  `,
  resolvers: {
    Query: {
      ...Object.fromEntries(
        ['text', 'number', 'id', 'ids', 'color'].map((name) => [
          name,
          (_: unknown, args: { value: unknown }) => args.value,
        ]),
      ),
      on: () => true,
      nothing: () => null,
      odd: () => 3,
      broken: () => {
        throw new Error('a fault');
      },
      list: () => [{ name: 'a' }, { name: null }],
    },
    Even: {
      __serialize: (value: number) => {
        if (value % 2 !== 0) throw new TypeError('not even');
        return value;
      },
    },
  },
});

const cases: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['query ($b: Boolean! = true) { on @include(if: $b) }', {}],
  ['query ($b: Boolean! = false) { on @include(if: $b) number }', {}],
  ['query ($b: Boolean! = true) { on @skip(if: $b) number }', { b: false }],
  ['query ($b: Boolean = true) { on @skip(if: $b) number }', { b: null }],
  ['query ($b: Boolean = true) { on @include(if: $b) number }', { b: null }],
  ['query ($b: Boolean = false) { on @include(if: $b) number }', {}],
  ['query ($v: Int! = 2) { number(value: $v) }', {}],
  ['query ($v: Int! = 2) { number(value: $v) }', { v: 7 }],
  ['query ($v: Int) { number(value: $v) }', {}],
  ['query ($v: Int) { number(value: $v) }', { v: null }],
  ['query ($v: String = "x") { text(value: $v) on }', { v: null }],
  ['query ($v: String = "x") { text(value: $v) on }', {}],
  ['query ($v: String = null) { text(value: "a") other: text(value: "b") @skip(if: false) }', {}],
  ['query ($v: ID! = 12345678901234567890123) { id(value: $v) }', {}],
  ['query ($v: [ID!]! = [12345678901234567890123, "b"]) { ids(value: $v) }', {}],
  ['query ($v: [ID!] = ["a"]) { ids(value: $v) on }', { v: null }],
  ['query ($v: Color! = BLUE) { color(value: $v) }', {}],
  ['query ($v: Color! = BLUE) { color(value: $v) }', { v: 'RED' }],
  ['{ nothing on }', {}],
  ['{ odd on }', {}],
  ['{ broken on }', {}],
  ['{ list { name } on }', {}],
];

test.each(cases)('C2: %s with %o has the same result however often it ran', async (text, variables) => {
  const document = parse(text);
  if (!text.includes('null)')) expect(validate(schema, document)).toEqual([]);
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('No operation.');
  const run = createExecute({ schema, hideSuggestions: false }, document, operation);
  const expected = await execute({ schema, document, contextValue: {}, variableValues: variables });
  for (let i = 0; i < 8; i++) {
    const result = await run({}, variables);
    expect(JSON.parse(JSON.stringify(result))).toEqual(JSON.parse(JSON.stringify(expected)));
    for (const [index, error] of (result.errors ?? []).entries()) {
      expect(error.extensions).toEqual({});
      expect(error.originalError?.message).toBe(expected.errors?.[index]?.originalError?.message);
    }
    await new Promise((resolve) => setTimeout(resolve, i === 3 ? 30 : 0));
  }
});
