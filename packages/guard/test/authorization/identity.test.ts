import { setTimeout as pause } from 'node:timers/promises';
import {
  admit,
  type BearerVerification,
  bearer,
  CodedError,
  GuardError,
  type Policies,
  runAs,
  userId,
  type Viewer,
  viewerOf,
} from '@fieldgate/guard';
import { execute, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { authenticate, codesOf, schemaOf, serve, viewerNamed } from './fixture.ts';
import { createSampleSchema, secretValue } from './sample-schema.ts';

const waiting = async <T>(milliseconds: number, next: () => T): Promise<Awaited<T>> => {
  await pause(milliseconds);
  return await next();
};

const idOf = (context: unknown): string => {
  const viewer = viewerOf(context);
  return viewer.kind === 'account' ? viewer.id : 'anonymous';
};

describe('the viewer is what was verified for this operation', () => {
  test('T28, Z15: concurrent callers with one shared context object are not mixed up', async () => {
    const schema = schemaOf(
      'type Query { me: Me @auth(optional: true) } type Me { id: ID! late: ID! admin: ID @auth(role: ADMIN) mine: ID @auth(policy: "slow") }',
      {
        Query: { me: (_: unknown, __: unknown, context: unknown) => waiting(2, () => ({ id: idOf(context) })) },
        Me: {
          late: (_: unknown, __: unknown, context: unknown) => waiting(3, () => idOf(context)),
          admin: (_: unknown, __: unknown, context: unknown) => idOf(context),
          mine: (_: unknown, __: unknown, context: unknown) => idOf(context),
        },
      },
      { slow: (me: { id: string }, _args, context) => waiting(1, () => me.id === idOf(context)) },
    );
    const shared = Object.freeze({ settings: 'the same for all' });
    const { ask } = serve(schema, {
      context: shared,
      authenticate: (source) => waiting(Math.random() * 5, () => authenticate(source)),
    });
    const callers = Array.from({ length: 90 }, (_, i) => [undefined, `user${i}`, `admin${i}`][i % 3]);
    const answers = await Promise.all(callers.map((token) => ask('{ me { id late admin mine } }', { token })));
    answers.forEach(({ data }, i) => {
      const id = callers[i] ?? 'anonymous';
      const admin = id.startsWith('admin') ? id : null;
      expect(data).toEqual({ me: { id, late: id, admin, mine: id === 'anonymous' ? null : id } });
    });
    expect(Reflect.ownKeys(shared)).toEqual(['settings']);
  });

  test('T28 no resolver can change the viewer, not even for a later operation of the same caller', async () => {
    const cached = viewerNamed('user:read');
    const tamper = (_: unknown, __: unknown, context: unknown) => {
      const viewer = viewerOf(context);
      const rights = viewer.kind === 'anonymous' ? [] : [viewer.scopes];
      return [viewer, ...rights].map((part) => Reflect.set(part, 'role', 'ADMIN') || Reflect.set(part, 0, 'write'));
    };
    const schema = schemaOf(
      `type Query { open: [Boolean] @public mine: [Boolean] @auth admin: Int @auth(role: ADMIN) write: Int @auth(scopes: [["write"]]) }`,
      { Query: { open: tamper, mine: tamper } },
    );
    const { ask } = serve(schema, { authenticate: () => ({ kind: 'accepted', viewer: cached }) });
    expect((await ask('{ open }')).data).toEqual({ open: [false] });
    expect((await ask('{ mine }')).data).toEqual({ mine: [false, false] });
    expect((await ask('{ admin write }')).status).toBe(403);
    expect(cached).toEqual(viewerNamed('user:read'));
  });

  test('T28 every viewer that is handed out is frozen, and the scopes of a credential are copied before', () => {
    const isFrozen = (viewer: Viewer): boolean =>
      Object.isFrozen(viewer) && (viewer.kind === 'anonymous' || Object.isFrozen(viewer.scopes));
    const scopes = ['read'];
    const verify = (): BearerVerification => ({
      kind: 'valid',
      claims: { userId: userId('ada'), role: 'ADMIN', scopes, sessionId: null, expiresAt: null },
    });
    const operation = {
      schema: createSampleSchema().schema,
      document: parse('{ admin }'),
      contextValue: {},
      source: { header: () => 'Bearer x' },
    };
    const byBearer = bearer({ verify, checkSession: null, checkServiceToken: null });
    for (const decision of [admit({ ...operation, authenticate: byBearer }), admit({ ...operation, authenticate })]) {
      expect(decision).toMatchObject({ viewer: expect.toSatisfy(isFrozen) });
    }
    expect(Object.isFrozen(scopes)).toBe(false);
    expect(runAs({}, viewerNamed('admin'), {}, viewerOf)).toSatisfy(isFrozen);
    expect(viewerOf({})).toSatisfy(isFrozen);
  });

  test('T29 an object reached by an open and by a guarded route is decided on each', async () => {
    const shared = { id: '1', secret: secretValue };
    const schema = schemaOf(
      `type Query { open: Thing @public closed: Thing @auth(policy: "yes") }
       type Thing { id: ID! secret: String @auth(policy: "byPath") }`,
      { Query: { open: () => shared, closed: () => shared } },
      { yes: () => true, byPath: () => false },
    );
    const answer = await serve(schema).ask('{ open { secret } closed { id secret } }', { token: 'user' });
    expect(answer.data).toEqual({ open: { secret: null }, closed: { id: '1', secret: null } });
  });

  test('T30 nothing but the credential decides who the viewer is', async () => {
    const { schema, ran } = createSampleSchema();
    const { ask } = serve(schema, { context: { viewer: viewerNamed('admin'), user: { role: 'ADMIN' } } });
    const forged = {
      headers: { 'x-user': 'admin', 'x-role': 'ADMIN', 'x-hasura-role': 'ADMIN', cookie: 'viewer=admin' },
      extensions: { jwt: { role: 'ADMIN' }, viewer: viewerNamed('admin'), token: 'admin' },
      variables: { viewer: viewerNamed('admin') },
    };
    expect((await ask('{ admin }', forged)).status).toBe(401);
    expect((await ask('{ hello admin account { secret } }', forged)).text).not.toContain(secretValue);
    expect((await ask('{ admin }', { ...forged, token: 'user' })).status).toBe(403);
    expect(ran).toEqual([]);
  });

  const policies: Policies = {
    yes: () => true,
    no: () => false,
    later: () => waiting(1, () => true),
    laterNo: () => Promise.resolve(false),
    nothing: (() => undefined) as never,
    truthy: (() => 1) as never,
    nothingLater: (async () => undefined) as never,
    throws: () => {
      throw new Error(secretValue);
    },
    rejects: () => Promise.reject(new Error(secretValue)),
    refuses: () => {
      throw new CodedError('NOT_FOUND', {
        status: 404,
        oauth: 'invalid_request',
        retryable: false,
        message: secretValue,
      });
    },
    down: () => {
      throw new GuardError('SERVICE_UNAVAILABLE');
    },
    downLater: () => Promise.reject(new GuardError('SERVICE_UNAVAILABLE', { retryAfter: 7 })),
  };

  test.each(Object.keys(policies).flatMap((first) => [[first], ['yes', first], ['later', first], [first, 'later']]))(
    'T32 a policy passes only with true, synchronous or not: %s %s',
    async (...names) => {
      const uses = names.filter((name) => name !== undefined).map((name) => `@auth(policy: "${name}")`);
      const resolved: string[] = [];
      const schema = schemaOf(
        `type Query { open: Int @public a: String ${uses.join(' ')} }`,
        { Query: { a: () => [secretValue, resolved.push('a')][0] } },
        policies,
      );
      const answer = await serve(schema).ask('{ open a }', { token: 'user' });
      const denying = names.find((name) => !['yes', 'later'].includes(name));
      expect(answer.status).toBe(200);
      expect(resolved).toHaveLength(denying ? 0 : 1);
      if (!denying) {
        expect(answer.data).toEqual({ open: null, a: secretValue });
      } else if (denying.startsWith('down')) {
        const retryAfter = denying === 'down' ? 1 : 7;
        expect(answer.errors[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true, retryAfter });
      } else {
        const required = { policy: denying };
        expect(answer.errors[0]?.extensions).toEqual({
          code: 'FORBIDDEN',
          reason: 'POLICY',
          required,
          coordinate: 'Query.a',
        });
        expect(answer.text).not.toContain(secretValue);
      }
    },
  );

  test('T32 a policy of a type is called once for the object, with no arguments', async () => {
    const asked: unknown[] = [];
    const schema = schemaOf(
      `type Query { doc: Doc @public hello: String @public }
       type Doc @auth(policy: "owner") { text(n: Int = 3): String  top: String @auth(role: ADMIN) }`,
      { Query: { doc: () => ({ owner: 'user', text: 'text', top: 'top' }) } },
      {
        owner: (doc: { owner: string }, args, context) => {
          asked.push(args);
          return doc.owner === idOf(context);
        },
      },
    );
    const { ask } = serve(schema);
    expect((await ask('{ doc { text top } }', { token: 'user' })).data).toEqual({ doc: { text: 'text', top: null } });
    expect(asked).toEqual([{}]);
    expect((await ask('{ hello doc { text } }', { token: 'user2' })).data).toEqual({ hello: null, doc: null });
    expect((await ask('{ doc { __typename } }')).status).toBe(401);
  });
});

describe('a guarded schema without a server', () => {
  const run = (query: string, contextValue?: unknown) => {
    const { schema, ran } = createSampleSchema();
    return Promise.resolve(execute({ schema, document: parse(query), contextValue })).then((result) => ({
      result,
      ran,
    }));
  };

  test.each([undefined, null, {}, { viewer: viewerNamed('admin') }, { user: { role: 'ADMIN' } }, 'admin'])(
    'treats every caller as anonymous without runAs: %o',
    async (context) => {
      const query = '{ hello maybe admin node { secret } nodes { secret } card { pin } iban grade whole { id } }';
      const { result, ran } = await run(query, context);
      expect(JSON.stringify(result)).not.toContain(secretValue);
      expect(result).toMatchObject({ data: { hello: 'hello', maybe: 'maybe', admin: null, iban: null, whole: null } });
      expect(ran).toEqual(['maybe']);
      expect((await run('mutation { write }', context)).ran).toEqual([]);
    },
  );

  test('checks every rule for a viewer from runAs', async () => {
    const query = '{ admin nodes { secret } }';
    const as = (name: string, context?: object) => runAs(context, viewerNamed(name), {}, (bound) => run(query, bound));
    const { result } = await as('user', {});
    expect(result).toMatchObject({ data: { admin: null, nodes: [null, { secret: secretValue }] } });
    const { result: all } = await as('admin');
    expect(all).toEqual({ data: { admin: secretValue, nodes: [{ secret: secretValue }, { secret: secretValue }] } });
  });

  test('can be executed by any executor after admit', async () => {
    const { schema } = createSampleSchema();
    const decide = (query: string, token: string) => {
      const source = { header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : null) };
      return admit({ schema, document: parse(query), contextValue: {}, source, authenticate });
    };
    expect(decide('{ admin }', 'admin')).toEqual({ kind: 'run', viewer: viewerNamed('admin') });
    expect(decide('{ hello }', 'admin')).toEqual({ kind: 'run', viewer: { kind: 'anonymous' } });
    expect(decide('{ admin }', 'expired')).toMatchObject({ kind: 'refuse', presented: true });
    expect(codesOf(await serve(schema).ask('{ admin }', { token: 'two' }))).toEqual([
      'AMBIGUOUS_CREDENTIALS/undefined',
    ]);
  });
});
