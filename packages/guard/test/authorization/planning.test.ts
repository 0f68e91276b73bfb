import { guardOf } from '@fieldgate/guard/server';
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { quickest } from '../stopwatch.ts';
import { codesOf, schemaOf, serve } from './fixture.ts';

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

  test('G11 twice the document on twice the types takes about four times as long', async () => {
    await planning(schemaWith(40), nestedFragments(100));
    const times: number[] = [];
    for (const factor of [1, 2, 4]) {
      times.push(await planning(schemaWith(40 * factor), nestedFragments(100 * factor)));
    }
    const [small = 0, middle = 0, large = 0] = times;
    // Quadratic in either would be 16 times and more; the floor keeps a small first measurement from deciding.
    expect(middle).toBeLessThan(10 * Math.max(small, 3));
    expect(large).toBeLessThan(10 * Math.max(middle, 12));
  });

  test('G11 what is too much to plan is refused with 400 before the credential is verified, each time at once', async () => {
    const schema = schemaWith(1_000);
    const { ask, timesAsked } = serve(schema);
    const spreads = Array.from({ length: 1_000 }, (_, i) => `... on T${i} { ...F }`).join(' ');
    const query = `{ node { ${spreads} } } fragment F on Node { ${Array.from({ length: 1_500 }, (_, i) => `a${i}: id`).join(' ')} }`;
    for (const token of [undefined, 'admin']) {
      const answer = await ask(query, { token });
      expect([answer.status, answer.data, codesOf(answer)]).toEqual([400, undefined, ['QUERY_LIMIT_EXCEEDED/PLAN']]);
      expect(answer.headers.get('www-authenticate')).toBeNull();
    }
    expect(timesAsked()).toBe(0);
    const document = parse(query);
    const again = () => expect(() => guardOf(schema)?.planFor(document, null, {})).toThrow('selects too much');
    again();
    expect(await quickest(again)).toBeLessThan(20);
  });

  test('a chain of ten thousand fragments, and one at the root, is planned without recursion', () => {
    const chain = (on: string) =>
      Array.from({ length: 10_000 }, (_, i) => `fragment ${on}${i} on ${on} { ...${on}${i + 1} }`).join(' ');
    const text = `{ ...Query0 } ${chain('Query')} fragment Query10000 on Query { node { ...Node0 } } ${chain('Node')} fragment Node10000 on Node { id }`;
    expect(guardOf(schemaWith(2))?.planFor(parse(text), null, {})?.rules).toHaveLength(2);
  });
});
