import { type GateOptions, responseCacheScopes, responseCacheSession } from '@fieldgate/guard';
import { useFieldgate } from '@fieldgate/guard/yoga';
import { useResponseCache } from '@graphql-yoga/plugin-response-cache';
import { createYoga } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import { describeGate } from './cases.ts';
import {
  authenticate,
  codesOf,
  createSample,
  type GraphQLAnswer,
  httpClient,
  type Sent,
  type Start,
  secretValue,
} from './fixture.ts';

const start: Start = (schema, options, context) => {
  const yoga = createYoga({
    schema,
    logging: false,
    batching: true,
    ...(context && { context }),
    plugins: [useFieldgate(options)],
  });
  const url = 'http://localhost/graphql';
  return {
    ...httpClient((init) => yoga.fetch(url, init)),
    stream: async ({ token, ...body }) => {
      const response = await yoga.fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      return [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, event = '']): GraphQLAnswer => JSON.parse(event));
    },
  };
};

describeGate('Yoga', start, { http: true, mediaType: true, sharesContext: false });

describe('G9: the response cache of Yoga', () => {
  const setUp = () => {
    const { schema, ran } = createSample();
    let isRevoked = false;
    const options: GateOptions = {
      authenticate: (source) => (isRevoked ? { kind: 'rejected', reason: 'TOKEN_REVOKED' } : authenticate(source)),
    };
    const yoga = createYoga({
      schema,
      logging: false,
      plugins: [
        useFieldgate(options),
        useResponseCache({
          session: responseCacheSession(options),
          scopePerSchemaCoordinate: responseCacheScopes(schema),
          ttl: 60_000,
          includeExtensionMetadata: true,
        }),
      ],
    });
    const { send } = httpClient((init) => yoga.fetch('http://localhost/graphql', init));
    const isHit = async (sent: Sent) => {
      const { text = '' } = await send(sent);
      return JSON.parse(text).extensions?.responseCache?.hit === true;
    };
    return { send, isHit, ran, revoke: () => (isRevoked = true) };
  };

  test('never gives the answer of one caller to another, by any alias, nor to a credential that is dead', async () => {
    const { send, isHit, ran, revoke } = setUp();
    for (const query of ['{ admin }', '{ x: admin }', '{ thing { y: secret } }', '{ maybe }', '{ whoami { id } }']) {
      const admin = await send({ query, token: 'admin' });
      expect(await isHit({ query, token: 'admin' })).toBe(true);
      for (const token of ['user', undefined, 'admin2:*', 'expired', 'two']) {
        const other = await send({ query, token });
        if (token !== 'admin2:*' || !admin.text?.includes(secretValue)) expect(other.text).not.toContain(secretValue);
        expect(await isHit({ query, token: 'expired' })).toBe(false);
      }
      const ids = { '{ maybe }': { maybe: 'user' }, '{ whoami { id } }': { whoami: { id: 'user' } } };
      const expected = Object.entries(ids).find(([text]) => text === query)?.[1];
      if (expected) expect((await send({ query, token: 'user' })).data).toEqual(expected);
    }
    expect(ran.length).toBeGreaterThan(0);
    revoke();
    expect(codesOf(await send({ query: '{ admin }', token: 'admin' }))).toEqual(['UNAUTHENTICATED/TOKEN_REVOKED']);
  });

  test('serves public answers from the cache', async () => {
    const { isHit } = setUp();
    expect([await isHit({ query: '{ hello }' }), await isHit({ query: '{ hello }' })]).toEqual([false, true]);
  });
});
