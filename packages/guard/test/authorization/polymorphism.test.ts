import { describe, expect, test } from 'vitest';
import { codesOf, serve } from './fixture.ts';
import { createSampleSchema, secretValue } from './sample-schema.ts';

const ask = async (query: string, token?: string) => {
  const { schema, ran } = createSampleSchema();
  const answer = await serve(schema).ask(query, { token });
  return { ...answer, ran };
};

const expectNothingLeaked = ({ text, ran }: { text: string; ran: readonly string[] }) => {
  expect(text).not.toContain(secretValue);
  expect(ran).not.toContain('secret');
};

describe('a guarded field is guarded by every route', () => {
  test('T1, Z04: a field rule of an implementor holds where the field is selected on its interface', async () => {
    const answer = await ask('{ nodes { secret } }');
    expectNothingLeaked(answer);
    expect(codesOf(answer)).toEqual(['UNAUTHENTICATED/TOKEN_MISSING', 'UNAUTHENTICATED/TOKEN_MISSING']);
  });

  test('T2 a type rule of an implementor holds where its fields are selected on its interface', async () => {
    for (const token of [undefined, 'user', 'editor']) {
      const answer = await ask('{ node { id secret } }', token);
      expectNothingLeaked(answer);
      expect(answer.data).toEqual({ node: null });
    }
    expect((await ask('{ node { id secret } }', 'admin')).data).toEqual({ node: { id: 'a', secret: secretValue } });
  });

  test('T3 a rule that every implementor carries holds on the interface', async () => {
    for (const token of [undefined, 'user']) {
      expectNothingLeaked(await ask('{ twin { secret } }', token));
    }
    expect((await ask('{ twin { secret } }', 'admin')).data).toEqual({ twin: { secret: secretValue } });
  });

  test('T4, Z04: where implementors differ, each object is decided by its own type', async () => {
    const answer = await ask('{ nodes { secret } }', 'user');
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ nodes: [null, { secret: secretValue }] });
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors[0]).toMatchObject({
      path: ['nodes', 0],
      extensions: { code: 'FORBIDDEN', reason: 'ROLE', required: { role: 'ADMIN' }, coordinate: 'A' },
    });
  });

  test.each([
    '{ sealed { word } }',
    '{ seal { word } }',
    '{ sealed { ... on Seal { word } } }',
    '{ card { pin } }',
    '{ hello card { ... on HasPin { pin } } }',
  ])('T5 a rule on an interface or on its field holds for its implementors: %s', async (query) => {
    expectNothingLeaked(await ask(query));
    expectNothingLeaked(await ask(query, 'user'));
    expect((await ask(query, 'admin')).text).toContain(secretValue);
  });

  test('T6 @public on an interface field opens no implementor', async () => {
    expectNothingLeaked(await ask('{ open { text } }', 'user'));
    expectNothingLeaked(await ask('{ open { text } }'));
  });

  test('T7 the open members of a union are resolved and the guarded ones denied', async () => {
    const answer = await ask('{ u { __typename ... on A { secret } ... on Pub { id } } }');
    expectNothingLeaked(answer);
    expect(answer.data).toEqual({
      u: [null, { __typename: 'Pub', id: 'pub' }],
    });
    expect(answer.errors[0]?.path).toEqual(['u', 0]);
  });

  test.each([
    ['whole', '{ whole { __typename } }'],
    ['sealed', '{ sealed { __typename } }'],
    ['seal', '{ seal { __typename } }'],
    ['over', '{ over { __typename } }'],
    ['iban', '{ iban }'],
    ['ibans', '{ ibans }'],
    ['grade', '{ grade }'],
  ])('T8 a field that returns a guarded type is not resolved for callers who are denied: %s', async (name, query) => {
    for (const token of [undefined, 'user']) {
      const answer = await ask(`{ hello ...on Query ${query} }`, token);
      expect(answer.ran).not.toContain(name);
      expect(answer.data).toMatchObject({ hello: 'hello', [name]: null });
    }
    expect((await ask(query, 'admin')).ran).toContain(name);
  });

  test.each(['{ node { secret } }', '{ nodes { ... on A { secret } } }', '{ entities { ... on Node { secret } } }'])(
    'T9 the same object is guarded through every other root field too: %s',
    async (query) => {
      const answer = await ask(query, 'user');
      expect(answer.text).not.toMatch(/"a","secret":"SECRET_VALUE"/);
      expect(answer.errors.map(({ extensions }) => extensions['coordinate'])).toContain('A');
    },
  );
});
