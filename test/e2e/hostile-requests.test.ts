import { once } from 'node:events';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { head, json, openSocket, sendRaw, statusesIn } from '../support/raw-http.ts';
import { type TestServer, testWithServer } from '../support/server.ts';

const test = testWithServer();

const hello = '{"query":"{ hello }"}';

const post = (
  server: TestServer,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  path = '/graphql',
) => server.fetch(path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

const statusesOf = async (server: TestServer, text: string | Buffer): Promise<readonly number[]> =>
  statusesIn(await sendRaw(server.url, text));

const helloStillWorks = async (server: TestServer): Promise<void> => {
  expect((await server.gql('{ hello }')).data.hello).toEqual(expect.any(String));
};

describe('requests whose end is ambiguous', () => {
  const smuggled = 'POST /graphql HTTP/1.1\r\nHost: x\r\nX-Smuggled: yes\r\nContent-Length: 0\r\n\r\n';
  const length = `Content-Length: ${hello.length}`;
  const chunked = 'Transfer-Encoding: chunked';
  test.for([
    ['a length and chunks', `${head(['Host: x', json, length, chunked])}0\r\n\r\n${smuggled}`],
    ['chunks and a length', `${head(['Host: x', json, chunked, length])}0\r\n\r\n${smuggled}`],
    ['two lengths', head(['Host: x', json, length, 'Content-Length: 1']) + hello + smuggled],
    ['one length written as two', head(['Host: x', json, `${length}, ${hello.length}`]) + hello + smuggled],
    ['a signed length', head(['Host: x', json, `Content-Length: +${hello.length}`]) + hello],
    ['a negative length', head(['Host: x', json, 'Content-Length: -1']) + hello],
    ['a length in hexadecimal', head(['Host: x', json, 'Content-Length: 0x15']) + hello],
    ['an unknown coding', `${head(['Host: x', json, 'Transfer-Encoding: xchunked'])}0\r\n\r\n${smuggled}`],
    ['chunks that are not last', `${head(['Host: x', json, 'Transfer-Encoding: chunked, identity'])}0\r\n\r\n`],
    ['a space before a colon', `${head(['Host: x', json, 'Transfer-Encoding : chunked'])}0\r\n\r\n${smuggled}`],
    ['a folded line', `${head(['Host: x', json, 'Transfer-Encoding:\r\n chunked'])}0\r\n\r\n${smuggled}`],
    ['lines that end without CR', `${head(['Host: x', json, `X: y\n${chunked}`])}0\r\n\r\n${smuggled}`],
    ['NUL in a value', head(['Host: x\0', json, length]) + hello],
    ['a chunk size that is no number', `${head(['Host: x', json, chunked])}zz\r\n${hello}\r\n0\r\n\r\n`],
    ['a chunk larger than it says', `${head(['Host: x', json, chunked])}1\r\n${hello}\r\n0\r\n\r\n`],
    ['a chunk size too large for a number', `${head(['Host: x', json, chunked])}fffffffffffffffff\r\n${hello}`],
  ] as const)(
    'F22: a request with %s is 400, and what follows it is not taken for a request',
    async ([_what, bytes], { server }) => {
      expect(await statusesOf(server, bytes)).toEqual([400]);
      await helloStillWorks(server);
    },
  );

  test.for([
    ['shorter', hello.length - 1],
    ['longer', hello.length + 1],
  ] as const)('F22: a length that is %s than the body runs nothing', async ([_what, said], { server }) => {
    const socket = openSocket(server.url);
    socket.write(head(['Host: x', json, `Content-Length: ${said}`]) + hello);
    if (said > hello.length) socket.end();
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('close', resolve));
    expect(statusesIn(answer)).not.toContain(200);
    expect(answer).not.toContain('"hello"');
  });
});

describe('what is not HTTP', () => {
  test.for([
    ['the beginning of TLS', Buffer.from('16030100c8010000c40303', 'hex')],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/0.9', 'GET /graphql\r\n\r\n'],
    ['HTTP/3.0 in a request line', 'GET /health HTTP/3.0\r\nHost: x\r\n\r\n'],
    ['no Host', 'GET /health HTTP/1.1\r\n\r\n'],
    ['an unknown method', 'HACK /graphql HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['lines of nothing', '\r\n\r\n\0\0\0\r\n\r\n'],
  ] as const)('F22: %s is 400, and the connection is closed', async ([_what, bytes], { server }) => {
    expect(await statusesOf(server, bytes)).toEqual([400]);
    await helloStillWorks(server);
  });

  test('CONNECT opens no tunnel, and an unknown upgrade is ignored', async ({ server }) => {
    expect(await statusesOf(server, 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n')).toEqual([]);
    const upgrade = 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n';
    expect(await sendRaw(server.url, upgrade)).toMatch(/^HTTP\/1\.1 (?:200|400|426) /);
    await helloStillWorks(server);
  });

  test('Expect: 100-continue is answered, and any other expectation is 417', async ({ server }) => {
    const lines = ['Host: x', json, 'Connection: close', `Content-Length: ${hello.length}`];
    expect(await statusesOf(server, head([...lines, 'Expect: 100-continue']) + hello)).toEqual([100, 200]);
    expect(await statusesOf(server, head([...lines, 'Expect: coffee']) + hello)).toEqual([417]);
  });
});

describe('large requests', () => {
  test.for([
    ['one header of 20 kB', ['Host: x', `X-Long: ${'x'.repeat(20_000)}`]],
    ['3 000 headers', ['Host: x', ...Array.from({ length: 3_000 }, (_, i) => `X-${i}: x`)]],
    ['a token of 20 kB', ['Host: x', `Authorization: Bearer ${'x'.repeat(20_000)}`]],
  ] as const)('T17, F22: %s is 431', async ([_what, lines], { server }) => {
    expect(await statusesOf(server, head(lines))).toEqual([431]);
  });

  test('F22: a path of 20 kB is 431', async ({ server }) => {
    expect(await statusesOf(server, `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toEqual([431]);
  });

  test('F22: a body of 50 MB is 413 before it is read to its end, announced or not', async ({ server }) => {
    const megabyte = Buffer.alloc(1_000_000, 'x');
    const chunk = Buffer.concat([Buffer.from('f4240\r\n'), megabyte, Buffer.from('\r\n')]);
    const flood = async (lines: readonly string[], part: Buffer) => {
      const socket = openSocket(server.url);
      socket.on('error', () => {});
      let answer = '';
      let isClosed = false;
      socket.on('data', (text) => {
        answer += text;
      });
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve())).then(() => {
        isClosed = true;
      });
      socket.write(head(['Host: x', json, ...lines]));
      for (let sent = 0; sent < 50 && !isClosed; sent++) {
        if (!socket.write(part)) await Promise.race([closed, once(socket, 'drain').catch(() => {})]);
      }
      await closed;
      return { answer, bytesWritten: socket.bytesWritten };
    };
    const floods = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        i % 2 === 0 ? flood(['Content-Length: 50000000'], megabyte) : flood(['Transfer-Encoding: chunked'], chunk),
      ),
    );
    for (const { answer, bytesWritten } of floods) {
      // A client that goes on writing after the answer may lose it to the reset of the connection.
      expect([[413], []]).toContainEqual(statusesIn(answer));
      expect(bytesWritten).toBeLessThan(40_000_000);
    }
    await helloStillWorks(server);
  });

  test.for([
    ['gzip', gzipSync(Buffer.alloc(50_000_000))],
    ['deflate', deflateSync(Buffer.alloc(50_000_000))],
    ['br', Buffer.from('hello')],
    ['gzip, gzip', gzipSync(gzipSync(Buffer.alloc(1_000_000)))],
    ['GZIP', gzipSync(hello)],
    ['x-gzip', gzipSync(hello)],
  ] as const)('G07, F22: a body compressed as %j is 415 and never decompressed', async ([coding, body], { server }) => {
    expect((await post(server, new Uint8Array(body.subarray(0, 90_000)), { 'content-encoding': coding })).status).toBe(
      415,
    );
  });
});

describe('bodies', () => {
  test.for(['utf-7', 'utf-16le', 'utf-32', 'iso-8859-1', 'windows-1252', 'us-ascii', '"utf-16"', 'x', "utf-8'"])(
    'G07: the charset %j is 415',
    async (charset, { server }) => {
      const response = await post(server, hello, { 'content-type': `application/json; charset=${charset}` });
      expect(response.status).toBe(415);
    },
  );

  test.for(['utf-8', 'UTF-8', '"utf-8"', 'utf8'])('G07: the charset %j is read', async (charset, { server }) => {
    expect((await post(server, hello, { 'content-type': `application/json; charset=${charset}` })).status).toBe(200);
  });

  test.for([
    ['bytes that are not UTF-8', Buffer.from('7b227175657279223a22fffe227d', 'hex')],
    ['UTF-16', Buffer.from(hello, 'utf16le')],
    ['JSON and a NUL', Buffer.from(`${hello}\0`)],
    ['two JSON objects', Buffer.from(hello + hello)],
  ] as const)('G12: a body of %s is 400', async ([_what, body], { server }) => {
    const answer = await post(server, new Uint8Array(body), { accept: 'application/graphql-response+json' });
    expect(answer.status).toBe(400);
  });

  const levels = 45_000;
  const deepList = `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const deepObject = `${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`;
  test.for([
    ['a list', deepList],
    ['an object', deepObject],
    ['a query of lists', `{"query":${deepList}}`],
    ['variables of lists', `{"query":"{ hello }","variables":{"a":${deepList}}}`],
    ['variables of objects', `{"query":"query ($input: RefreshInput) { hello }","variables":{"input":${deepObject}}}`],
    ['extensions of objects', `{"query":"{ hello }","extensions":${deepObject}}`],
  ] as const)('G08: the deepest JSON that fits into a body, as %s, is never 500', async ([_what, body], { server }) => {
    for (const path of ['/graphql', '/token']) {
      const response = await post(server, body, {}, path);
      expect(response.status).toBeLessThan(500);
      await response.text();
    }
    await helloStillWorks(server);
  });

  test('G11: reserved names in a request change no other object', async ({ server }) => {
    const reserved =
      '"__proto__":{"polluted":1,"toString":1},"constructor":{"prototype":{"polluted":1}},"hasOwnProperty":1,"toJSON":1,"then":1';
    const mutation = 'mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }';
    for (const body of [
      `{"query":"{ hello }","variables":{${reserved}}}`,
      `{"query":"{ hello }","extensions":{${reserved}}}`,
      `{"query":"{ hello }",${reserved}}`,
      `{"query":"${mutation}","variables":{"input":{"email":"a@example.com","password":"x",${reserved}}}}`,
      `{"query":"${mutation}","variables":{"__proto__":{"input":{"email":"a@example.com","password":"x"}}}}`,
    ]) {
      for (const path of ['/graphql', '/token']) {
        expect((await post(server, body, {}, path)).status).toBeLessThan(500);
      }
    }
    const form = 'grant_type=password&__proto__[polluted]=1&constructor[prototype][polluted]=1&__proto__=1&toString=1';
    const token = await post(server, form, { 'content-type': 'application/x-www-form-urlencoded' }, '/token');
    expect(token.status).toBe(400);
    // The server runs in this process: its objects have the prototypes that these have.
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(String({})).toBe('[object Object]');
    await helloStillWorks(server);
  });
});
