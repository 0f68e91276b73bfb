import { setImmediate as turn } from 'node:timers/promises';
import { CodedError, type Fault, runAs, sessionId, type Viewer, viewerOf } from '@fieldgate/guard';
import { useFieldgate } from '@fieldgate/guard/yoga';
import { execute, parse, subscribe } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import { authenticate, schemaOf, serve, viewerNamed } from './fixture.ts';
import { secretValue } from './sample-schema.ts';

const admin = viewerNamed('admin');
const user = viewerNamed('user');
const anonymous: Viewer = { kind: 'anonymous' };

const idOf = (context: unknown): string => {
  const viewer = viewerOf(context);
  return viewer.kind === 'anonymous' ? 'anonymous' : viewer.id;
};

/** Runs something that settles when it is told to. */
const begin = (context: unknown, viewer: Viewer) => {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  return { result: runAs(context, viewer, {}, () => promise), resolve, reject };
};

const codeOfThrown = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error instanceof CodedError ? error.code : error;
  }
};

/** Whether an operation of somebody else may use the context. */
const isFree = (context: unknown): boolean =>
  codeOfThrown(() => runAs(context, viewerNamed('somebody'), { onFault: () => {} }, () => 'ran')) === 'ran';

const listSchema = schemaOf(
  'type Query { mine: Thing @auth admin: String @auth(role: ADMIN) open: Thing @public } type Thing { secret: String @auth(role: ADMIN) }',
  {
    Query: {
      mine: async () => ({ secret: secretValue }),
      admin: () => secretValue,
      open: () => ({ secret: secretValue }),
    },
  },
);

describe("the context is the embedder's own object", () => {
  test('G13 it is never copied: getters are not run, private members, Map and WeakMap by context work', () => {
    let read = 0;
    class Context {
      readonly #secret = 'private';
      get lazy() {
        read += 1;
        return 'lazy';
      }
      secret() {
        return this.#secret;
      }
    }
    const own = {
      get user() {
        read += 1;
        return 'user';
      },
    };
    const cache = new WeakMap<object, string>([[own, 'cached']]);
    expect(runAs(own, user, {}, (context) => [context === own, cache.get(context), idOf(context)])).toEqual([
      true,
      'cached',
      'user',
    ]);
    expect(runAs(new Context(), user, {}, (context) => context.secret())).toBe('private');
    expect(runAs(new Map([['a', 1]]), user, {}, (context) => [context.get('a'), idOf(context)])).toEqual([1, 'user']);
    expect(read).toBe(0);
  });

  test('G13 the property that shows the viewer is added only where there is room, and by its own name', () => {
    const shown = (context: object, contextKey?: string | null) =>
      runAs(context, user, { contextKey }, (bound) => [idOf(bound), Object.keys(bound)]);
    expect(shown({})).toEqual(['user', ['viewer']]);
    expect(shown({}, 'caller')).toEqual(['user', ['caller']]);
    expect(shown({}, null)).toEqual(['user', []]);
    expect(shown(Object.freeze({ a: 1 }))).toEqual(['user', ['a']]);
    expect(
      shown(
        new Proxy(
          {},
          {
            has: () => {
              throw new Error('no');
            },
          },
        ),
      ),
    ).toEqual(['user', []]);
    const theirs = { viewer: 'theirs' };
    expect(runAs(theirs, user, {}, (bound) => [idOf(bound), bound.viewer])).toEqual(['user', 'theirs']);
    class WithGetter {
      get viewer() {
        return 'by a getter';
      }
    }
    expect(runAs(new WithGetter(), user, {}, (bound) => bound.viewer)).toBe('by a getter');
  });

  test.each([undefined, null, 1, 'admin', true, Symbol('a')])(
    'G13 a context that is no object becomes a new one: %o',
    (context) => {
      expect(runAs<unknown, unknown>(context, user, {}, (bound) => [typeof bound, idOf(bound)])).toEqual([
        'object',
        'user',
      ]);
    },
  );

  test('G13 a context derived from one in use does not inherit its viewer', () => {
    const parent = {};
    runAs(parent, admin, {}, () => {
      const child: { viewer?: Viewer } = Object.create(parent);
      expect(idOf(child)).toBe('anonymous');
      expect(idOf({ ...parent })).toBe('anonymous');
      runAs(child, user, {}, () => expect([idOf(child), child.viewer]).toEqual(['user', user]));
    });
  });

  test('G13 what resolvers write stays in the context, and nothing of the caller does', async () => {
    const context: Record<string, unknown> = {};
    runAs(context, admin, {}, (bound) => {
      bound['note'] = 'written';
    });
    expect(context).toEqual({ note: 'written' });
    expect(idOf(context)).toBe('anonymous');
    const result = await execute({ schema: listSchema, document: parse('{ admin }'), contextValue: context });
    expect(result.data).toEqual({ admin: null });
  });

  test('G13 a property that a resolver replaced is kept for plug-ins, and is the next viewer again in the next operation', () => {
    const context: { viewer?: unknown } = {};
    runAs(context, anonymous, {}, () => {
      context.viewer = { name: 'who signed in' };
    });
    expect(context).toEqual({ viewer: { name: 'who signed in' } });
    expect(runAs(context, user, {}, () => context.viewer)).toEqual(user);
  });
});

describe('nothing that a resolver changes decides', () => {
  const tamperings: Record<string, (context: { viewer: Record<string, unknown> }) => void> = {
    assigns: (context) => void Object.assign(context.viewer, { kind: 'account', role: 'ADMIN', scopes: ['*'] }),
    sets: (context) => {
      context.viewer['role'] = 'ADMIN';
    },
    replaces: (context) => {
      context.viewer = { ...admin };
    },
    redefines: (context) => void Object.defineProperty(context, 'viewer', { value: admin }),
    deletes: (context) => void Reflect.deleteProperty(context, 'viewer'),
  };
  test.each(Object.keys(tamperings))("G1 a resolver that %s the viewer changes nobody's rights", async (name) => {
    const schema = schemaOf(
      'type Query { open: Int @public maybe: Int @auth(optional: true) admin: String @auth(role: ADMIN) later: Later @public } type Later { admin: String @auth(role: ADMIN) }',
      {
        Query: {
          open: (_: unknown, __: unknown, context: never) => tamperings[name]?.(context),
          maybe: (_: unknown, __: unknown, context: never) => tamperings[name]?.(context),
          later: async () => ({ admin: secretValue }),
          admin: () => secretValue,
        },
      },
    );
    const { ask } = serve(schema);
    for (const token of [undefined, 'user', undefined]) {
      const { text } = await ask('{ open maybe later { admin } admin }', { token });
      expect(text).not.toContain(secretValue);
    }
    expect((await ask('{ admin }', { token: 'admin' })).data).toEqual({ admin: secretValue });
  });

  test('G1 the viewer is a copy: what the authenticator keeps can be changed, and is not looked at again', async () => {
    const kept = { ...viewerNamed('user'), scopes: ['read'] };
    const context = {};
    const document = parse('{ mine { secret } }');
    const result = runAs(context, kept, {}, (contextValue) => execute({ schema: listSchema, document, contextValue }));
    kept.role = 'ADMIN';
    kept.scopes.push('*');
    expect((await result).data).toEqual({ mine: { secret: null } });
    expect(Object.isFrozen(kept)).toBe(false);
    const again = await runAs(context, kept, {}, (contextValue) =>
      execute({ schema: listSchema, document, contextValue }),
    );
    expect(again.data).toEqual({ mine: { secret: secretValue } });
  });

  test('G1 a context that serves another viewer afterwards is decided anew', async () => {
    const context = {};
    const read = (viewer: Viewer) =>
      runAs(context, viewer, {}, (contextValue) =>
        execute({ schema: listSchema, document: parse('{ admin }'), contextValue }),
      );
    for (const viewer of [admin, user, admin, anonymous, admin]) {
      expect((await read(viewer)).data).toEqual({ admin: viewer === admin ? secretValue : null });
    }
  });

  test.each([{ kind: 'account' }, { kind: 'root', scopes: [] }, { kind: 'service', scopes: 'all' }])(
    'a viewer of another shape is not run: %o',
    (viewer) => {
      expect(() => runAs({}, viewer as unknown as Viewer, {}, () => 'ran')).toThrow(/Not a viewer/);
    },
  );
});

describe('a context that is in use', () => {
  test('T28 by an operation of another viewer is not run, and the embedder is told', async () => {
    const context = {};
    const first = begin(context, user);
    const faults: Fault[] = [];
    let hasRun = false;
    const run = () => runAs(context, admin, { onFault: (fault) => faults.push(fault) }, () => (hasRun = true));
    expect(codeOfThrown(run)).toBe('INTERNAL_SERVER_ERROR');
    expect([hasRun, faults.length, idOf(context)]).toEqual([false, 1, 'user']);
    expect(faults[0]?.message).toContain('context is in use');
    first.resolve({});
    await first.result;
    expect(run()).toBe(true);
  });

  const session = { ...user, sessionId: sessionId('one'), expiresAt: 1 };
  const service: Viewer = { kind: 'service', id: 's' as never, scopes: ['a'], via: 'bearer', expiresAt: null };
  test.each<[string, Viewer, Viewer, boolean]>([
    ['a renewed token of the same session', session, { ...session, expiresAt: 2 }, true],
    ['another session of the same account', session, { ...session, sessionId: sessionId('two') }, false],
    ['another account', user, viewerNamed('user2'), false],
    ['another kind', anonymous, user, false],
    ['a key of the same account', user, { ...user, apiKeyId: 'key' as never }, false],
    ['other scopes', session, { ...session, scopes: ['read'] }, false],
    ['another role without a session', user, { ...user, role: 'ADMIN' }, false],
    ['an anonymous caller beside another', anonymous, { kind: 'anonymous' }, true],
    ['the same service', service, { ...service, scopes: ['a'] }, true],
    ['another service', service, { ...service, id: 't' as never }, false],
    ['an account with the id of a service', service, { ...user, id: 's' as never, scopes: ['a'] }, false],
  ])('T28 may be used at the same time by the same viewer only: %s', (_name, one, other, runs) => {
    const context = {};
    begin(context, one);
    expect(codeOfThrown(() => runAs(context, other, { onFault: () => {} }, () => 'ran'))).toBe(
      runs ? 'ran' : 'INTERNAL_SERVER_ERROR',
    );
  });

  test('T28 is free when the last of its operations has settled, however that ends', async () => {
    const context = {};
    const one = begin(context, user);
    const two = begin(context, user);
    one.resolve({});
    await one.result;
    expect([isFree(context), idOf(context)]).toEqual([false, 'user']);
    two.reject(new Error('failed'));
    await expect(two.result).rejects.toThrow('failed');
    expect([isFree(context), idOf(context)]).toEqual([true, 'anonymous']);
    expect(() =>
      runAs(context, user, {}, () => {
        throw new Error('at once');
      }),
    ).toThrow('at once');
    expect(isFree(context)).toBe(true);
    expect([runAs(context, user, {}, () => 1), isFree(context)]).toEqual([1, true]);
  });

  const endings: Record<string, (stream: AsyncGenerator<unknown>) => Promise<unknown>> = {
    ends: async (stream) => {
      for await (const _event of stream);
    },
    'is returned': (stream) => stream.return(undefined),
    'is thrown into': (stream) => stream.throw(new Error('stop')).catch(() => {}),
    throws: async (stream) => {
      await stream.next();
      await stream.next();
      await stream.next().catch(() => {});
    },
  };
  test.each(Object.keys(endings))('T28 is free when the stream %s', async (name) => {
    const context = {};
    const source = async function* () {
      yield { ticks: 1 };
      yield { ticks: 2 };
      if (name === 'throws') throw new Error('source');
    };
    const schema = schemaOf('type Query { a: Int @public } type Subscription { ticks: Int @auth }', {
      Subscription: { ticks: { subscribe: source } },
    });
    const stream = await runAs(context, user, {}, (contextValue) =>
      subscribe({ schema, document: parse('subscription { ticks }'), contextValue }),
    );
    expect(isFree(context)).toBe(false);
    await endings[name]?.(stream as AsyncGenerator<unknown>);
    expect(isFree(context)).toBe(true);
  });

  test('T28 stays in use while an event is resolved for a caller who stopped listening', async () => {
    const context = {};
    const event = Promise.withResolvers<unknown>();
    const stream: AsyncIterator<unknown> = {
      next: async () => ({ done: false, value: await event.promise }),
      return: async () => ({ done: true, value: undefined }),
    };
    const running = runAs(context, user, {}, () => ({ [Symbol.asyncIterator]: () => stream }));
    const events = running[Symbol.asyncIterator]();
    const next = events.next();
    await events.return?.();
    expect(isFree(context)).toBe(false);
    event.resolve(1);
    expect(await next).toEqual({ done: false, value: 1 });
    expect(isFree(context)).toBe(true);
  });

  test('T28 stays in use until the last part of an answer that comes in parts', async () => {
    const context = {};
    const parts = async function* () {
      yield 'part';
    };
    const result = await runAs(context, user, {}, async () => ({ initialResult: {}, subsequentResults: parts() }));
    expect(isFree(context)).toBe(false);
    const received: unknown[] = [];
    for await (const part of result.subsequentResults) received.push(part);
    expect([received, isFree(context)]).toEqual([['part'], true]);
  });

  test('T28 of a whole module is safe: a thousand interleaved callers get their own answer or none', async () => {
    const context = {};
    const schema = schemaOf(
      'type Query { me: Me @auth(optional: true) } type Me { id: ID late: ID admin: ID @auth(role: ADMIN) }',
      {
        Query: { me: (_: unknown, __: unknown, bound: unknown) => turn().then(() => ({ id: idOf(bound) })) },
        Me: {
          late: (_: unknown, __: unknown, bound: unknown) => turn().then(() => idOf(bound)),
          admin: (_: unknown, __: unknown, bound: unknown) => idOf(bound),
        },
      },
    );
    const document = parse('{ me { id late admin } }');
    const ask = async (i: number) => {
      for (let wait = 0; wait < i % 40; wait += 1) await turn();
      const viewer = i % 3 === 0 ? anonymous : viewerNamed(i % 3 === 1 ? `user${i}` : `admin${i}`);
      const id = viewer.kind === 'account' ? viewer.id : 'anonymous';
      try {
        const { data } = await runAs(context, viewer, { onFault: () => {} }, (contextValue) =>
          execute({ schema, document, contextValue }),
        );
        expect(data).toEqual({ me: { id, late: id, admin: id.startsWith('admin') ? id : null } });
        return 'ran';
      } catch (error) {
        if (error instanceof CodedError) return error.code;
        throw error;
      }
    };
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => ask(i)));
    expect(new Set(answers)).toEqual(new Set(['ran', 'INTERNAL_SERVER_ERROR']));
    expect(isFree(context)).toBe(true);
  });

  test('T28 is answered by Yoga with an error that says nothing of the other caller', async () => {
    const shared = {};
    const faults: Fault[] = [];
    const gate = Promise.withResolvers<string>();
    const withContext: Plugin = {
      onExecute: ({ args, executeFn, setExecuteFn }) =>
        setExecuteFn(() => executeFn({ ...args, contextValue: shared })),
    };
    const schema = schemaOf('type Query { slow: String @auth }', { Query: { slow: () => gate.promise } });
    const yoga = createYoga({
      schema,
      logging: false,
      plugins: [useFieldgate({ authenticate, onFault: (fault) => faults.push(fault) }), withContext],
    });
    const ask = async (token: string) =>
      (
        await yoga.fetch('http://localhost/graphql?query={slow}', {
          headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
        })
      ).json();
    const first = ask('user');
    await turn();
    await turn();
    expect(await ask('admin')).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] });
    expect(faults).toHaveLength(1);
    gate.resolve('done');
    expect(await first).toEqual({ data: { slow: 'done' } });
  });
});
