import { guardOf } from '@fieldgate/guard/server';
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { codesOf, schemaOf, serve } from './fixture.ts';
import { createSampleSchema, secretValue } from './sample-schema.ts';

const setUp = () => {
  const { schema, ran } = createSampleSchema();
  return { ...serve(schema), schema, ran };
};

describe('a rule holds however the document is written', () => {
  test.each([
    '{ x: admin }',
    '{ hello: admin }',
    '{ a: hello hello: admin }',
    '{ account { id: secret } }',
    '{ hello __typename: admin }',
  ])('T20 an alias changes nothing: %s', async (query) => {
    const { ask, ran } = setUp();
    for (const token of [undefined, 'user']) {
      expect((await ask(query, { token })).text).not.toContain(secretValue);
    }
    expect(ran).toEqual([]);
  });

  test.each([
    '{ __schema { queryType { name } } admin }',
    '{ __typename admin }',
    'query { ...F } fragment F on Query { __typename admin __type(name: "A") { name } }',
  ])(
    'T21 introspection beside a guarded field neither opens it nor counts as a field that is left: %s',
    async (query) => {
      const { ask, ran } = setUp();
      expect(codesOf(await ask(query))).toEqual(['UNAUTHENTICATED/TOKEN_MISSING']);
      const denied = await ask(query, { token: 'user' });
      expect([denied.status, denied.data]).toEqual([403, undefined]);
      expect(ran).toEqual([]);
    },
  );

  test('T21 introspection alone needs no credential and verifies none', async () => {
    const { ask, timesAsked } = setUp();
    expect((await ask('{ __typename __schema { queryType { name } } }', { token: 'expired' })).status).toBe(200);
    expect(timesAsked()).toBe(0);
  });

  test.each([
    'query { ...F } fragment F on Query { admin }',
    'fragment F on Query { admin } query { ...F }',
    'query { ...F } fragment F on Query { ...G } fragment G on Query { ... { ... on Query { admin } } }',
    '{ account { ...F } } fragment F on Account { secret }',
    '{ nodes { ...F } } fragment F on Node { ...G } fragment G on A { secret }',
    '{ u { ...F } } fragment F on Node { secret }',
  ])('T22 a fragment hides nothing: %s', async (query) => {
    const { ask, ran } = setUp();
    for (const token of [undefined, 'user']) {
      const answer = await ask(query, { token });
      expect(answer.text).not.toContain(secretValue);
      expect(answer.errors.length).toBeGreaterThan(0);
    }
    expect(ran).toEqual([]);
    expect((await ask(query, { token: 'admin' })).text).toContain(secretValue);
  });

  test('T22 a fragment spread in two places is denied in both', async () => {
    const { ask } = setUp();
    const query = '{ one: account { ...F } two: account { ...F } } fragment F on Account { secret }';
    const answer = await ask(query, { token: 'user' });
    expect(answer.data).toEqual({ one: { secret: null }, two: { secret: null } });
    expect(answer.errors.map(({ path }) => path)).toEqual([
      ['one', 'secret'],
      ['two', 'secret'],
    ]);
  });

  test('T22 circular fragments and fragments doubled forty times are planned without exponential work', () => {
    const { schema } = setUp();
    const doubled = Array.from(
      { length: 40 },
      (_, i) => `fragment F${i} on Account { ...F${i + 1} a: twin { ...F${i + 1} } b: twin { ... { ...F${i + 1} } } }`,
    );
    const circle = 'fragment C on Account { id ...D } fragment D on Account { secret ...C }';
    const document = parse(
      `{ account { ...F0 ...C } } ${doubled.join(' ')} fragment F40 on Account { mine } ${circle}`,
    );
    const nested = parse(`{ me { ${'... { '.repeat(60)} id ${'} '.repeat(60)} } }`);
    const guard = guardOf(schema);
    expect(
      guard
        ?.planFor(schema)(document, null, {})
        ?.rules.map(({ coordinate }) => coordinate),
    ).toEqual(['Account.mine', 'Account.secret']);
    expect(
      guard
        ?.planFor(schema)(nested, null, {})
        ?.rules.map(({ coordinate }) => coordinate),
    ).toEqual(['Query.me']);
  });

  test.each([
    ['mutation { signup { id secret } }', undefined, 401],
    ['mutation { signup { secret } }', 'user', 403],
    ['mutation { login { id } write }', undefined, 401],
    ['mutation { login { id } write }', 'user', 403],
    ['mutation { login { id } ...F } fragment F on Mutation { write }', 'editor', 403],
    ['mutation { find { ... on A { secret } } }', 'user', 403],
  ])('T23 a mutation that selects anything denied does not run at all: %s as %s', async (query, token, status) => {
    const { ask, ran } = setUp();
    const answer = await ask(query, { token });
    expect([answer.status, answer.data]).toEqual([status, undefined]);
    expect(ran).toEqual([]);
  });

  test('T23 optional rules below a public mutation ignore the credential before it runs, and are checked in resolvers', async () => {
    const schema = schemaOf(
      `type Query { a: Int @public }
       type Mutation { login: User! @public change: User! @auth(optional: true) }
       type User { email: String @auth(policy: "self", optional: true) }`,
      { Mutation: { login: () => ({ email: 'E' }), change: () => ({ email: 'E' }) } },
      { self: (_user, _args, context: { viewer: { kind: string } }) => context.viewer.kind === 'account' },
    );
    const { ask, timesAsked } = serve(schema);
    for (const token of [undefined, 'expired', 'down', 'user']) {
      const answer = await ask('mutation { login { email } }', { token });
      expect([answer.status, answer.data, codesOf(answer)]).toEqual([
        200,
        { login: { email: null } },
        ['FORBIDDEN/POLICY'],
      ]);
    }
    expect(timesAsked()).toBe(0);
    expect((await ask('mutation { change { email } }', { token: 'expired' })).status).toBe(401);
    expect((await ask('mutation { change { email } }', { token: 'user' })).data).toEqual({ change: { email: 'E' } });
  });

  test('T25, Z10: one document is decided for each caller and each of its operations separately', async () => {
    const { ask } = setUp();
    const query = 'query One { hello } query Two { admin }';
    const two = { operationName: 'Two' };
    expect((await ask(query, { ...two, token: 'admin' })).data).toEqual({ admin: secretValue });
    expect((await ask(query, two)).status).toBe(401);
    expect((await ask(query, { ...two, token: 'user' })).status).toBe(403);
    expect((await ask(query, { operationName: 'One', token: 'expired' })).data).toEqual({ hello: 'hello' });
    for (const operationName of ['Three', '']) {
      expect((await ask(query, { operationName, token: 'user' })).data).toBeUndefined();
    }
    expect((await ask(query, { token: 'user' })).text).not.toContain(secretValue);
  });

  test('T25 a query over GET is decided like any other', async () => {
    const { yoga, ran } = setUp();
    const response = await yoga.fetch('http://localhost/graphql?query={admin}', {
      headers: { accept: 'application/graphql-response+json', authorization: 'Bearer user' },
    });
    expect([response.status, ran]).toEqual([403, []]);
  });

  test('T25 each operation of a batch is decided separately, and the credential is verified once', async () => {
    const { post, timesAsked } = setUp();
    const queries = ['{ admin }', '{ hello }', 'mutation { write }', '{ hello account { secret } }'];
    const response = await post(
      queries.map((query) => ({ query })),
      { token: 'user' },
    );
    const answers = (await response.json()) as { data?: unknown; errors?: never[] }[];
    expect(answers.map(({ data }) => data)).toEqual([
      undefined,
      { hello: 'hello' },
      undefined,
      { hello: 'hello', account: { secret: null } },
    ]);
    expect(answers.map(({ errors = [] }) => codesOf({ errors }))).toEqual([
      ['FORBIDDEN/ROLE'],
      [],
      ['FORBIDDEN/ROLE'],
      ['FORBIDDEN/ROLE'],
    ]);
    expect(timesAsked()).toBe(1);
  });

  test.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
    'T26 the alias %s is denied like any other',
    async (alias) => {
      const { ask } = setUp();
      const answer = await ask(`{ hello ${alias}: admin account { ${alias}: secret } }`, { token: 'user' });
      expect(answer.text).not.toContain(secretValue);
      expect(answer.errors.map(({ path }) => path)).toEqual([[alias], ['account', alias]]);
    },
  );

  test('T27, Z11: a denied field that cannot be null takes its parent with it, and the path names the place', async () => {
    const { ask } = setUp();
    const answer = await ask('{ strict { id nn } }', { token: 'user' });
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ strict: [null, null] });
    expect(answer.errors.map(({ path }) => path)).toEqual([
      ['strict', 0, 'nn'],
      ['strict', 1, 'nn'],
    ]);
  });
});
