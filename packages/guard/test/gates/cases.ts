import { describe, expect, test } from 'vitest';
import {
  authenticate,
  codesOf,
  createSample,
  type Got,
  graphqlAccept,
  type Served,
  type Start,
  secretValue,
} from './fixture.ts';

/** What a server lets its gate say. */
export type Abilities = {
  /** Whether refusals have a status and a challenge. */
  readonly http: boolean;
  /** Whether refusals are sent as `application/graphql-response+json` where the client lets the server choose. */
  readonly mediaType?: boolean;
  /** Whether a dead credential is refused when the connection opens. */
  readonly atTheDoor?: boolean;
  /** Whether all requests may get one and the same context object. */
  readonly sharesContext: boolean;
};

/** Credentials with which no connection opens. */
const dead: readonly unknown[] = ['expired', 'two', 'down', 'bug'];

const twoOperations = 'query Open { hello } mutation Write { login rename }';

/** The one table of cases that every gate is tested with. */
export const describeGate = (name: string, start: Start, abilities: Abilities): void => {
  describe(`the gate of ${name}`, () => {
    const serve = async <Result>(
      use: (
        served: Served & { ran: string[]; state: { closed: number }; asked: () => number; faults: string[] },
      ) => Promise<Result>,
      options: Partial<Parameters<Start>[1]> = {},
      context?: () => object,
    ): Promise<Result> => {
      const { schema, ran, state } = createSample();
      const faults: string[] = [];
      let asked = 0;
      const served = await start(
        schema,
        {
          authenticate: (source) => {
            asked += 1;
            return authenticate(source);
          },
          onFault: ({ message }) => faults.push(message),
          ...options,
        },
        context,
      );
      try {
        return await use({ ...served, ran, state, asked: () => asked, faults });
      } finally {
        await served.close?.();
      }
    };

    const expectHttp = (got: Got, status: number): void => {
      if (!abilities.http) return;
      expect(got.status).toBe(status);
      expect(got.challenge ?? null).toEqual(
        status === 401 || status === 403 ? expect.stringContaining('Bearer') : null,
      );
    };

    test.each([
      ['{ admin }', undefined, 401, 'UNAUTHENTICATED/TOKEN_MISSING'],
      ['{ __typename admin }', undefined, 401, 'UNAUTHENTICATED/TOKEN_MISSING'],
      ['{ hello admin }', 'expired', 401, 'UNAUTHENTICATED/TOKEN_EXPIRED'],
      ['{ hello maybe }', 'expired', 401, 'UNAUTHENTICATED/TOKEN_EXPIRED'],
      ['{ admin }', 'user', 403, 'FORBIDDEN/ROLE'],
      ['mutation { login write }', 'user', 403, 'FORBIDDEN/ROLE'],
      ['mutation { login write }', undefined, 401, 'UNAUTHENTICATED/TOKEN_MISSING'],
      ['{ admin }', 'two', 400, 'AMBIGUOUS_CREDENTIALS'],
      ['{ hello admin }', 'down', 503, 'SERVICE_UNAVAILABLE'],
      ['{ hello admin }', 'bug', 500, 'INTERNAL_SERVER_ERROR'],
    ])('%s as %s is refused with %i %s: no data, nothing ran', (query, token, status, code) =>
      serve(async ({ send, ran, faults }) => {
        if (abilities.atTheDoor && dead.includes(token)) return;
        const got = await send({ query, token });
        expect(codesOf(got)).toEqual([code]);
        expect(got).not.toHaveProperty('data');
        expectHttp(got, status);
        expect(ran).toEqual([]);
        expect(got.text ?? '').not.toContain(secretValue);
        expect(faults).toHaveLength(token === 'bug' ? 1 : 0);
        if (status === 503 && abilities.http) expect(got.retryAfter).toBe('7');
      }),
    );

    test.each([
      [graphqlAccept, 401, graphqlAccept],
      ['*/*', 401, graphqlAccept],
      ['application/json', 200, 'application/json'],
      [`application/json, ${graphqlAccept};q=0.9`, 200, 'application/json'],
    ])('with Accept %s a refusal has the status %i as %s', (accept, status, mediaType) =>
      serve(async ({ send }) => {
        if (!abilities.mediaType) return;
        const got = await send({ query: '{ admin }', accept });
        expect([got.status, got.mediaType]).toEqual([status, mediaType]);
      }),
    );

    test.each([undefined, 'user', 'expired', 'two', 'down', 'bug'])(
      'only public fields and introspection run as %s, and no credential is verified',
      (token) =>
        serve(async ({ send, asked }) => {
          if (abilities.atTheDoor && dead.includes(token)) return;
          const query = '{ hello thing { id } __schema { queryType { name } } }';
          const got = await send({ query, token });
          expect(got.data).toEqual({ hello: 'hello', thing: { id: '1' }, __schema: { queryType: { name: 'Query' } } });
          expect((await send({ query: 'mutation { login }', token })).data).toEqual({ login: 'ok' });
          expect(asked()).toBe(abilities.atTheDoor ? 2 : 0);
        }),
    );

    test('a query gets what its caller may read, and an error for each of the rest', () =>
      serve(async ({ send }) => {
        const query = '{ hello admin thing { id secret } }';
        const partial = { hello: 'hello', admin: null, thing: { id: '1', secret: null } };
        const user = await send({ query, token: 'user' });
        expect(user.data).toEqual(partial);
        expect(codesOf(user)).toEqual(['FORBIDDEN/ROLE', 'FORBIDDEN/ROLE']);
        expectHttp(user, 200);
        const anonymous = await send({ query });
        expect(anonymous.data).toEqual(partial);
        expect(new Set(codesOf(anonymous))).toEqual(new Set(['UNAUTHENTICATED/TOKEN_MISSING']));
        const admin = await send({ query, token: 'admin' });
        expect(admin.data).toEqual({ hello: 'hello', admin: secretValue, thing: { id: '1', secret: secretValue } });
      }));

    test('G1: a resolver that changes the viewer it is shown changes nothing, for nobody', () =>
      serve(async ({ send }) => {
        for (const token of [undefined, 'user', undefined]) {
          const got = await send({ query: '{ promote admin whoami { id admin } }', token });
          expect(got.data).toEqual({
            promote: 'promoted',
            admin: null,
            whoami: { id: token ?? 'anonymous', admin: null },
          });
        }
      }));

    test('G10: the operation is chosen as in graphql-js: an empty operationName names none', () =>
      serve(async ({ send, ran }) => {
        for (const token of ['admin', undefined, 'user']) {
          for (let round = 0; round < 3; round += 1) {
            for (const operationName of ['', 'Other', undefined]) {
              const got = await send({ query: twoOperations, operationName, token });
              expect(got.data ?? null).toBeNull();
              expect(got.errors).toHaveLength(1);
            }
            expect((await send({ query: twoOperations, operationName: 'Open', token })).data).toEqual({
              hello: 'hello',
            });
          }
        }
        expect(ran).toEqual([]);
        const single = await send({ query: 'mutation Write { login rename }', operationName: '', token: 'user' });
        expect(single.data ?? null).toBeNull();
        expect(ran).toEqual([]);
      }));

    test('G10: a document that was run for one caller is decided anew for the next, also when it runs often', () =>
      serve(async ({ send, ran }) => {
        for (let round = 0; round < 5; round += 1) {
          expect((await send({ query: '{ admin }', token: 'admin' })).data).toEqual({ admin: secretValue });
          expect(codesOf(await send({ query: '{ admin }', token: 'user' }))).toEqual(['FORBIDDEN/ROLE']);
          expect(codesOf(await send({ query: '{ admin }' }))).toEqual(['UNAUTHENTICATED/TOKEN_MISSING']);
          const named = { query: twoOperations, token: 'user' };
          expect((await send({ ...named, operationName: 'Write' })).data).toEqual({ login: 'ok', rename: 'renamed' });
          expect(
            (await send({ ...named, operationName: 'Open', token: abilities.atTheDoor ? 'user' : 'expired' })).data,
          ).toEqual({ hello: 'hello' });
        }
        expect(ran.filter((each) => each === 'admin')).toHaveLength(5);
      }));

    test('the entries of a batch are decided one by one, and their credential is verified once', () =>
      serve(async ({ sendBatch, asked, ran }) => {
        if (!sendBatch) return;
        const queries = ['{ admin }', '{ hello }', 'mutation { login write }', '{ maybe admin }', '{ hello admin }'];
        const got = await sendBatch(
          queries.map((query) => ({ query })),
          'user',
        );
        expect(got.map(codesOf)).toEqual([
          ['FORBIDDEN/ROLE'],
          [],
          ['FORBIDDEN/ROLE'],
          ['FORBIDDEN/ROLE'],
          ['FORBIDDEN/ROLE'],
        ]);
        expect(got.map(({ data }) => data ?? null)).toEqual([
          null,
          { hello: 'hello' },
          null,
          { maybe: 'user', admin: null },
          { hello: 'hello', admin: null },
        ]);
        expect(ran).toEqual([]);
        expect(asked()).toBe(1);
      }));

    test('T28: concurrent callers are never mixed up, whatever context the server keeps', () => {
      const shared = { settings: 'the same for all' };
      const tokens = Array.from({ length: 60 }, (_, i) => [undefined, `slow-user${i}`, `slow-admin${i}`][i % 3]);
      return serve(
        async ({ send }) => {
          const got = await Promise.all(
            tokens.map((token, i) => send({ query: `{ whoami(ms: ${i % 5}) { id again admin } }`, token })),
          );
          for (const [i, answer] of got.entries()) {
            const id = tokens[i]?.replace('slow-', '') ?? 'anonymous';
            if (abilities.sharesContext && !answer.data) {
              expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR']);
              continue;
            }
            expect(answer.data).toEqual({ whoami: { id, again: id, admin: id.startsWith('admin') ? id : null } });
          }
          expect(got.some(({ data }) => data)).toBe(true);
          expect((await send({ query: '{ whoami { id } }', token: 'user' })).data).toEqual({ whoami: { id: 'user' } });
        },
        {},
        () => shared,
      );
    });

    test('every decision is told, and nobody who is told can change it', () => {
      const told: string[] = [];
      return serve(
        async ({ send, faults }) => {
          expect((await send({ query: '{ hello }' })).data).toEqual({ hello: 'hello' });
          expect(codesOf(await send({ query: '{ admin }', token: 'user' }))).toEqual(['FORBIDDEN/ROLE']);
          expect(told).toEqual(['run', 'refuse']);
          expect(faults).toHaveLength(2);
        },
        {
          onDecision: ({ kind }) => {
            told.push(kind);
            return Promise.reject(new Error('no log')) as never;
          },
        },
      );
    });

    test('consume is asked for what may run, and its error refuses it', () =>
      serve(
        async ({ send, ran }) => {
          const got = await send({ query: 'mutation { a: rename b: login }', token: 'user' });
          expect([codesOf(got), got.data, ran]).toEqual([['SERVICE_UNAVAILABLE'], undefined, []]);
          expect((await send({ query: '{ maybe }', token: 'user' })).data).toEqual({ maybe: 'user' });
        },
        {
          consume: async (_viewer, fields) => {
            const { GuardError } = await import('@fieldgate/guard');
            return fields.includes('Mutation.rename') ? new GuardError('SERVICE_UNAVAILABLE') : null;
          },
        },
      ));

    describeStreams(serve);
  });
};

type Serve = <Result>(
  use: (served: Served & { ran: string[]; state: { closed: number }; asked: () => number }) => Promise<Result>,
  options?: Partial<Parameters<Start>[1]>,
) => Promise<Result>;

const inSeconds = (seconds: number): string => `expires@${Date.now() / 1000 + seconds}`;

const describeStreams = (serve: Serve): void => {
  test.each([
    ['subscription { ticks }', undefined, 'UNAUTHENTICATED/TOKEN_MISSING'],
    ['subscription { own }', 'user', 'FORBIDDEN/POLICY'],
    ['subscription { things { secret } }', 'user', 'FORBIDDEN/ROLE'],
  ])('T33: the source of %s as %s is never opened', (query, token, code) =>
    serve(async ({ stream, ran }) => {
      if (!stream) return;
      const events = await stream({ query, token });
      expect([events.map(codesOf), ran]).toEqual([[[code]], []]);
      expect(events[0]?.data ?? null).toBeNull();
    }),
  );

  test('T33: an allowed subscription delivers its events and completes', () =>
    serve(async ({ stream }) => {
      if (!stream) return;
      expect(await stream({ query: 'subscription { ticks }', token: 'user' })).toEqual([
        { data: { ticks: 1 } },
        { data: { ticks: 2 } },
      ]);
      expect(await stream({ query: 'subscription { open }' })).toEqual([{ data: { open: 1 } }]);
    }));

  test('G4: a stream ends when the credential expires: its last event says so, and its source is closed', () =>
    serve(async ({ stream, state }) => {
      if (!stream) return;
      const events = await stream({ query: 'subscription { ticks(count: 1000) }', token: inSeconds(1) });
      expect(events).toHaveLength(101);
      expect(codesOf(events.at(-1) ?? {})).toEqual(['UNAUTHENTICATED/TOKEN_EXPIRED']);
      expect(events.at(-1)?.data?.['ticks'] ?? null).toBeNull();
      expect(state.closed).toBeGreaterThan(0);
    }));

  test('G4: a stream ends when its credential is verified again and no longer accepted', () => {
    let isRevoked = false;
    setTimeout(() => (isRevoked = true), 300);
    return serve(
      async ({ stream }) => {
        if (!stream) return;
        const events = await stream({ query: 'subscription { ticks(count: 1000) }', token: 'user' });
        expect(codesOf(events.at(-1) ?? {})).toEqual(['UNAUTHENTICATED/TOKEN_REVOKED']);
      },
      {
        recheckSeconds: 0.05,
        authenticate: (source) => (isRevoked ? { kind: 'rejected', reason: 'TOKEN_REVOKED' } : authenticate(source)),
      },
    );
  });

  test('G4: a stream ends when the session is said to have ended', () => {
    const watched: string[] = [];
    return serve(
      async ({ stream }) => {
        if (!stream) return;
        const events = await stream({ query: 'subscription { ticks(count: 1000) }', token: 'user' });
        expect(codesOf(events.at(-1) ?? {})).toEqual(['UNAUTHENTICATED/TOKEN_STALE']);
        expect(watched).toEqual(['watch user', 'stop']);
      },
      {
        watchSession: (viewer, end) => {
          watched.push(`watch ${viewer.id}`);
          setTimeout(() => end('TOKEN_STALE'), 300);
          return () => watched.push('stop');
        },
      },
    );
  });
};
