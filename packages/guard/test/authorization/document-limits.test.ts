import { checkDocument, documentLimits } from '@fieldgate/guard';
import { buildSchema, getIntrospectionQuery, parse, specifiedRules, validate } from 'graphql';
import { describe, expect, test } from 'vitest';

const reasonOf = (text: string, limits = {}) => checkDocument(parse(text), limits)?.details.reason ?? null;
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');
const deep = (levels: number) => `{ ${'a { '.repeat(levels - 1)} a ${'} '.repeat(levels - 1)} }`;

describe('the limits of documents', () => {
  test.each([
    ['what people write', '{ a { b c ...F } } fragment F on T { d x: e }', null],
    ['introspection', getIntrospectionQuery(), null],
    ['15 levels', deep(15), null],
    ['16 levels', deep(16), 'DEPTH'],
    ['16 levels by fragments', `{ ...F0 } ${times(16, (i) => `fragment F${i} on T { a { ...F${i + 1} } }`)}`, 'DEPTH'],
    ['30 aliases', `{ a { ${times(30, (i) => `x${i}: b`)} } }`, null],
    ['31 aliases', `{ a { ${times(31, (i) => `x${i}: b`)} } }`, 'ALIASES'],
    [
      'aliases of a fragment that is spread often',
      `{ ${times(8, (i) => `f${i} { ...F }`)} } fragment F on T { x: a y: b z: c w: d }`,
      'ALIASES',
    ],
    ['20 root fields, one twice', `{ ${times(20, (i) => `f${i}`)} f0 }`, null],
    [
      '21 root fields, by fragments',
      `{ ...F ... { f0 } } fragment F on Query { ${times(20, (i) => `g${i}`)} }`,
      'ROOT_FIELDS',
    ],
    ['2001 tokens', `{ a { ${times(1_998, (i) => `f${i}`)} } }`, 'TOKENS'],
    ['the same field 100 times', `{ ${times(100, () => 'a { b }')} }`, 'REPEATED_FIELDS'],
    [
      'fragments that double forty times',
      `{ a { ...F0 } } ${times(40, (i) => `fragment F${i} on T { ...F${i + 1} ...F${i + 1} }`)} fragment F40 on T { b }`,
      null,
    ],
    ['a circle', '{ ...A } fragment A on T { a { ...B } } fragment B on T { b { ...A } }', 'REPEATED_FIELDS'],
  ])('%s', (_what, text, reason) => {
    expect(reasonOf(text)).toBe(reason);
  });

  test('each can be set, and taken away', () => {
    expect(reasonOf(deep(4), { depth: 3 })).toBe('DEPTH');
    expect(reasonOf(deep(40), { depth: Number.POSITIVE_INFINITY })).toBeNull();
    expect(checkDocument(parse(deep(4)), { depth: 3 })?.message).toBe('An operation may be at most 3 levels deep.');
  });

  test('as a validation rule they report one error, with its code', () => {
    const schema = buildSchema('type Query { a: Query }');
    const errors = validate(schema, parse(deep(16).replace('a }', '__typename }')), [
      documentLimits(),
      ...specifiedRules,
    ]);
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'QUERY_LIMIT_EXCEEDED', reason: 'DEPTH' }]);
    expect(validate(schema, parse('{ a { __typename } }'), [documentLimits(), ...specifiedRules])).toEqual([]);
  });
});
