import { runAs } from '@fieldgate/guard';
import { parse, subscribe } from 'graphql';
import { describe, expect, test } from 'vitest';
import { codesOf, schemaOf, serve, viewerNamed } from './fixture.ts';
import { createSampleSchema } from './sample-schema.ts';

const stream = { accept: 'text/event-stream' };

describe('subscriptions', () => {
  test.each([
    ['subscription { ticks }', undefined, 'UNAUTHENTICATED'],
    ['subscription { ticks }', 'user', 'FORBIDDEN'],
    ['subscription { ticks }', 'expired', 'UNAUTHENTICATED'],
    ['subscription { found { ... on A { secret } } }', 'user', 'FORBIDDEN'],
    ['subscription { found { ... on A { secret } } }', undefined, 'UNAUTHENTICATED'],
  ])('T33 the source of a denied subscription is never opened: %s as %s', async (query, token, code) => {
    const { schema, ran } = createSampleSchema();
    const { text, status, headers } = await serve(schema).ask(query, { ...stream, token });
    expect([status, headers.get('content-type'), ran]).toEqual([200, 'text/event-stream', []]);
    expect(text.match(/^event: .*$/gm)).toEqual(['event: next', 'event: complete']);
    expect(text).toContain(`"code":"${code}"`);
    expect(text).not.toContain('"data"');
  });

  test('T33 an allowed subscription delivers its events', async () => {
    const { schema } = createSampleSchema();
    const server = serve(schema);
    expect((await server.ask('subscription { ticks }', { ...stream, token: 'admin' })).text).toContain(
      '{"data":{"ticks":1}}',
    );
    expect((await server.ask('subscription { open }', { ...stream, token: 'expired' })).text).toContain(
      '{"data":{"open":1}}',
    );
    expect(server.timesAsked()).toBe(1);
  });

  test('T33 without the plugin the source of a denied subscription is not opened either', async () => {
    const { schema, ran } = createSampleSchema();
    const document = parse('subscription { ticks }');
    const open = (contextValue: unknown) => subscribe({ schema, document, contextValue });
    const answers = [open(undefined), open({ viewer: viewerNamed('admin') }), runAs({}, viewerNamed('user'), {}, open)];
    for (const answer of answers) {
      expect(await answer).toMatchObject({ errors: [{ extensions: { code: expect.any(String) } }] });
    }
    expect(ran).toEqual([]);
  });

  test.each(['no', 'down'])(
    'T33 a subscription whose policy denies (%s) is refused and its source never opened',
    async (policy) => {
      let opened = 0;
      const schema = schemaOf(
        `type Query { a: Int @public } type Subscription { mine: Int @auth(policy: "${policy}") }`,
        {
          Subscription: {
            mine: {
              subscribe: async function* () {
                opened += 1;
                yield { mine: 1 };
              },
            },
          },
        },
        { no: () => false, down: () => Promise.reject(new Error('a bug')) },
      );
      const answer = await serve(schema).ask('subscription { mine }', { token: 'user' });
      expect([answer.status, codesOf(answer), answer.data, opened]).toEqual([403, ['FORBIDDEN/POLICY'], undefined, 0]);
    },
  );

  test('T33 a policy is called again for every event', async () => {
    let member = true;
    const schema = schemaOf(
      'type Query { a: Int @public } type Subscription { mine: Int @auth(policy: "member") }',
      {
        Subscription: {
          mine: {
            subscribe: async function* () {
              yield { mine: 1 };
              member = false;
              yield { mine: 2 };
            },
          },
        },
      },
      { member: () => member },
    );
    const { text } = await serve(schema).ask('subscription { mine }', { ...stream, token: 'user' });
    expect(text).toContain('{"data":{"mine":1}}');
    expect(text).not.toContain('"mine":2');
    expect(text).toContain('"reason":"POLICY"');
  });
});
