import { getIntrospectionQuery, parse } from 'graphql';
import { expect, it } from 'vitest';
import { isTooRepetitive } from '../../../src/graphql/operation/repetition.ts';

const times = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(' ');

it.each([
  ['introspection', getIntrospectionQuery()],
  [
    'a field of each kind in 30 fragments of a Relay page',
    `{ ${times(30, (i) => `...F${i}`)} } ${times(30, (i) => `fragment F${i} on Query { __typename me { id __typename f${i}: name } }`)}`,
  ],
  ['60 aliases', `{ me { ${times(60, (i) => `a${i}: id`)} } }`],
  ['a fragment that spreads itself, which validation refuses', '{ ...F } fragment F on Query { me { id } ...F }'],
])('%s may be asked for', (_what, query) => {
  expect(isTooRepetitive(parse(query))).toBe(false);
});

it.each([
  ['the same object over and over', `{ ${'me { id } '.repeat(280)} }`],
  ['the same leaf over and over', `{ me { ${'id '.repeat(100)} } }`],
  [
    'the same object in many fragments',
    `{ ${times(60, (i) => `...F${i}`)} } ${times(60, (i) => `fragment F${i} on Query { me { id } }`)}`,
  ],
  [
    'the same fields below the same objects',
    `{ ${times(20, () => 'me { id name email role createdAt id name email role createdAt }')} }`,
  ],
  ['the same object behind inline fragments', `{ ${'... on Query { me { id } } '.repeat(100)} }`],
  ['one alias for different fields', `{ me { ${times(100, (i) => `a: ${i % 2 ? 'id' : 'name'}`)} } }`],
  [
    'fragments that double at each level',
    `{ ...F0 } ${times(14, (i) => `fragment F${i} on Query { a${i}: me { ...G${i + 1} } b${i}: me { ...G${i + 1} } } fragment G${i} on User { a: friend { ...G${i + 1} } b: friend { ...G${i + 1} } }`)}`,
  ],
])('%s is too much to merge', (_what, query) => {
  expect(isTooRepetitive(parse(query))).toBe(true);
});
