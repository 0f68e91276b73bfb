import { fieldgateForMercurius } from '@fieldgate/guard/mercurius';
import fastify, { type InjectOptions } from 'fastify';
import mercurius, { type MercuriusOptions } from 'mercurius';
import { describeGate } from '../../packages/guard/test/gates/cases.ts';
import { httpClient, type Start } from '../../packages/guard/test/gates/fixture.ts';
import { webSocketClient } from '../../packages/guard/test/gates/web-socket-client.ts';

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
    const client = httpClient(async ({ headers, body }) => {
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
    const stream = webSocketClient(`${url.replace('http', 'ws')}/graphql`);
    return { ...client, stream, close: () => app.close() };
  };

describeGate('Mercurius', startWith({}), { http: true, mediaType: true, sharesContext: true });
describeGate('Mercurius with jit', startWith({ jit: 1 }), { http: true, mediaType: true, sharesContext: true });
