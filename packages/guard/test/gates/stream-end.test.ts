import { expect, test } from 'vitest';
import { endWithViewer } from '../../src/gates/stream-end.ts';
import { type AccountViewer, userId } from '../../src/index.ts';

const viewer: AccountViewer = {
  ...{ kind: 'account', id: userId('ada'), role: 'ADMIN', scopes: ['*'], sessionId: null, via: 'bearer' },
  expiresAt: null,
};

/** A stream that goes on until it is returned, and says whether it was. */
const endless = () => {
  let wasReturned = false;
  const stream: AsyncIterableIterator<unknown> = {
    next: () => new Promise((resolve) => setTimeout(resolve, 10, { done: false, value: { data: { a: 1 } } })),
    return: async () => {
      wasReturned = true;
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return { stream, wasReturned: () => wasReturned };
};

type Lifetime = Parameters<typeof endWithViewer>[2];

/** Reads events until the stream ends or 50 came. Returns the last one, and what was told. */
const readUntilEnd = async (lifetime: Partial<Lifetime>) => {
  const faults: string[] = [];
  const { stream, wasReturned } = endless();
  const recheck = () => ({ kind: 'run', viewer }) as const;
  const onFault = ({ message }: { readonly message: string }): void => void faults.push(message);
  const ended = endWithViewer(stream, viewer, { recheck, onFault, ...lifetime }) as AsyncIterableIterator<unknown>;
  let last: unknown;
  let count = 0;
  for await (const event of ended) {
    last = event;
    count += 1;
    if (count === 50) break;
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
  const [error] = (last as { readonly errors?: readonly { readonly extensions: object }[] }).errors ?? [];
  return { count, extensions: error?.extensions, faults, wasReturned: wasReturned() };
};

/** A slip that the types forbid. */
const odd = (watch: unknown): Partial<Lifetime> => ({ watchSession: watch as NonNullable<Lifetime['watchSession']> });

test.each([
  [
    'throws',
    () => {
      throw new Error('secret detail');
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('secret detail');
    },
  ],
  ['returns something else than a function', () => 'no function'],
  ['resolves with something else than a function', async () => 7],
])('G14 a stream whose watchSession %s ends, and is told', async (_how, watch) => {
  const { count, extensions, faults, wasReturned } = await readUntilEnd(odd(watch));
  expect(count).toBeLessThan(5);
  expect(extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(JSON.stringify(extensions)).not.toContain('secret');
  expect(faults).toHaveLength(1);
  expect(wasReturned).toBe(true);
});

test.each([
  [
    'throws',
    () => () => {
      throw new Error('x');
    },
  ],
  [
    'rejects',
    () => async () => {
      throw new Error('x');
    },
  ],
  ['comes in a promise', async () => () => {}],
])('G14 a stop function that %s ends no process, and the source is returned', async (_how, watch) => {
  const { count, faults, wasReturned } = await readUntilEnd(odd(watch));
  expect(count).toBe(50);
  expect(faults.length).toBeLessThanOrEqual(1);
  expect(wasReturned).toBe(true);
});

test.each([
  ['a lost role', { role: 'USER' }],
  ['another account', { id: userId('bob') }],
  ['other scopes', { scopes: [] }],
])('G4 a stream ends when its recheck finds %s', async (_what, change) => {
  const recheck = () => ({ kind: 'run', viewer: { ...viewer, ...change } }) as const;
  const { count, extensions } = await readUntilEnd({ recheckSeconds: 0.03, recheck });
  expect(count).toBeLessThan(50);
  expect(extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_STALE' });
});

test('G4 a stream ends at the earlier expiry that a recheck finds', async () => {
  const expiresAt = Date.now() / 1000 + 0.1;
  const recheck = () => ({ kind: 'run', viewer: { ...viewer, expiresAt } }) as const;
  const { count, extensions } = await readUntilEnd({ recheckSeconds: 0.03, recheck });
  expect(count).toBeLessThan(50);
  expect(extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED' });
});
