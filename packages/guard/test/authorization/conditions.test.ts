import { describe, expect, test } from 'vitest';
import { serve } from './fixture.ts';
import { createSampleSchema, secretValue } from './sample-schema.ts';

const setUp = () => {
  const { schema, ran } = createSampleSchema();
  return { ...serve(schema), ran };
};

describe('conditional selections', () => {
  const conditional = 'query Q($no: Boolean! = false, $yes: Boolean = true, $given: Boolean!) ';
  test.each([
    ['{ hello admin @include(if: false) }', {}, true],
    ['{ hello admin @skip(if: true) }', {}, true],
    ['{ hello admin @include(if: true) }', {}, false],
    ['{ hello admin @skip(if: false) @include(if: true) }', {}, false],
    ['{ hello admin @skip(if: true) @include(if: true) }', {}, true],
    [
      `${conditional} { hello admin @include(if: $no) x: hello @skip(if: $given) y: hello @skip(if: $yes) }`,
      { given: true },
      true,
    ],
    [
      `${conditional} { hello admin @include(if: $no) x: hello @skip(if: $given) y: hello @skip(if: $yes) }`,
      { given: true, no: true },
      false,
    ],
    [
      `${conditional} { hello admin @skip(if: $yes) x: hello @skip(if: $given) y: hello @skip(if: $no) }`,
      { given: true },
      true,
    ],
    [
      `${conditional} { hello admin @skip(if: $yes) x: hello @skip(if: $given) y: hello @skip(if: $no) }`,
      { given: true, yes: false },
      false,
    ],
    ['query($g: Boolean!) { hello ... @include(if: $g) { admin } }', { g: false }, true],
    ['query($g: Boolean!) { hello ... @include(if: $g) { admin } }', { g: true }, false],
    ['query($g: Boolean!) { hello ...F @skip(if: $g) } fragment F on Query { admin }', { g: true }, true],
    ['query($g: Boolean!) { hello ...F @skip(if: $g) } fragment F on Query { admin }', { g: false }, false],
    ['query($g: Boolean!) { hello ...F @skip(if: $g) ...F } fragment F on Query { admin }', { g: true }, false],
  ])('T24 @skip and @include are decided by the values they will have: %s %o', async (query, variables, isSkipped) => {
    const { ask, timesAsked } = setUp();
    const answer = await ask(query, { token: 'expired', variables });
    expect([answer.status, timesAsked()]).toEqual(isSkipped ? [200, 0] : [401, 1]);
    expect((await ask(query, { variables })).errors).toHaveLength(isSkipped ? 0 : 1);
  });

  test('T24 one document is decided again for other values', async () => {
    const { ask } = setUp();
    const query = 'mutation($g: Boolean!) { login { id } write @include(if: $g) }';
    const statuses = [];
    for (const g of [false, true, false, true]) {
      statuses.push((await ask(query, { token: 'user', variables: { g } })).status);
    }
    expect(statuses).toEqual([200, 403, 200, 403]);
  });

  test.each([{ g: 'false' }, { g: null }, { g: 0 }, {}, { ['__proto__']: { g: false } }])(
    'T24 values that are not booleans open nothing: %o',
    async (variables) => {
      const { ask, ran } = setUp();
      const answer = await ask('query($g: Boolean!) { hello admin @include(if: $g) }', { token: 'user', variables });
      expect(answer.text).not.toContain(secretValue);
      expect(ran).toEqual([]);
    },
  );
});
