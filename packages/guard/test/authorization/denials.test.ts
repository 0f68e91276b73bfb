import { bearer, type GuardOptions, type Refusal, refusalHttp, userId } from '@fieldgate/guard';
import { describe, expect, test } from 'vitest';
import { authenticate, codesOf, type Resolvers, schemaOf, serve, viewerNamed } from './fixture.ts';

const policies = { never: () => false };

describe('what a denial tells', () => {
  const typeDefs = `type Query { open: Int @public role: Int @auth(role: ADMIN) scope: Int @auth(scopes: [["a"], ["b", "c"]])
    policy: Int @auth(policy: "never") secret: Secret @public }
    union Secret = Hidden type Hidden @auth(role: ADMIN) { a: Int }`;
  const resolvers: Resolvers = { Query: { open: () => 1, secret: () => ({ __typename: 'Hidden' }) } };
  const query = '{ open role scope policy secret { __typename } }';

  test('G17 callers are not told which role, scopes, policy or rule it was, and the log is', async () => {
    const told: Refusal[] = [];
    const options: GuardOptions = { exposeRequired: false, onDenied: (denial) => told.push(denial) };
    const { ask } = serve(schemaOf(typeDefs, resolvers, policies, options));
    const answer = await ask(query, { token: 'user' });
    expect(codesOf(answer)).toEqual(['FORBIDDEN/ROLE', 'FORBIDDEN/SCOPE', 'FORBIDDEN/POLICY', 'FORBIDDEN/ROLE']);
    for (const word of ['required', 'coordinate', 'ADMIN', 'never', '"b"', 'Hidden']) {
      expect(answer.text).not.toContain(word);
    }
    const refused = await ask('{ role }', { token: 'user' });
    expect(JSON.parse(refused.text).errors[0].extensions).toEqual({ code: 'FORBIDDEN', reason: 'ROLE' });
    expect(told.map(({ error }) => error.cause)).toEqual([
      { reason: 'ROLE', required: { role: 'ADMIN' }, coordinate: 'Query.role' },
      { reason: 'SCOPE', required: { scopes: [['a'], ['b', 'c']] }, coordinate: 'Query.scope' },
      { reason: 'POLICY', required: { policy: 'never' }, coordinate: 'Query.policy' },
      { reason: 'ROLE', required: { role: 'ADMIN' }, coordinate: 'Hidden' },
    ]);
  });

  test('G17 with exposeRequired they are', async () => {
    const { ask } = serve(schemaOf(typeDefs, resolvers, policies, { exposeRequired: true }));
    const { errors } = await ask(query, { token: 'user' });
    expect(errors.map(({ extensions }) => [extensions['coordinate'], extensions['required']])).toEqual([
      ['Query.role', { role: 'ADMIN' }],
      ['Query.scope', { scopes: [['a'], ['b', 'c']] }],
      ['Query.policy', { policy: 'never' }],
      ['Hidden', { role: 'ADMIN' }],
    ]);
  });

  test.each([true, false])(
    'G17 at most 20 errors of one rule, then one that counts: exposed %s',
    async (exposeRequired) => {
      const list = Array.from({ length: 1_000 }, (_, id) => ({ __typename: 'Hidden', id, a: 1, b: 2 }));
      const schema = schemaOf(
        `type Query { open: Int @public list: [Found] @public things: [Thing] @public bug: Int @public }
       union Found = Hidden type Hidden @auth(role: ADMIN) { a: Int }
       type Thing { a: Int @auth(role: ADMIN) b: Int @auth(policy: "never") }`,
        { Query: { open: () => 1, list: () => list, things: () => list } },
        policies,
        { exposeRequired },
      );
      for (const token of ['user', undefined]) {
        const answer = await serve(schema).ask('{ open list { __typename } things { a b } }', { token });
        expect(answer.data?.['list']).toEqual(list.map(() => null));
        expect(answer.data?.['things']).toEqual(list.map(() => ({ a: null, b: null })));
        expect(answer.errors).toHaveLength(63);
        expect(answer.text.length).toBeLessThan(60_000);
        const counts = answer.errors.filter(({ extensions }) => 'omitted' in extensions);
        expect(counts.map(({ extensions }) => extensions['omitted'])).toEqual([980, 980, 980]);
        expect(counts[0]?.extensions['code']).toBe(token ? 'FORBIDDEN' : 'UNAUTHENTICATED');
        expect(counts[0]?.message).toContain('980 more');
      }
    },
  );
});

describe('step-up', () => {
  const now = 1_800_000_000;
  const typeDefs = `type Query { open: Int @public recent: Int @auth(maxAge: 600) strong: Int @auth(amr: ["otp", "hwk"])
      both: Int @auth(maxAge: 600) @auth(maxAge: 60, amr: ["pwd"]) @auth(amr: ["otp"])
      scoped: Int @auth(maxAge: 600, scopes: [["s"]]) admin: Int @auth(maxAge: 600, role: ADMIN)
      asked: Int @auth(maxAge: 600, policy: "never") hidden: Int @auth(maxAge: 600, onDenied: FILTER) }
    type Mutation { recent: Int @auth(maxAge: 600) admin: Int @auth(role: ADMIN) }`;
  const resolvers: Resolvers = {
    Query: Object.fromEntries(
      ['open', 'recent', 'strong', 'both', 'scoped', 'admin', 'asked', 'hidden'].map((name) => [name, () => 1]),
    ),
    Mutation: { recent: () => 1, admin: () => 1 },
  };
  const asAge = (age: number | undefined, amr?: readonly string[], more: object = {}) => {
    let milliseconds = now * 1000;
    const schema = schemaOf(typeDefs, resolvers, policies, { clock: () => milliseconds });
    const viewer = { ...viewerNamed('user:s'), authTime: age === undefined ? undefined : now - age, amr, ...more };
    const server = serve(schema, { authenticate: () => ({ kind: 'accepted', viewer }) });
    const advance = (seconds: number): void => {
      milliseconds += seconds * 1000;
    };
    return { ...server, advance };
  };

  test('lets through whoever proved recently, and strongly enough, who they are', async () => {
    const { ask, advance } = asAge(0, ['pwd', 'otp']);
    expect((await ask('{ recent strong both }')).data).toEqual({ recent: 1, strong: 1, both: 1 });
    advance(61);
    const later = await ask('{ recent strong both }');
    expect(later.data).toEqual({ recent: 1, strong: 1, both: null });
    expect(later.errors[0]?.extensions).toEqual({ code: 'STEP_UP_REQUIRED', maxAge: 60, amr: ['pwd'] });
    advance(600);
    expect((await ask('{ open recent }')).data).toEqual({ open: 1, recent: null });
  });

  test.each([
    ['too long ago', 601, ['otp'], { maxAge: 600 }, '{ recent }'],
    ['at an unknown time', undefined, ['otp'], { maxAge: 600 }, '{ recent }'],
    ['in the future, by a clock that was set back', -601, ['otp'], { maxAge: 600 }, '{ recent }'],
    ['by another method', 0, ['pwd'], { amr: ['otp', 'hwk'] }, '{ strong }'],
    ['by an unknown method', 0, undefined, { amr: ['otp', 'hwk'] }, '{ strong }'],
  ])('refuses with 401 and RFC 9470 what was proven %s', async (_how, age, amr, details, query) => {
    const answer = await asAge(age, amr).ask(query);
    expect([answer.status, answer.data]).toEqual([401, undefined]);
    expect(JSON.parse(answer.text).errors[0].extensions).toEqual({ code: 'STEP_UP_REQUIRED', ...details });
    const maxAge = 'maxAge' in details ? ', max_age="600"' : '';
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="graphql", error="insufficient_user_authentication"${maxAge}`,
    );
    expect((await asAge(age, amr).ask(`{ open ...F } fragment F on Query ${query}`)).status).toBe(200);
  });

  test.each([
    ['an API key', { apiKeyId: 'k', via: 'api-key' }],
    ['a password with each request', { via: 'basic' }],
  ])('denies %s, which cannot step up, with the reason SESSION', async (_what, more) => {
    const answer = await asAge(0, ['pwd'], more).ask('{ recent }');
    expect([answer.status, codesOf(answer)]).toEqual([403, ['FORBIDDEN/SESSION']]);
  });

  test('denies services', async () => {
    const answer = await serve(schemaOf(typeDefs, resolvers, policies), { authenticate }).ask('{ scoped }', {
      token: 'service:s',
    });
    expect([answer.status, codesOf(answer)]).toEqual([403, ['FORBIDDEN/SESSION']]);
  });

  test('comes after kind, role and scopes, before policies, and over all rules of an operation', async () => {
    const old = asAge(601, [], { scopes: [] });
    const answer = await old.ask('{ open scoped admin asked }');
    expect(codesOf(answer)).toEqual(['FORBIDDEN/SCOPE', 'FORBIDDEN/ROLE', 'STEP_UP_REQUIRED/undefined']);
    expect(codesOf(await old.ask('mutation { recent admin }'))).toEqual(['FORBIDDEN/ROLE']);
    expect((await old.ask('mutation { recent }')).status).toBe(401);
    expect(codesOf(await old.ask('{ recent admin }'))).toEqual(['FORBIDDEN/ROLE']);
    expect((await old.ask('{ open hidden }')).data).toEqual({ open: 1, hidden: null });
    expect((await old.ask('{ open hidden }')).errors).toEqual([]);
  });

  test.each([
    ['@auth(optional: true, maxAge: 60)'],
    ['@auth(optional: true, amr: ["otp"])'],
    ['@auth(maxAge: 0)'],
    ['@auth(maxAge: -1)'],
    ['@auth(amr: [])'],
    ['@auth(amr: [""])'],
  ])('the start refuses %s', (rule) => {
    expect(() => schemaOf(`type Query { a: Int ${rule} }`)).toThrow('Query.a: @auth');
  });

  test('a refusal by another gate has the same header', () => {
    const error = { status: 401, oauth: 'insufficient_user_authentication', details: { maxAge: 5 } };
    expect(refusalHttp({ error: error as never, presented: true }).headers['www-authenticate']).toContain(
      'max_age="5"',
    );
  });
});

describe('a bearer token', () => {
  test('says when and how its holder proved who they are, and a claim of another shape is no proof', async () => {
    const schema = schemaOf(
      'type Query { a: Int @auth(maxAge: 60, amr: ["otp"]) }',
      { Query: { a: () => 1 } },
      {},
      {
        clock: () => 1_000_000,
      },
    );
    const statusFor = async (claims: object) => {
      const verify = () => ({
        kind: 'valid' as const,
        claims: { userId: userId('u'), role: 'USER', scopes: [], sessionId: null, expiresAt: null, ...claims },
      });
      const own = bearer({ verify, checkSession: null, checkServiceToken: null, onFault: () => {} });
      return (await serve(schema, { authenticate: own }).ask('{ a }', { token: 'x' })).status;
    };
    expect(await statusFor({ authTime: 950, amr: ['pwd', 'otp'] })).toBe(200);
    expect(await statusFor({ authTime: 930, amr: ['otp'] })).toBe(401);
    expect(await statusFor({ amr: ['otp'] })).toBe(401);
    expect(await statusFor({ authTime: '950', amr: ['otp'] })).toBe(401);
    expect(await statusFor({ authTime: 950, amr: 'otp' })).toBe(401);
  });
});
