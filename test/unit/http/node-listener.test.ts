import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createCors } from '../../../src/http/cors.ts';
import { createNodeListener } from '../../../src/http/node-listener.ts';
import { createHeadersFor } from '../../../src/http/response.ts';

const bug = new Error('secret at /app/x.ts');

/** A listener whose router has a bug, and what it reports. */
const faultyServer = async () => {
  const reported: unknown[] = [];
  const server = createServer(
    createNodeListener({
      traceOf: null,
      handle: () => Promise.reject(bug),
      countRefused: () => {},
      clientAddress: () => null,
      headersFor: createHeadersFor({
        cors: createCors({ origins: ['https://app.example.com'] }),
        graphqlPath: '/graphql',
        sessionCookies: true,
      }),
      createId: () => 'made',
      lifecycle: { isStopping: false },
      reportFault: (error, requestId) => reported.push([error, requestId]),
      onCompleted: null,
      now: Date.now,
    }),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server, reported };
};

it('G10, G13: a fault below the router is a masked 500 with the headers of every answer', async () => {
  const { port, reported } = await faultyServer();
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    headers: { 'x-request-id': 'mine', origin: 'https://app.example.com' },
  });
  expect([response.status, await response.text()]).toEqual([
    500,
    '{"errors":[{"message":"Unexpected error.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}',
  ]);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': 'mine',
    'access-control-allow-origin': 'https://app.example.com',
  });
  expect(reported).toEqual([[bug, 'mine']]);
});

it('F32: a caller that goes away in the middle of its body is no fault of the server', async () => {
  const { port, server, reported } = await faultyServer();
  const arrived = once(server, 'request');
  const socket = connect(port, '127.0.0.1', () =>
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{'),
  );
  const [request] = await arrived;
  socket.destroy();
  await new Promise((resolve) => request.once('close', resolve));
  await fetch(`http://127.0.0.1:${port}/`);
  expect(reported).toEqual([[bug, 'made']]);
});
