import { batch, GuardError, type Policies, type Policy, runAs, viewerOf } from '@fieldgate/guard';
import { type DocumentNode, execute, parse, subscribe } from 'graphql';
import { describe, expect, test } from 'vitest';
import { codesOf, schemaOf, serve, viewerNamed } from './fixture.ts';
import { problemsOf } from './problems.ts';

const user = viewerNamed('user');

type Result = {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions: Record<string, unknown> }[];
};

const run = async (
  schema: ReturnType<typeof schemaOf>,
  document: DocumentNode,
  context: object = {},
): Promise<Result> =>
  (await runAs(context, user, {}, (contextValue) => execute({ schema, document, contextValue }))) as Result;

const things = (count: number) => Array.from({ length: count }, (_, id) => ({ id, x: `x${id}`, y: `y${id}` }));

/** A list of things whose fields have a policy, and a log of what it was asked. */
const listOf = (count: number, policy: (asked: unknown[][]) => Policy, typeDefs = '') => {
  const asked: unknown[][] = [];
  const schema = schemaOf(
    typeDefs ||
      'type Query { list: [Thing] @public } type Thing { id: Int x: String @auth(policy: "p") y: String @auth(policy: "p") }',
    { Query: { list: () => things(count) } },
    { p: policy(asked) },
  );
  return { asked, schema };
};

const isEven = (parent: unknown): boolean => (parent as { id: number }).id % 2 === 0;
const expected = (count: number, denied: object | null = { x: null, y: null }) => ({
  list: things(count).map((thing) => (isEven(thing) ? { x: thing.x, y: thing.y } : denied)),
});

const oneByOne =
  (asked: unknown[][]): Policy =>
  (parent) => {
    asked.push([parent]);
    return isEven(parent);
  };
const later =
  (asked: unknown[][]): Policy =>
  async (parent) => {
    asked.push([parent]);
    return isEven(parent);
  };
const together = (asked: unknown[][]): Policy =>
  batch((parents) => {
    asked.push([...parents]);
    return parents.map(isEven);
  });

describe('how often a policy is asked', () => {
  const onType = 'type Query { list: [Thing] @public } type Thing @auth(policy: "p") { x: String y: String }';
  test.each([
    ['one by one', oneByOne, '', 1000],
    ['one by one, later', later, '', 1000],
    ['as a batch', together, '', 1],
    ['one by one, by a rule on the type', oneByOne, onType, 1000],
    ['one by one, later, by a rule on the type', later, onType, 1000],
    ['as a batch, by a rule on the type', together, onType, 1],
  ])('G15 a thousand objects with two fields, %s', async (_name, policy, typeDefs, calls) => {
    const { schema, asked } = listOf(1000, policy, typeDefs);
    const result = await run(schema, parse('{ list { x y } }'));
    expect(result.data).toEqual(typeDefs === onType ? expected(1000, null) : expected(1000));
    expect([asked.length, asked.flat().length]).toEqual([calls, 1000]);
  });

  test.each([
    ['one by one', oneByOne],
    ['later', later],
    ['as a batch', together],
  ])('G15 an execution remembers nothing of another, %s', async (_name, policy) => {
    const { schema, asked } = listOf(4, policy);
    const context = {};
    const document = parse('{ list { x y } }');
    const same = things(1);
    for (const _time of [1, 2]) await run(schema, document, context);
    await Promise.all([run(schema, document, context), run(schema, document, context)]);
    expect(asked.flat()).toHaveLength(16);
    expect(same).toHaveLength(1);
  });

  test('G15 an object that is returned twice is asked about once, with other arguments again', async () => {
    const asked: unknown[] = [];
    const shared = { id: 1 };
    const schema = schemaOf(
      'type Query { a: Thing @public b: Thing @public } type Thing { read(how: How, ids: [Int]): Int @auth(policy: "p") } input How { deep: Int, list: [Int!] }',
      {
        Query: { a: () => shared, b: () => shared },
        Thing: { read: (_: unknown, args: { ids?: number[] }) => args.ids?.push(9) },
      },
      { p: (_parent, args) => asked.push(JSON.stringify(args)) > 0 },
    );
    const result = await run(
      schema,
      parse(`{
        a { read again: read one: read(ids: [1]) more: read(ids: [1, 9]) deep: read(how: { deep: 1, list: [1] }) }
        b { read one: read(ids: [1]) text: read(how: { list: [1], deep: 1 }) other: read(how: { list: [11], deep: 1 }) }
      }`),
    );
    expect(result.errors).toBeUndefined();
    expect(asked).toEqual([
      '{}',
      '{"ids":[1]}',
      '{"ids":[1,9]}',
      expect.stringContaining('[1]'),
      expect.stringContaining('[11]'),
    ]);
  });

  test('G15 arguments that cannot be compared are asked about every time', async () => {
    const asked: unknown[] = [];
    const shared = {};
    const schema = schemaOf(
      'scalar Any type Query { a: Thing @public b: Thing @public } type Thing { read(any: Any): Int @auth(policy: "p") }',
      {
        Query: { a: () => shared, b: () => shared },
        Any: { parseValue: (value: unknown) => new Set([value]), parseLiteral: () => new Set([1]) } as never,
      },
      { p: (_parent, { any }) => asked.push(any) > 0 },
    );
    await run(schema, parse('{ a { read(any: 1) } b { read(any: 1) } }'));
    expect(asked).toHaveLength(2);
  });

  test.each([
    ['primitives', [1, 1, 1]],
    ['null-like', ['', '', '']],
  ])('G15 %s as parents are asked about every time', async (_name, list) => {
    const parents: unknown[] = [];
    const calls: number[] = [];
    const schema = schemaOf(
      'type Query { list: [Thing] @public } type Thing { one: Int @auth(policy: "one") all: Int @auth(policy: "all") }',
      { Query: { list: () => list }, Thing: { one: () => 1, all: () => 1 } },
      {
        one: (parent) => parents.push(parent) > 0,
        all: batch((all) => {
          calls.push(all.length);
          return all.map(() => true);
        }),
      },
    );
    const result = await run(schema, parse('{ list { one again: one all } }'));
    expect(result.data).toEqual({ list: list.map(() => ({ one: 1, again: 1, all: 1 })) });
    expect([parents.length, calls]).toEqual([6, [3]]);
  });

  test('G15 each root field of a mutation begins anew', async () => {
    const shared = { id: 1 };
    let allowed = true;
    const asked: boolean[] = [];
    const schema = schemaOf(
      'type Query { a: Int @public } type Mutation { read: Thing @public close: Thing @public } type Thing { x: Int @auth(policy: "open") y: Int @auth(policy: "open") }',
      {
        Mutation: {
          read: () => shared,
          close: () => {
            allowed = false;
            return shared;
          },
        },
        Thing: { x: () => 1, y: () => 2 },
      },
      { open: () => asked.push(allowed) > 0 && allowed },
    );
    const result = await run(schema, parse('mutation { read { x y } close { x y } again: read { x y } }'));
    expect(result.data).toEqual({ read: { x: 1, y: 2 }, close: { x: null, y: null }, again: { x: null, y: null } });
    expect(asked).toEqual([true, false, false]);
  });
});

describe('what a policy is given', () => {
  test('G15 the field, its constants, and no event outside of subscriptions', async () => {
    const given: unknown[] = [];
    const schema = schemaOf(
      'type Query { a(n: Int): Int @auth(policy: "owns(field: ownerId, deep: [1, {a: true}], none: null, text: \\"t\\")") b: Int @auth(policy: "owns") }',
      { Query: { a: () => 1, b: () => 2 } },
      {
        owns: (_parent, _args, _context, { info, params, event, value }) => {
          given.push([info.fieldName, params, event, value, Object.isFrozen(params)]);
          return true;
        },
      },
    );
    expect((await run(schema, parse('{ a b }'))).data).toEqual({ a: 1, b: 2 });
    expect(given).toEqual([
      ['a', { field: 'ownerId', deep: [1, { a: true }], none: null, text: 't' }, undefined, undefined, true],
      ['b', {}, undefined, undefined, true],
    ]);
  });

  test('G15 a policy with constants decides by them, also beside the same policy with others', async () => {
    const owns: Policy = (thing: Record<string, unknown>, _args, context, { params }) => {
      const viewer = viewerOf(context);
      return viewer.kind === 'account' && thing[String(params['field'])] === viewer.id;
    };
    const schema = schemaOf(
      'type Query { thing: Thing @public } type Thing { a: Int @auth(policy: "owns(field: one)") b: Int @auth(policy: "owns(field: other)") c: Int @auth(policy: "owns( field:one )") }',
      { Query: { thing: () => ({ one: 'user', other: 'somebody', a: 1, b: 2, c: 3 }) } },
      { owns },
    );
    const { data, errors } = await serve(schema).ask('{ thing { a b c } }', { token: 'user' });
    expect(data).toEqual({ thing: { a: 1, b: null, c: 3 } });
    expect(errors[0]?.extensions).toMatchObject({ reason: 'POLICY', required: { policy: 'owns(field: other)' } });
  });

  test.each([
    'owns(',
    'owns()',
    'owns(field: $x)',
    'owns(field: [$x])',
    'owns(field: 1, field: 2)',
    'owns(deep: {a: 1, a: 2})',
    'alias: owns',
    'owns other',
    'owns { a }',
    'owns @include(if: true)',
    '...owns',
    'owns } query Q { b',
    '',
    'owns-it',
  ])('G15 a policy that cannot be read refuses the start with its coordinate: %s', (text) => {
    const typeDefs = `type Query { a: Int @auth(policy: ${JSON.stringify(text)}) }`;
    expect(problemsOf(() => schemaOf(typeDefs, {}, { owns: () => true }))).toEqual([
      expect.stringMatching(/^Query\.a: @auth has a policy that is not a name/),
    ]);
  });

  test('G15 an unknown policy with constants refuses the start, and a name with a hyphen is a name', () => {
    const build = (text: string, policies: Policies) => () =>
      schemaOf(`type Query { a: Int @auth(policy: "${text}") }`, {}, policies);
    expect(problemsOf(build('own(field: id)', { owns: () => true }))).toEqual([
      'Query.a: @auth has an unknown policy: "own"',
    ]);
    expect(problemsOf(build('toString(field: id)', { owns: () => true }))).toEqual([
      'Query.a: @auth has an unknown policy: "toString"',
    ]);
    expect(problemsOf(build('owns-it', { 'owns-it': () => true }))).toEqual([]);
  });

  test('G15 a policy that looks at the field decides about each field for itself', async () => {
    const notY: Policy = (_parent, _args, _context, { info }) => info.fieldName !== 'y';
    const notYLater: Policy = async (_parent, _args, _context, { info }) => info.fieldName !== 'y';
    const notYTogether = batch((parents, _args, _context, { info }) => parents.map(() => info.fieldName !== 'y'));
    for (const policy of [notY, notYLater, notYTogether]) {
      for (const query of [
        '{ list { x y } }',
        '{ list { y x } }',
        '{ list { z: x y w: x } }',
        '{ list { x } b: list { y } }',
      ]) {
        const result = await run(listOf(3, () => policy).schema, parse(query));
        for (const { y = null, ...rest } of Object.values(
          result.data as Record<string, Record<string, unknown>[]>,
        ).flat()) {
          expect([y, Object.values(rest).includes(null)]).toEqual([null, false]);
        }
      }
    }
  });

  test('G15 a policy is given the event of a subscription, and nothing before its source is open', async () => {
    const given: unknown[] = [];
    const events = [
      { ticks: 1, room: 'mine' },
      { ticks: 2, room: 'theirs' },
      { ticks: 3, room: 'mine' },
    ];
    const schema = schemaOf(
      'type Query { a: Int @public } type Subscription { ticks(room: String): Int @auth(policy: "sees") thing: Thing @public } type Thing { x: Int @auth(policy: "sees") y: Int @auth(policy: "sees") }',
      {
        Subscription: {
          ticks: {
            subscribe: async function* () {
              yield* events;
            },
          },
          thing: {
            subscribe: async function* () {
              yield* events;
            },
            resolve: (event: object) => ({ ...shared, event }),
          },
        },
        Thing: { x: () => 1, y: () => 2 },
      },
      {
        sees: (parent, _args, _context, { event }) => {
          given.push([parent === 'root', event]);
          return event === undefined || (event as { room: string }).room === 'mine';
        },
      },
    );
    const shared = {};
    const received = async (query: string) => {
      const stream = await runAs({}, user, {}, (contextValue) =>
        subscribe({ schema, document: parse(query), contextValue, rootValue: 'root' }),
      );
      const results: unknown[] = [];
      for await (const event of stream as AsyncIterable<Result>) results.push(event.data);
      return results;
    };
    expect(await received('subscription { ticks(room: "mine") }')).toEqual([
      { ticks: 1 },
      { ticks: null },
      { ticks: 3 },
    ]);
    expect(given).toEqual([[true, undefined], ...events.map((event) => [false, event])]);
    expect(await received('subscription { thing { x y } }')).toEqual([
      { thing: { x: 1, y: 2 } },
      { thing: { x: null, y: null } },
      { thing: { x: 1, y: 2 } },
    ]);
    expect(given).toHaveLength(7);
  });

  test('G15 each event begins anew, although it is the same object', async () => {
    let allowed = true;
    const event = { thing: { x: 1 } };
    const schema = schemaOf(
      'type Query { a: Int @public } type Subscription { thing: Thing @public } type Thing { x: Int @auth(policy: "open") y: Int @auth(policy: "together") }',
      {
        Subscription: {
          thing: {
            subscribe: async function* () {
              yield event;
              allowed = false;
              yield event;
            },
          },
        },
        Thing: { y: () => 2 },
      },
      { open: () => allowed, together: batch((parents) => parents.map(() => allowed)) },
    );
    const stream = await runAs({}, user, {}, (contextValue) =>
      subscribe({ schema, document: parse('subscription { thing { x y } }'), contextValue }),
    );
    const results: unknown[] = [];
    for await (const { data } of stream as AsyncIterable<Result>) results.push(data);
    expect(results).toEqual([{ thing: { x: 1, y: 2 } }, { thing: { x: null, y: null } }]);
  });
});

describe('a batch', () => {
  const answered = async (decide: (parents: readonly unknown[]) => unknown) => {
    const faults: unknown[] = [];
    const schema = schemaOf(
      'type Query { list: [Thing] @public } type Thing { x: String @auth(policy: "p") }',
      { Query: { list: () => things(3) } },
      { p: batch(decide as never) },
      { onFault: (fault) => faults.push(fault) },
    );
    const answer = await serve(schema).ask('{ list { x } }', { token: 'user' });
    return {
      x: (answer.data as { list: { x: string | null }[] }).list.map(({ x }) => x),
      faults,
      codes: new Set(codesOf(answer)),
    };
  };

  test.each<[string, (parents: readonly unknown[]) => unknown]>([
    ['too few', () => [true, true]],
    ['too many', () => [true, true, true, true]],
    ['a boolean', () => true],
    ['undefined', () => undefined],
    ['later undefined', async () => undefined],
    ['an object with a length', () => ({ length: 3, 0: true, 1: true, 2: true })],
    ['a rejection', () => Promise.reject(new Error('bug'))],
  ])('G15 that answers %s denies all, and the embedder is told once', async (_name, decide) => {
    const { x, faults, codes } = await answered(decide);
    expect([x, faults.length, codes]).toEqual([[null, null, null], 1, new Set(['FORBIDDEN/POLICY'])]);
    expect(faults[0]).toMatchObject({ policy: 'p', coordinate: 'Thing.x' });
  });

  test('G15 passes only with true', async () => {
    expect((await answered(() => [true, 1, 'true'])).x).toEqual(['x0', null, null]);
    expect((await answered(() => [Promise.resolve(true), {}, true])).x).toEqual([null, null, 'x2']);
    const sparse = [true, true, true];
    delete sparse[1];
    expect((await answered(() => sparse)).x).toEqual(['x0', null, 'x2']);
  });

  test('G15 cannot change what others are decided by: the list of parents is its own', async () => {
    const { x } = await answered((parents) => {
      (parents as unknown[]).length = 0;
      return [true, false, false];
    });
    expect(x).toEqual(['x0', null, null]);
  });

  test('G15 that cannot tell says so for each of its objects', async () => {
    const { codes, faults } = await answered(() => {
      throw new GuardError('SERVICE_UNAVAILABLE');
    });
    expect([codes, faults]).toEqual([new Set(['SERVICE_UNAVAILABLE/undefined']), []]);
  });

  test('G15 asks for different arguments apart, and is a policy like any other when it is called', async () => {
    const asked: unknown[] = [];
    const policy = batch((parents, args) => {
      asked.push([args, parents.length]);
      return parents.map(() => true);
    });
    const schema = schemaOf(
      'type Query { list: [Thing] @public } type Thing { x(n: Int): Int @auth(policy: "p") y: Int @auth(policy: "p") }',
      { Query: { list: () => things(5) }, Thing: { x: () => 1, y: () => 2 } },
      { p: policy },
    );
    await run(schema, parse('{ list { x(n: 1) one: x(n: 1) other: x(n: 2) y } }'));
    expect(asked).toEqual([
      [{ n: 1 }, 5],
      [{ n: 2 }, 5],
      [{}, 5],
    ]);
    expect(await policy({}, {}, {}, {} as never)).toBe(true);
  });
});
