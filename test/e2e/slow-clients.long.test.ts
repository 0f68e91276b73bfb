import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect } from 'vitest';
import { transportLimits } from '../../src/http/transport-limits.ts';
import { head, json, openSocket, sendRaw, statusesIn } from '../support/raw-http.ts';
import { startServer, testWithServer } from '../support/server.ts';
import { pause } from '../support/time.ts';

/** The limits of the server, shortened for the test. */
const limits = {
  options: {
    ...transportLimits.options,
    headersTimeout: 2_000,
    requestTimeout: 3_000,
    keepAliveTimeout: 1_000,
    connectionsCheckingInterval: 100,
  },
  silenceMs: 2_000,
};

const test = testWithServer({ MAX_CONNECTIONS: '300' }, { limits });

/** Sends one byte after another until the connection is closed. Resolves with the answer. */
const drip = (socket: Socket, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    let answer = '';
    let sent = 0;
    const timer = setInterval(() => socket.write(bytes[sent++ % bytes.length] ?? ''), 20);
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      resolve(answer);
    });
  });

const query = '{"query":"{ hello }"}';
const hello = `${head(['Host: x', json, 'Connection: close', `Content-Length: ${query.length}`])}${query}`;

describe.concurrent('slow clients', () => {
  test('F21: a client that sends its headers byte by byte gets 408, and others are answered meanwhile', async ({
    server,
  }) => {
    const slow = Array.from({ length: 100 }, () => {
      const socket = openSocket(server.url);
      socket.write('POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ');
      return drip(socket, 'a');
    });
    const meanwhile = await Promise.all(Array.from({ length: 20 }, () => sendRaw(server.url, hello)));
    expect(meanwhile.flatMap(statusesIn)).toEqual(Array(20).fill(200));
    for (const answer of await Promise.all(slow)) expect(statusesIn(answer)).toEqual([408]);
  });

  test('F21: a client that sends its body byte by byte gets 408, and nothing runs', async ({ server }) => {
    const slow = Array.from({ length: 50 }, () => {
      const socket = openSocket(server.url);
      socket.write(head(['Host: x', json, 'Content-Length: 5000']));
      return drip(socket, ' ');
    });
    const meanwhile = await Promise.all(Array.from({ length: 20 }, () => sendRaw(server.url, hello)));
    expect(meanwhile.flatMap(statusesIn)).toEqual(Array(20).fill(200));
    for (const answer of await Promise.all(slow)) expect(statusesIn(answer)).toEqual([408]);
    expect(server.logLines().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  test('F21: a connection that sends nothing is closed', async ({ server }) => {
    const socket = openSocket(server.url);
    await once(socket.resume(), 'close');
  });

  test('F21: a connection that sends nothing after its answer is closed', async ({ server }) => {
    const socket = openSocket(server.url);
    socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain('Keep-Alive: timeout=');
    await once(socket.resume(), 'close');
  });

  test('F21: a client that does not read its answer is cut off, and the rest of the answer is dropped', async () => {
    const own = await startServer({}, { limits: { ...transportLimits, silenceMs: 1_000 } });
    const ask = 'GET /graphql HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n';
    let pageSize = 0;
    const readPage = async () => {
      pageSize = (await sendRaw(own.url, `${ask}Connection: close\r\n\r\n`)).length;
      return pageSize;
    };
    await expect.poll(readPage, { timeout: 15_000 }).toBeGreaterThan(5_000_000);
    const socket = openSocket(own.url).pause();
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    // More than the system keeps for a connection, some 40 MB.
    for (let i = 0; i < 8; i++) socket.write(`${ask}\r\n`);
    // A client that does not read cannot see that it was cut off. Node checks twice whether something was taken.
    await pause(5_000);
    socket.resume();
    await closed;
    expect(socket.bytesRead).toBeLessThan(7 * pageSize);
  });
});

describe('MAX_CONNECTIONS', () => {
  test('F21: connections above MAX_CONNECTIONS are closed immediately, and existing ones go on', async () => {
    const own = await startServer({ MAX_CONNECTIONS: '5' }, { limits: transportLimits });
    const held = Array.from({ length: 5 }, () => openSocket(own.url));
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const [first] = held;
    const ask = async (socket: Socket): Promise<string> => {
      socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
      return String((await once(socket, 'data'))[0]);
    };
    expect(first && (await ask(first))).toContain('200 OK');
    const tooMany = openSocket(own.url);
    tooMany.on('error', () => {});
    await new Promise((resolve) => tooMany.once('close', resolve).resume());
    expect(tooMany.bytesRead).toBe(0);
    expect(first && (await ask(first))).toContain('200 OK');
    expect(own.logLines().map(({ event }) => event)).toContain('connections.dropped');
    for (const socket of held) socket.destroy();
    await expect
      .poll(() =>
        own.fetch('/health').then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });
});
