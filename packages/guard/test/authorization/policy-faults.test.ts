import { spawnSync } from 'node:child_process';
import {
  type Authentication,
  admit,
  batch,
  type Fault,
  GuardError,
  type GuardOptions,
  type Policy,
  runAs,
} from '@fieldgate/guard';
import { useFieldgate } from '@fieldgate/guard/yoga';
import { execute, parse } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { authenticate, codesOf, schemaOf, serve, viewerNamed } from './fixture.ts';

const never = (): Promise<never> => new Promise(() => {});

type Then = (resolve: unknown, reject: (error: Error) => void) => void;
const thenable = (then: Then): unknown => Object.fromEntries([['then', then]]);

/** Catches what would end a process, and the log. */
const watch = () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => {
    process.off('unhandledRejection', note);
    log.mockRestore();
  });
  return { unhandled, log };
};

/** Long enough for a rejection that nobody handles to be noticed. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

const callbacks: Record<string, () => unknown> = {
  throws: () => {
    throw new Error('log is full');
  },
  rejects: async () => {
    throw new Error('log is full');
  },
  'answers a thenable that rejects': () => thenable((_, reject) => reject(new Error('log is full'))),
};

const withPolicy = (policy: Policy, options: Omit<GuardOptions, 'roles' | 'policies'> = {}) => {
  const faults: Fault[] = [];
  const schema = schemaOf(
    'type Query { open: Int @public a: Int @auth(policy: "p(n: 1)") list: [Thing] @public } type Thing { x: Int @auth(policy: "p") } type Mutation { a: Int @auth(policy: "p") }',
    { Query: { open: () => 1, a: () => 2, list: () => [{ x: 1 }, { x: 2 }] }, Mutation: { a: () => 3 } },
    { p: policy },
    { onFault: (fault) => faults.push(fault), ...options },
  );
  return { schema, faults };
};

describe('a callback that fails', () => {
  test.each(Object.keys(callbacks))('G14 onDenied that %s fails no request and ends no process', async (name) => {
    const { unhandled } = watch();
    const { schema, faults } = withPolicy(() => false, { onDenied: () => callbacks[name]?.() as never });
    const { data } = await serve(schema).ask('{ open a }', { token: 'user' });
    await settle();
    expect([data, unhandled]).toEqual([{ open: 1, a: null }, []]);
    expect(faults).toMatchObject([{ message: 'onDenied failed.', error: { message: 'log is full' } }]);
  });

  test.each(Object.keys(callbacks))('G14 onDecision that %s fails no request and ends no process', async (name) => {
    const { unhandled } = watch();
    const faults: Fault[] = [];
    const onFault = (fault: Fault) => faults.push(fault);
    const { schema } = withPolicy(() => true);
    const plugins = [useFieldgate({ authenticate, onFault, onDecision: () => callbacks[name]?.() as never })];
    const yoga = createYoga({ schema, logging: false, plugins });
    const response = await yoga.fetch('http://localhost/graphql?query={open}');
    await settle();
    expect([await response.json(), unhandled]).toEqual([{ data: { open: 1 } }, []]);
    expect(faults).toMatchObject([{ error: { message: 'log is full' } }]);
  });

  test.each(Object.keys(callbacks))('G14 onFault that %s fails no request and ends no process', async (name) => {
    const { unhandled } = watch();
    const { schema } = withPolicy(callbacks['throws'] as never, { onFault: () => callbacks[name]?.() as never });
    const { data } = await serve(schema).ask('{ open a }', { token: 'user' });
    await settle();
    expect([data, unhandled]).toEqual([{ open: 1, a: null }, []]);
  });

  test('G14 without onFault the log is told', async () => {
    const { log } = watch();
    const { schema } = withPolicy(callbacks['throws'] as never, { onFault: undefined });
    await serve(schema).ask('{ open a }', { token: 'user' });
    expect(log.mock.calls).toEqual([
      ['@fieldgate/guard: Query.a: the policy p threw an error, and denies.', expect.any(Error)],
    ]);
  });
});

test('onDenied is called once per rule and operation, also where two operations of one viewer share a context', async () => {
  const denied: unknown[] = [];
  const { schema } = withPolicy(async () => false, { onDenied: ({ error }) => denied.push(error.details.coordinate) });
  const context = {};
  const document = parse('{ a list { x } }');
  const ask = () =>
    runAs(context, viewerNamed('user'), {}, (contextValue) => execute({ schema, document, contextValue }));
  await Promise.all([ask(), ask()]);
  expect(denied.sort()).toEqual(['Query.a', 'Query.a', 'Thing.x', 'Thing.x']);
  await ask();
  expect(denied).toHaveLength(6);
});

describe('a policy with a bug', () => {
  const bugs: Record<string, Policy> = {
    throws: () => {
      throw new TypeError('x is not a function');
    },
    rejects: () => Promise.reject(new TypeError('x is not a function')),
    'throws what is no error': () => {
      throw undefined;
    },
    'has a bug as a batch': batch(() => {
      throw new TypeError('x is not a function');
    }),
    'throws another of our errors': () => {
      throw new GuardError('UNAUTHENTICATED');
    },
  };
  test.each(Object.keys(bugs))('G14 that %s denies, and the embedder is told where', async (name) => {
    const { schema, faults } = withPolicy(bugs[name] as Policy);
    const answer = await serve(schema).ask('{ open a }', { token: 'user' });
    expect([answer.data, codesOf(answer)]).toEqual([{ open: 1, a: null }, ['FORBIDDEN/POLICY']]);
    expect(faults).toMatchObject([{ coordinate: 'Query.a', policy: 'p' }]);
    expect(answer.text).not.toContain('not a function');
  });

  test('G14 that cannot tell is not a bug', async () => {
    const down = new GuardError('SERVICE_UNAVAILABLE', { retryAfter: 9 });
    for (const policy of [() => Promise.reject(down), batch(() => Promise.reject(down))]) {
      const { schema, faults } = withPolicy(policy);
      const answer = await serve(schema).ask('{ open a }', { token: 'user' });
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: 9 });
      expect(faults).toEqual([]);
    }
  });
});

describe('a policy or authenticator that never answers', () => {
  test.each<[string, Policy]>([
    ['a policy', never],
    ['a batch', batch(never)],
    ['a thenable', () => thenable(() => {}) as never],
  ])('G14 %s counts as unavailable after its time limit', async (_name, policy) => {
    const { schema, faults } = withPolicy(policy, { policyTimeoutMs: 30 });
    const answer = await serve(schema).ask('{ open a list { x } }', { token: 'user' });
    expect(answer.data).toEqual({ open: 1, a: null, list: [{ x: null }, { x: null }] });
    expect(codesOf(answer)).toEqual(Array(3).fill('SERVICE_UNAVAILABLE/undefined'));
    expect(faults[0]).toMatchObject({
      coordinate: 'Query.a',
      policy: 'p',
      message: expect.stringContaining('within 30 ms'),
    });
    const mutation = await serve(schema).ask('mutation { a }', { token: 'user' });
    expect([mutation.status, codesOf(mutation)]).toEqual([503, ['SERVICE_UNAVAILABLE/undefined']]);
  });

  test('G14 a policy that fails after its time limit ends no process', async () => {
    const { unhandled } = watch();
    const late: Policy = async () => {
      await settle();
      throw new Error('late');
    };
    const { schema } = withPolicy(late, { policyTimeoutMs: 5 });
    expect(codesOf(await serve(schema).ask('{ a }', { token: 'user' }))).toEqual(['SERVICE_UNAVAILABLE/undefined']);
    await settle();
    await settle();
    expect(unhandled).toEqual([]);
  });

  test.each<[string, () => Promise<Authentication>]>([
    ['never answers', never],
    ['answers too late', () => settle().then(() => ({ kind: 'accepted', viewer: viewerNamed('admin') }))],
  ])('G14 an authenticator that %s refuses the operation', async (_name, slow) => {
    const { schema, faults } = withPolicy(() => true, { policyTimeoutMs: 5 });
    const { ask } = serve(schema, { authenticate: slow });
    const answer = await ask('{ open a }');
    expect([answer.status, codesOf(answer), answer.data]).toEqual([503, ['SERVICE_UNAVAILABLE/undefined'], undefined]);
    expect(faults).toMatchObject([{ message: expect.stringContaining('authenticator did not answer within 5 ms') }]);
    expect((await ask('{ open }')).data).toEqual({ open: 1 });
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '5', null])(
    'G14 a time limit that is none refuses the start: %s',
    (policyTimeoutMs) => {
      expect(() => withPolicy(() => true, { policyTimeoutMs: policyTimeoutMs as never })).toThrow(/policyTimeoutMs/);
    },
  );

  test('G14 answers that are there at once need no timer', async () => {
    const timer = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => void timer.mockRestore());
    const { schema } = withPolicy(() => true);
    const document = parse('{ a list { x } }');
    const source = { header: () => 'Bearer user' };
    const decision = admit({ schema, document, contextValue: {}, source, authenticate });
    expect(decision).toMatchObject({ kind: 'run' });
    const result = runAs({}, viewerNamed('user'), {}, (contextValue) => execute({ schema, document, contextValue }));
    expect(result).toEqual({ data: { a: 2, list: [{ x: 1 }, { x: 2 }] } });
    expect(timer).not.toHaveBeenCalled();
  });

  test('G14 a time limit does not keep a process alive', () => {
    const limit = new URL('../../src/authorization/time-limit.ts', import.meta.url).href;
    const script = `import { withTimeLimit } from ${JSON.stringify(limit)}; withTimeLimit(new Promise(() => {}), 2 ** 30);`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 15_000 });
    expect([child.signal, child.status, String(child.stderr)]).toEqual([null, 0, '']);
  });
});
