import { authTypeDefs, cacheKeyOf, guardSchema } from '@fieldgate/guard';
import { fieldgateForMercurius } from '@fieldgate/guard/mercurius';
import { makeExecutableSchema } from '@graphql-tools/schema';
import fastify, { type FastifyInstance, type InjectOptions } from 'fastify';
import { buildSchema, type GraphQLSchema } from 'graphql';
import mercurius, { type MercuriusOptions } from 'mercurius';
import cache from 'mercurius-cache';
import { describe, expect, test } from 'vitest';
import { describeGate } from '../../packages/guard/test/gates/cases.ts';
import {
  authenticate,
  createSample,
  httpClient,
  idOf,
  type Start,
  secretValue,
} from '../../packages/guard/test/gates/fixture.ts';
import { webSocketClient } from '../../packages/guard/test/gates/web-socket-client.ts';

const clientOf = (app: FastifyInstance) =>
  httpClient(async ({ headers, body }) => {
    const request = {
      method: 'POST',
      url: '/graphql',
      headers: Object.fromEntries(new Headers(headers)),
      payload: String(body),
    };
    const answer = await app.inject(request as InjectOptions);
    const sent = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
    return new Response(answer.body, { status: answer.statusCode, headers: sent });
  });

const startWith =
  (settings: Partial<MercuriusOptions>): Start =>
  async (schema, options, context) => {
    const app = fastify();
    await app.register(mercurius, {
      schema,
      allowBatchedQueries: true,
      subscription: true,
      ...(context && { context }),
      ...settings,
    } as MercuriusOptions);
    await app.register(fieldgateForMercurius(options));
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const client = clientOf(app);
    const stream = webSocketClient(`${url.replace('http', 'ws')}/graphql`);
    return { ...client, stream, close: () => app.close() };
  };

describeGate('Mercurius', startWith({}), { http: true, mediaType: true, sharesContext: true });
describeGate('Mercurius with jit', startWith({ jit: 1 }), { http: true, mediaType: true, sharesContext: true });

describe('G9: the cache of Mercurius', () => {
  const policy = { Query: { admin: { ttl: 60 }, maybe: { ttl: 60, extendKey } } };
  function extendKey(_source: unknown, _args: unknown, context: unknown) {
    return cacheKeyOf(context) ?? undefined;
  }

  test('under the guard is asked only for what its caller may read', async () => {
    const app = fastify();
    const { typeDefs, resolvers, roles } = sampleParts;
    const asked: string[] = [];
    const unguarded = makeExecutableSchema({ typeDefs: [authTypeDefs(roles), typeDefs], resolvers: resolvers(asked) });
    await app.register(mercurius, { schema: unguarded } as MercuriusOptions);
    await app.register(cache as never, { policy, ttl: 60 } as never);
    // After the cache's own hook, which puts the cache around the resolvers: the guard comes around both.
    app.addHook('onReady', async () => app.graphql.replaceSchema(guardSchema(app.graphql.schema, { roles })));
    await app.register(fieldgateForMercurius({ authenticate }));
    await app.ready();
    const { send } = clientOf(app);
    for (let round = 0; round < 3; round += 1) {
      expect((await send({ query: '{ admin maybe }', token: 'admin' })).data).toEqual({
        admin: secretValue,
        maybe: 'admin',
      });
      expect((await send({ query: '{ hello admin maybe }', token: 'user' })).data).toEqual({
        hello: 'hello',
        admin: null,
        maybe: 'user',
      });
      expect((await send({ query: '{ hello admin maybe }' })).data).toEqual({
        hello: 'hello',
        admin: null,
        maybe: 'anonymous',
      });
      expect((await send({ query: '{ admin }', token: 'expired' })).status).toBe(401);
    }
    expect(asked).toEqual(['admin', 'maybe', 'maybe', 'maybe']);
    await app.close();
  });

  test('around the guard does not start', async () => {
    const app = fastify();
    await app.register(mercurius, { schema: createSample().schema } as MercuriusOptions);
    await app.register(cache as never, { policy, ttl: 60 } as never);
    await app.register(fieldgateForMercurius({ authenticate }));
    await expect(app.ready()).rejects.toThrow(TypeError);
  });
});

test('with resolvers and loaders of Mercurius the guard is a schemaTransform, and comes around them', async () => {
  const app = fastify();
  const { typeDefs, resolvers, roles } = sampleParts;
  const asked: string[] = [];
  const loaders = { Thing: { secret: async (queries: readonly unknown[]) => queries.map(() => secretValue) } };
  await app.register(mercurius, {
    schema: buildSchema(authTypeDefs(roles) + typeDefs),
    resolvers: resolvers(asked),
    loaders,
    schemaTransforms: (schema: GraphQLSchema) => guardSchema(schema, { roles }),
  } as never);
  await app.register(fieldgateForMercurius({ authenticate }));
  const { send } = clientOf(app);
  for (let round = 0; round < 2; round += 1) {
    for (const token of ['admin', 'user', undefined]) {
      const secret = token === 'admin' ? secretValue : null;
      expect((await send({ query: '{ thing { id secret } }', token })).data).toEqual({ thing: { id: '1', secret } });
    }
  }
  await app.close();
});

test('it has to be registered after Mercurius', async () => {
  const app = fastify();
  await expect(async () => app.register(fieldgateForMercurius({ authenticate }))).rejects.toThrow(
    'Register mercurius before',
  );
  await app.close().catch(() => undefined);
});

const sampleParts = {
  roles: ['USER', 'ADMIN'],
  typeDefs: `
    type Thing { id: ID! secret: String @auth(role: ADMIN) }
    type Query { hello: String @public thing: Thing @public admin: String @auth(role: ADMIN) maybe: String @auth(optional: true) }
  `,
  resolvers: (asked: string[]) => ({
    Query: {
      hello: () => 'hello',
      thing: () => ({ id: '1' }),
      admin: () => {
        asked.push('admin');
        return secretValue;
      },
      maybe: (_: unknown, __: unknown, context: unknown) => {
        asked.push('maybe');
        return idOf(context);
      },
    },
  }),
};
