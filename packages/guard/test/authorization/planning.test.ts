import { admit } from '@fieldgate/guard';
import { guardOf } from '@fieldgate/guard/server';
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { quickest } from '../stopwatch.ts';
import { schemaOf } from './fixture.ts';

/** An interface with this many implementors, each with a guarded field. */
const schemaWith = (implementors: number) =>
  schemaOf(`
    interface Node { id: ID! next: Node nodes: [Node!] }
    ${Array.from(
      { length: implementors },
      (_, i) => `type T${i} implements Node { id: ID! @auth(role: ADMIN) next: Node nodes: [Node!] }`,
    ).join('\n')}
    type Query { node: Node @public }
  `);

/** Fragments that each spread the next one in several places: an executor would expand them without end. */
const nestedFragments = (count: number): string =>
  `{ node { ...F0 } } ${Array.from(
    { length: count },
    (_, i) =>
      `fragment F${i} on Node { ...F${i + 1} ... { ...F${i + 1} } next { ...F${i + 1} } nodes { ... on Node { ...F${i + 1} } } }`,
  ).join(' ')} fragment F${count} on Node { id }`;

/** Returns the milliseconds that planning takes. Each run has a document of its own, because plans are kept by document. */
const planning = async (schema: ReturnType<typeof schemaOf>, text: string): Promise<number> => {
  const documents = Array.from({ length: 3 }, () => parse(text));
  return quickest(() => guardOf(schema)?.planFor(documents.pop() ?? parse(text), null, {}));
};

describe('planning', () => {
  test('G11 15 KiB of nested fragments on 60 types are planned in milliseconds', async () => {
    const schema = schemaWith(60);
    const text = nestedFragments(180);
    expect(text.length).toBeGreaterThan(15_000);
    const plan = guardOf(schema)?.planFor(parse(text), null, {});
    expect(plan?.rules).toHaveLength(60);
    expect(await planning(schema, text)).toBeLessThan(200);
  });

  test('G11 four times the document on four times the types takes about sixteen times as long', async () => {
    await planning(schemaWith(40), nestedFragments(100));
    const small = await planning(schemaWith(40), nestedFragments(100));
    const large = await planning(schemaWith(160), nestedFragments(400));
    // Quadratic in either would be 64 times and more; the floor keeps a small first measurement from deciding.
    expect(large).toBeLessThan(40 * Math.max(small, 10));
  });

  test('G11 what is too much to plan is refused before the credential is verified, and at once when it comes again', async () => {
    const schema = schemaWith(1_000);
    const spreads = Array.from({ length: 1_000 }, (_, i) => `... on T${i} { ...F }`).join(' ');
    const fields = Array.from({ length: 1_500 }, (_, i) => `a${i}: id`).join(' ');
    const document = parse(`{ node { ${spreads} } } fragment F on Node { ${fields} }`);
    const ask = () =>
      admit({
        schema,
        document,
        contextValue: {},
        source: { header: () => null },
        authenticate: () => expect.unreachable('nothing is planned, so nobody is asked'),
      });
    const decision = await ask();
    expect(decision).toMatchObject({ kind: 'refuse', error: { code: 'QUERY_LIMIT_EXCEEDED', status: 400 } });
    expect(decision).toMatchObject({ error: { details: { reason: 'PLAN' } }, presented: false });
    expect(await quickest(ask)).toBeLessThan(50);
  });

  test('a chain of ten thousand fragments, and one at the root, is planned without recursion', () => {
    const chain = (on: string) =>
      Array.from({ length: 10_000 }, (_, i) => `fragment ${on}${i} on ${on} { ...${on}${i + 1} }`).join(' ');
    const text = `{ ...Query0 } ${chain('Query')} fragment Query10000 on Query { node { ...Node0 } } ${chain('Node')} fragment Node10000 on Node { id }`;
    expect(guardOf(schemaWith(2))?.planFor(parse(text), null, {})?.rules).toHaveLength(2);
  });
});
