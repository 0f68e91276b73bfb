import { once } from 'node:events';
import { createServer } from 'node:http';
import { type Authenticator, apiKey, createAuthenticate, type GateOptions } from '@fieldgate/guard';
import { fieldgateForGraphqlWs } from '@fieldgate/guard/graphql-ws';
import type { GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { describeGate } from './cases.ts';
import { authenticate, createSample, type Start, secretValue } from './fixture.ts';
import { webSocketClient } from './web-socket-client.ts';

const listen = async (schema: GraphQLSchema, options: GateOptions, context?: () => object) => {
  const server = createServer();
  const webSockets = new WebSocketServer({ server, path: '/graphql' });
  useServer({ schema, ...(context && { context }), ...fieldgateForGraphqlWs(options) }, webSockets);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/graphql`;
  const close = async () => {
    for (const socket of webSockets.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, close };
};

const start: Start = async (schema, options, context) => {
  const { url, close } = await listen(schema, options, context);
  const stream = webSocketClient(url);
  return {
    send: async (sent) => (await stream(sent))[0] ?? {},
    stream,
    close,
  };
};

describeGate('graphql-ws', start, { http: false, sharesContext: true, atTheDoor: true });

describe('a WebSocket', () => {
  const { schema } = createSample();
  /** Opens a socket and returns what the server does: messages, and at last the code that it closes with. */
  const open = async (options: GateOptions, headers: Record<string, string> = {}) => {
    const { url, close } = await listen(schema, options);
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
    const received: string[] = [];
    let wake: () => void = () => undefined;
    const add = (text: string) => {
      received.push(text);
      wake();
    };
    socket.on('message', (data) => add(String(data)));
    socket.on('close', (code) => add(`closed ${code}`));
    await once(socket, 'open');
    onTestFinished(async () => void (await close()));
    return {
      send: (message: object) => socket.send(JSON.stringify(message)),
      next: async () => {
        while (received.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const text = received.shift() ?? '';
        return text.startsWith('{') ? JSON.parse(text) : text;
      },
    };
  };
  const ask = (id: string, query: string) => ({ id, type: 'subscribe', payload: { query } });

  test.each([
    [{ authorization: 'Bearer expired' }, {}, 'closed 4403'],
    [{ Authorization: 'Bearer expired' }, { authorization: 'Bearer user' }, 'closed 4403'],
    [{ headers: { AUTHORIZATION: 'Bearer expired' } }, {}, 'closed 4403'],
    [undefined, { authorization: 'Bearer expired' }, 'closed 4403'],
    [{ 'x-api-key': 'ended' }, {}, 'closed 4401'],
    [{ authorization: 'Bearer user', headers: { authorization: 'Bearer admin' } }, {}, 'closed 4400'],
    [{ authorization: 'Bearer down' }, {}, 'closed 1013'],
    [{ authorization: 'Bearer bug' }, {}, 'closed 4500'],
    [{}, {}, { type: 'connection_ack' }],
    [{ authorization: 'Bearer user' }, { authorization: 'Bearer expired' }, { type: 'connection_ack' }],
    [{ token: 'Bearer expired' }, {}, { type: 'connection_ack' }],
  ])('is opened by connection_init %j with the headers %j: %j', async (payload, headers, expected) => {
    const keys = apiKey({ verify: () => ({ kind: 'invalid', reason: 'TOKEN_REVOKED' }) });
    const joined: Authenticator = (source) =>
      / Bearer/.test(source.header('authorization') ?? '') ? { kind: 'ambiguous' } : authenticate(source);
    const options = { authenticate: createAuthenticate([joined, keys]), onFault: () => undefined };
    const socket = await open(options, headers);
    socket.send({ type: 'connection_init', ...(payload && { payload }) });
    expect(await socket.next()).toEqual(expected);
  });

  test('G10: is verified for each operation, and lives on after one that is refused', async () => {
    let isRevoked = false;
    const socket = await open({
      authenticate: (source) => (isRevoked ? { kind: 'rejected', reason: 'TOKEN_REVOKED' } : authenticate(source)),
    });
    socket.send({ type: 'connection_init', payload: { authorization: 'Bearer admin' } });
    await socket.next();
    socket.send(ask('1', '{ admin }'));
    expect(await socket.next()).toMatchObject({ id: '1', type: 'next', payload: { data: { admin: secretValue } } });
    expect(await socket.next()).toEqual({ id: '1', type: 'complete' });
    isRevoked = true;
    for (const query of ['{ admin }', '{ hello admin }', 'subscription { ticks }', 'mutation { rename }']) {
      socket.send(ask('2', query));
      const extensions = { code: 'UNAUTHENTICATED', reason: 'TOKEN_REVOKED' };
      expect(await socket.next()).toMatchObject({ id: '2', type: 'error', payload: [{ extensions }] });
    }
    socket.send(ask('3', '{ hello }'));
    expect(await socket.next()).toEqual({ id: '3', type: 'next', payload: { data: { hello: 'hello' } } });
  });

  test('G4: one of its streams ends with the credential, the others and the connection do not', async () => {
    const socket = await open({ authenticate, recheckSeconds: 3600 });
    const authorization = `Bearer expires@${Date.now() / 1000 + 1}`;
    socket.send({ type: 'connection_init', payload: { authorization } });
    await socket.next();
    socket.send(ask('1', 'subscription { ticks(count: 1000) }'));
    let message = await socket.next();
    while (message.payload.data) message = await socket.next();
    const extensions = { code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED' };
    expect(message).toMatchObject({ id: '1', type: 'next', payload: { errors: [{ extensions }] } });
    expect(await socket.next()).toEqual({ id: '1', type: 'complete' });
    socket.send(ask('2', '{ hello }'));
    expect(await socket.next()).toMatchObject({ id: '2', type: 'next' });
  });
});
