import { buildSchema, getVariableValues, Kind, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { withoutQuotedValues } from '../../../src/graphql/operation/quoted-values.ts';

const schema = buildSchema(`
  enum Role { USER ADMIN }
  input Input { email: String! password: String! n: Int f: Float b: Boolean id: ID role: Role sub: Input list: [String!] }
  type Query { x(i: Input!, n: Int, s: String): Int }
`);

const variableMessages = (i: unknown): readonly string[] => {
  const [operation] = parse('query ($i: Input!) { x(i: $i) }').definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('No operation.');
  return (getVariableValues(schema, operation.variableDefinitions ?? [], { i }).errors ?? []).map(
    (error) => error.message,
  );
};

const documentMessages = (text: string): readonly string[] => {
  try {
    return validate(schema, parse(text)).map((error) => error.message);
  } catch (error) {
    return [(error as Error).message];
  }
};

const whole = { email: 'a', password: 'b' };
const values: readonly unknown[] = [
  'hunter2',
  ['hunter2'],
  { emial: 'a', password: 'hunter2' },
  { email: 'a', passwort: 'hunter2' },
  { email: 'a', password: ['hunter2'] },
  { email: 'a', password: { text: 'hunter2' } },
  ...['n', 'f', 'b', 'role', 'sub'].map((name) => ({ ...whole, [name]: 'hunter2' })),
  { ...whole, id: ['hunter2'] },
  { ...whole, list: [{ text: 'hunter2' }] },
  { ...whole, sub: { emial: 'hunter2' } },
];
const literals = [
  '"hunter2"',
  '{ emial: "a", password: "hunter2" }',
  '{ email: "a", password: ["hunter2"] }',
  ...['n', 'f', 'b', 'role'].map((name) => `{ email: "a", password: "b", ${name}: "hunter2" }`),
];
const documents = [
  ...literals.map((literal) => `{ x(i: ${literal}) }`),
  '{ x("hunter2") }',
  '{ x(i: """hunter2""" """hunter2""") }',
  '{ x(i: { password: "hunter2" }',
  'query ($n: Int = "hunter2") { x(n: $n, i: { email: "a", password: "b" }) }',
];

test.each(values)('A1: an error about the variable %o does not quote it', (value) => {
  const messages = variableMessages(value).map(withoutQuotedValues);
  expect(messages.length).toBeGreaterThan(0);
  expect(messages.join('\n')).not.toContain('hunter2');
});

test.each(documents)('A1: an error about the document %s does not quote its values', (text) => {
  const messages = documentMessages(text).map(withoutQuotedValues);
  expect(messages.length).toBeGreaterThan(0);
  expect(messages.join('\n')).not.toContain('hunter2');
});

test('the type, the field and what the name may have meant stay', () => {
  expect(variableMessages({ emial: 'a', password: 'b' }).map(withoutQuotedValues)).toEqual([
    'Variable "$i" has invalid value: Expected value of type "Input" to include required field "email".',
    'Variable "$i" has invalid value: Expected value of type "Input" not to include unknown field "emial". Did you mean "email"?',
  ]);
});
