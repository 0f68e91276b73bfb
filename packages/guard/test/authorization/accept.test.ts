import { describe, expect, test } from 'vitest';
import { serve } from './fixture.ts';
import { createSampleSchema } from './sample-schema.ts';

const setUp = () => serve(createSampleSchema().schema);

const response = 'application/graphql-response+json';
const json = 'application/json';

describe('the response to each Accept', () => {
  test.each([
    [null, response],
    ['*/*', response],
    ['application/*', response],
    ['text/html, */*;q=0.8', response],
    [response, response],
    [`${response},application/json;q=0.9`, response],
    [`${response}, application/json`, response],
    [`${response}, application/graphql+json, application/json, text/event-stream, multipart/mixed`, response],
    [`${response}, application/json, multipart/mixed`, response],
    [`multipart/mixed;deferSpec=20220824, ${response}, application/json`, response],
    [json, json],
    ['application/json, text/plain, */*', json],
  ])(
    'with Accept %s a refusal is sent as %s, and data as the client chose, else as application/json',
    async (accept, type) => {
      const { ask } = setUp();
      const typeOf = ({ headers }: { headers: Headers }) => headers.get('content-type')?.split(';')[0];
      for (const [query, token, status] of [
        ['{ admin }', undefined, 401],
        ['{ admin }', 'expired', 401],
        ['{ admin }', 'user', 403],
        ['{ admin }', 'down', 503],
        ['{ admin }', 'two', 400],
        ['mutation { write }', 'user', 403],
        ['{ hello admin }', 'user', 200],
        ['{ hello }', 'expired', 200],
      ] as const) {
        const answer = await ask(query, { accept, token });
        const chosen = status === 200 && !accept?.includes(response) ? json : type;
        expect([query, token, answer.status, typeOf(answer)]).toEqual([
          query,
          token,
          type === json ? 200 : status,
          chosen,
        ]);
        expect(answer.headers.get('cache-control')).toBe('no-store');
        expect(answer.text).not.toContain('"http"');
      }
      expect((await ask('{ admin }', { accept, token: 'expired' })).headers.get('www-authenticate')).toContain(
        'invalid_token',
      );
    },
  );

  test('an event stream gets a refusal as one next event and complete', async () => {
    const answer = await setUp().ask('{ admin }', { accept: 'text/event-stream', token: 'expired' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(answer.text.match(/^event: .*$/gm)).toEqual(['event: next', 'event: complete']);
    expect(answer.text).toContain('TOKEN_EXPIRED');
  });

  test('a refused subscription is answered in a type that the client accepts', async () => {
    const answer = await setUp().ask('subscription { ticks }', { accept: 'text/event-stream, multipart/mixed' });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
  });
});
