import { GuardError, scopesOf } from '@fieldgate/guard';
import { describe, expect, test } from 'vitest';
import { authenticate, codesOf, schemaOf, serve } from './fixture.ts';
import { createSampleSchema, secretValue } from './sample-schema.ts';

const setUp = () => {
  const { schema, ran } = createSampleSchema();
  return { ...serve(schema), ran };
};
const dead = [
  ['expired', 'TOKEN_EXPIRED'],
  ['stale', 'TOKEN_STALE'],
  ['revoked', 'TOKEN_REVOKED'],
  ['invalid', 'TOKEN_INVALID'],
] as const;
const challenge = 'Bearer realm="graphql"';

describe('the response to each situation', () => {
  test.each([undefined, 'user', 'expired', 'invalid', 'two', 'down'])(
    'an operation with only public fields runs with the credential %s, which is not verified',
    async (token) => {
      const { ask, timesAsked } = setUp();
      expect((await ask('{ hello account { id } }', { token })).data).toEqual({ hello: 'hello', account: { id: '1' } });
      expect((await ask('mutation { login { id } }', { token })).data).toEqual({ login: { id: '1' } });
      expect(timesAsked()).toBe(0);
    },
  );

  test.each(['{ hello admin }', '{ maybe admin }', '{ account { secret } admin }'])(
    'without a credential a query gets a partial response if something public or optional is selected: %s',
    async (query) => {
      const { status, data, errors, headers } = await setUp().ask(query);
      expect(status).toBe(200);
      expect(data).toMatchObject({ admin: null });
      for (const error of errors) {
        expect(error.extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' });
      }
      expect(headers.get('www-authenticate')).toBeNull();
    },
  );

  test.each([
    '{ admin }',
    '{ me { id } admin }',
    '{ __typename me { id } }',
    'mutation { write }',
    'subscription { ticks }',
  ])('without a credential every other operation is refused: %s', async (query) => {
    const { ask, ran } = setUp();
    const { status, headers, text } = await ask(query);
    expect([status, headers.get('www-authenticate')]).toEqual([401, challenge]);
    expect(JSON.parse(text)).toEqual({
      errors: [
        {
          message: 'You must specify a Bearer token in the Authorization header to access this resource',
          extensions: { code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' },
        },
      ],
    });
    expect(ran).toEqual([]);
  });

  test.each(dead)(
    'an operation with a guarded or optional field is refused if the credential is %s',
    async (token, reason) => {
      const { ask, ran } = setUp();
      for (const query of [
        '{ admin }',
        '{ hello maybe }',
        '{ hello admin }',
        '{ account { mine } }',
        'mutation { write }',
      ]) {
        const { status, headers, text } = await ask(query, { token });
        expect([status, headers.get('www-authenticate')]).toEqual([401, `${challenge}, error="invalid_token"`]);
        expect(JSON.parse(text)).toEqual({
          errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED', reason } }],
        });
      }
      expect(ran).toEqual([]);
    },
  );

  test('a rule that is not met in a query is an error of its field, and the other fields are resolved', async () => {
    const answer = await setUp().ask('{ hello admin scoped }', { token: 'user:a' });
    expect([answer.status, answer.data]).toEqual([200, { hello: 'hello', admin: null, scoped: null }]);
    expect(answer.errors.map(({ path, extensions }) => [path, extensions])).toEqual([
      [['admin'], { code: 'FORBIDDEN', reason: 'ROLE', required: { role: 'ADMIN' }, coordinate: 'Query.admin' }],
      [
        ['scoped'],
        { code: 'FORBIDDEN', reason: 'SCOPE', required: { scopes: [['a', 'b'], ['c']] }, coordinate: 'Query.scoped' },
      ],
    ]);
  });

  test.each([
    '{ admin }',
    '{ admin scoped __typename }',
    'mutation { write }',
    'mutation { login { id } write }',
    'subscription { ticks }',
  ])(
    'an operation with a rule that is not met is refused if no other root field is left, or if it is no query: %s',
    async (query) => {
      const { ask, ran } = setUp();
      const { status, headers, text } = await ask(query, { token: 'user' });
      expect([status, headers.get('www-authenticate')]).toEqual([403, `${challenge}, error="insufficient_scope"`]);
      expect(Object.keys(JSON.parse(text))).toEqual(['errors']);
      expect(codesOf(JSON.parse(text))).toEqual(['FORBIDDEN/ROLE']);
      expect(ran).toEqual([]);
    },
  );

  test.each([
    ['user:a+b', true],
    ['user:c', true],
    ['user:a+c', true],
    ['user:b', false],
    ['admin', false],
    ['user:ab', false],
    ['user:*', true],
    ['user:a+*', true],
    ['user:a*', false],
  ])('any of the scope sets suffices, but that set in full: %s', async (token, isAllowed) => {
    expect((await setUp().ask('{ scoped }', { token })).status).toBe(isAllowed ? 200 : 403);
  });

  test('K05: no wildcard meets a rule that requires a session, and the message says to sign in', async () => {
    const schema = schemaOf('type Query { a: Int @auth(scopes: [["interactive"]]) }', { Query: { a: () => 1 } });
    const { ask } = serve(schema);
    expect((await ask('{ a }', { token: 'admin:*+interactive' })).data).toEqual({ a: 1 });
    const answer = await ask('{ a }', { token: 'admin:*' });
    expect([answer.status, codesOf(answer)]).toEqual([403, ['FORBIDDEN/SCOPE']]);
    expect(answer.errors[0]?.message).toContain('sign in');
  });

  test('the scopes of a schema are those its rules ask for, with the roles that can meet the rules', () => {
    const schema = schemaOf(`type Query {
      a: Int @auth(scopes: [["x:read", "y"], ["z"]])
      b: Int @auth(role: EDITOR, scopes: [["x:read"], ["w"]])
      c: Int @auth(role: ADMIN) @auth(scopes: [["w"]])
    }`);
    const everybody = ['USER', 'EDITOR', 'ADMIN'];
    expect(Object.fromEntries(scopesOf(schema))).toEqual({
      'x:read': everybody,
      y: everybody,
      z: everybody,
      w: ['EDITOR', 'ADMIN'],
    });
  });

  test('a role includes the roles before it, and any signed-in caller meets a rule without arguments', async () => {
    const schema = schemaOf(
      'type Query { any: Int @auth user: Int @auth(role: USER) editor: Int @auth(role: EDITOR) both: Int @auth(role: EDITOR) @auth(scopes: [["s"]]) }',
    );
    const { ask } = serve(schema);
    const denied = async (token: string) =>
      (await ask('{ any user editor both }', { token })).errors.map(({ path }) => path?.[0]);
    expect(await denied('user')).toEqual(['editor', 'both']);
    expect(await denied('editor')).toEqual(['both']);
    expect(await denied('admin:s')).toEqual([]);
    expect(await denied('visitor')).toEqual(['user', 'editor', 'both']);
  });

  test('an optional rule beside one that is not optional lets no anonymous caller pass', async () => {
    const schema = schemaOf(
      `type Query { a: Int @public b: Int @auth(optional: true) @auth t: T @auth(optional: true) u: Int @auth(optional: true) @auth(role: ADMIN) }
       type T @auth { c: Int @auth(optional: true) }`,
    );
    const { errors } = await serve(schema).ask('{ a b t { c } u }');
    expect(errors.map(({ path }) => path)).toEqual([['b'], ['t'], ['u']]);
  });

  test('two credentials are refused, unless only public fields are selected', async () => {
    const { ask } = setUp();
    const answer = await ask('{ hello maybe }', { token: 'two' });
    expect([answer.status, answer.data, codesOf(answer)]).toEqual([
      400,
      undefined,
      ['AMBIGUOUS_CREDENTIALS/undefined'],
    ]);
  });

  test('T36 when the authenticator cannot tell, guarded operations are refused with 503 and public ones run', async () => {
    const { schema, ran } = createSampleSchema();
    for (const failing of [
      authenticate,
      async () => Promise.reject(new GuardError('SERVICE_UNAVAILABLE', { retryAfter: 3 })),
    ]) {
      const { ask } = serve(schema, { authenticate: failing });
      const answer = await ask('{ hello admin }', { token: 'down' });
      const retryAfter = failing === authenticate ? 1 : 3;
      expect([answer.status, answer.data, answer.headers.get('retry-after')]).toEqual([
        503,
        undefined,
        String(retryAfter),
      ]);
      expect(answer.errors[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true, retryAfter });
      expect((await ask('mutation { login { id } }', { token: 'down' })).status).toBe(200);
    }
    expect(ran).toEqual(['login', 'login']);
  });

  test('a bug in the authenticator is masked, and nothing runs', async () => {
    const { schema, ran } = createSampleSchema();
    for (const failing of [
      () => {
        throw new Error(secretValue);
      },
      () => Promise.reject(new Error(secretValue)),
      (() => undefined) as never,
    ]) {
      const answer = await serve(schema, { authenticate: failing }).ask('{ hello admin }', { token: 'admin' });
      expect([answer.status, answer.data]).toEqual([500, undefined]);
      expect(answer.errors[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR');
      expect(answer.text).not.toContain(secretValue);
    }
    expect(ran).toEqual([]);
  });
});
