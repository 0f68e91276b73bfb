import { envelop, useEngine, useSchema } from '@envelop/core';
import type { GateOptions } from '@fieldgate/guard';
import { useFieldgate } from '@fieldgate/guard/yoga';
import * as graphql from 'graphql';
import { describe, expect, test } from 'vitest';
import { describeGate } from './cases.ts';
import { authenticate, codesOf, createSample, type GraphQLAnswer, type Start } from './fixture.ts';

const toJson = (result: unknown): GraphQLAnswer => JSON.parse(JSON.stringify(result));

const start: Start = (schema, options, context) => {
  const getEnveloped = envelop({
    plugins: [useEngine(graphql), useSchema(schema), useFieldgate(options)] as never,
  });
  const run = async (
    kind: 'execute' | 'subscribe',
    {
      query,
      operationName,
      variables,
      token,
    }: { query: string; operationName?: string | undefined; variables?: object; token?: string | undefined },
  ) => {
    const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const { parse, contextFactory, ...perform } = getEnveloped({ ...context?.() });
    const contextValue = Object.assign(await contextFactory(), { req: { headers } });
    return perform[kind]({
      schema,
      document: parse(query),
      operationName,
      variableValues: variables,
      contextValue,
    } as never) as unknown;
  };
  return {
    send: async (sent) => toJson(await run('execute', sent)),
    stream: async (sent) => {
      const result = (await run('subscribe', sent)) as AsyncIterable<unknown> | object;
      if (!(Symbol.asyncIterator in result)) return [toJson(result)];
      const events: GraphQLAnswer[] = [];
      for await (const event of result) events.push(toJson(event));
      return events;
    },
  };
};

describeGate('Envelop', start, { http: false, sharesContext: false });

describe('G10: a context that keeps the request that opened its WebSocket', () => {
  const { schema } = createSample();
  const upgrade = (authorization?: string) =>
    new Request('http://localhost/graphql', {
      headers: { 'sec-websocket-key': 'x', ...(authorization !== undefined && { authorization }) },
    });
  const runWith = (options: GateOptions) => {
    const getEnveloped = envelop({ plugins: [useEngine(graphql), useSchema(schema), useFieldgate(options)] as never });
    return async (context: object) => {
      const { execute, parse } = getEnveloped({});
      const args = { schema, document: parse('{ maybe }'), contextValue: { ...context } };
      return toJson(await execute(args as never));
    };
  };

  test('is verified for each operation', async () => {
    let isRevoked = false;
    const run = runWith({
      authenticate: (source) => (isRevoked ? { kind: 'rejected', reason: 'TOKEN_REVOKED' } : authenticate(source)),
    });
    for (const request of [
      upgrade('Bearer user'),
      { headers: { upgrade: 'websocket', authorization: 'Bearer user' } },
    ]) {
      for (const context of [{ request }, { req: request }, { extra: { request } }]) {
        isRevoked = false;
        expect(await run(context)).toEqual({ data: { maybe: 'user' } });
        isRevoked = true;
        expect(codesOf(await run(context))).toEqual(['UNAUTHENTICATED/TOKEN_REVOKED']);
      }
    }
  });

  test('and where connection_init names a credential, that one decides alone', async () => {
    const run = runWith({ authenticate });
    const request = upgrade('Bearer admin');
    for (const connectionParams of [{ authorization: 'Bearer user' }, { headers: { Authorization: 'Bearer user' } }]) {
      expect(await run({ request, connectionParams })).toEqual({ data: { maybe: 'user' } });
    }
    expect(await run({ request, connectionParams: { 'x-api-key': 'key' } })).toEqual({ data: { maybe: 'anonymous' } });
    expect(await run({ request, connectionParams: { viewer: 'admin' } })).toEqual({ data: { maybe: 'admin' } });
    expect(await run({ request })).toEqual({ data: { maybe: 'admin' } });
  });
});
