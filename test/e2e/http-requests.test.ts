import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished } from 'vitest';
import { createFieldgate } from '../../src/boot/fieldgate.ts';
import { temporaryFolder } from '../support/process.ts';
import { head, json as jsonHeader, sendRaw } from '../support/raw-http.ts';
import { productionEnv, signup, type TestServer, testWithServer } from '../support/server.ts';

const json = { 'content-type': 'application/json' };
const hello = JSON.stringify({ query: '{ hello }' });

const test = testWithServer({ CORS_ORIGINS: 'https://app.example.com,https://other.example.com' }).extend(
  'grant',
  { scope: 'file' },
  ({ server }) => signup(server),
);
const production = testWithServer(productionEnv);

const post = (
  server: TestServer,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = json,
  path = '/graphql',
) => server.fetch(path, { method: 'POST', body, headers });

const codeOf = async (response: Response): Promise<string> => (await response.json()).errors[0].extensions.code;

describe('requests', () => {
  test('G03: a mutation by GET is refused with 405 and does not run', async ({ server, grant }) => {
    const query = encodeURIComponent('mutation { logout { endedSessions } }');
    const response = await server.fetch(`/graphql?query=${query}`, {
      headers: { authorization: `Bearer ${grant.accessToken}` },
    });
    expect(response.status).toBe(405);
    expect((await server.gql('{ me { id } }', { token: grant.accessToken })).codes).toEqual([]);
  });

  test('a query by GET is answered and never cached', async ({ server, grant }) => {
    const response = await server.fetch(`/graphql?query=${encodeURIComponent('{ me { id } }')}`, {
      headers: { authorization: `Bearer ${grant.accessToken}` },
    });
    expect((await response.json()).data.me.id).toBe(grant.user.id);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test.for(['PUT', 'DELETE', 'PATCH'])('G03: %s is 405 and names the allowed methods', async (method, { server }) => {
    const response = await server.fetch('/graphql', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, OPTIONS']);
  });

  test('G03: TRACE is 405 too', async ({ server }) => {
    const answer = await sendRaw(server.url, 'TRACE /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 405 /);
    expect(answer).toMatch(/^allow: GET, POST, OPTIONS\r$/im);
  });

  test.for(['/./health', '/x/../health', '/x/%2e%2e/health', '/x\\..\\health'])(
    'S20: a path has one spelling, and %j is refused',
    async (path, { server }) => {
      expect(await sendRaw(server.url, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1.1 400 /,
      );
    },
  );

  test.for(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', ''])(
    'G02: a POST of the type %j does not run, since any page could send it',
    async (type, { server }) => {
      const response = await post(server, 'query={hello}', { 'content-type': type });
      expect([response.status, await codeOf(response)]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    },
  );

  test('G07: a body over 100 KiB is 413, announced or not, and one of exactly 100 KiB is read', async ({ server }) => {
    const padded = (bytes: number) => hello.slice(0, -1).padEnd(bytes - 1, ' ') + hello.slice(-1);
    expect((await post(server, padded(100 * 1024))).status).toBe(200);
    const announced = await post(server, padded(100 * 1024 + 1));
    expect([announced.status, await codeOf(announced)]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    const chunk = 'x'.repeat(60_000);
    const chunks = `ea60\r\n${chunk}\r\n`.repeat(2);
    expect(
      await sendRaw(
        server.url,
        `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
      ),
    ).toMatch(/^HTTP\/1.1 413 /);
  });

  test('G07: a compressed body or another charset is 415', async ({ server }) => {
    expect((await post(server, new Uint8Array(gzipSync(hello)), { ...json, 'content-encoding': 'gzip' })).status).toBe(
      415,
    );
    expect((await post(server, hello, { 'content-type': 'application/json; charset=utf-16' })).status).toBe(415);
  });

  test.for([
    ['broken JSON', '{'],
    ['nothing', ''],
    ['a list', '[]'],
    ['a number', '1'],
    ['variables that are text', JSON.stringify({ query: '{ hello }', variables: 'x' })],
    ['an operation name that is a list', JSON.stringify({ query: '{ hello }', operationName: [] })],
    ['extensions that are text', JSON.stringify({ query: '{ hello }', extensions: 'x' })],
    ['reserved names', '{"query":"{ hello }","__proto__":{"x":1},"constructor":1}'],
  ] as const)('G12: a body of %s is never 500', async ([_what, body], { server }) => {
    const response = await post(server, body);
    expect(response.status).toBeLessThan(401);
    expect((await server.gql('{ hello }')).data.hello).toEqual(expect.any(String));
  });

  test.for([600, 10_000])(
    'G08: a query %i levels deep is refused, and the server goes on',
    async (levels, { server }) => {
      for (const query of [
        `{ ${'me { '.repeat(levels)} id ${'} '.repeat(levels)} }`,
        `{ user(id: ${'['.repeat(levels)}${']'.repeat(levels)}) { id } }`,
      ]) {
        const response = await post(server, JSON.stringify({ query }), {
          ...json,
          accept: 'application/graphql-response+json',
        });
        expect(response.status).toBe(400);
      }
      expect((await server.gql('{ hello }')).data.hello).toEqual(expect.any(String));
    },
  );

  test('G11: reserved names as aliases, arguments and variables do no harm', async ({ server, grant }) => {
    const answer = await server.gql(
      'query ($__proto__: ID! = "x") { constructor: hello hasOwnProperty: user(id: $__proto__) { id } }',
      {
        token: grant.accessToken,
      },
    );
    expect(answer.data).toMatchObject({ hasOwnProperty: null });
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test.for(['/graphql/', '/GRAPHQL', '/graphqlx', '/%67raphql', '/x?y=/health', '/.env'])(
    '%s is 404',
    async (path, { server }) => {
      expect((await server.fetch(path)).status).toBe(404);
    },
  );

  test('a media type that the server cannot produce is 406 before anything runs', async ({ server, grant }) => {
    const response = await post(server, JSON.stringify({ query: 'mutation { logout { endedSessions } }' }), {
      ...json,
      accept: 'image/png',
      authorization: `Bearer ${grant.accessToken}`,
    });
    expect(response.status).toBe(406);
    expect((await server.gql('{ me { id } }', { token: grant.accessToken })).codes).toEqual([]);
  });
});

describe('credentials', () => {
  const ask = (server: TestServer, headers: Record<string, string>, path = '/graphql') =>
    post(server, JSON.stringify({ query: '{ me { id } }' }), { ...json, ...headers }, path);
  const reasonOf = async (response: Response) => (await response.json()).errors?.[0].extensions.reason;

  test('T31: the scheme is read in any case, and an empty header is no credential', async ({ server, grant }) => {
    expect((await (await ask(server, { authorization: `bEARER ${grant.accessToken}` })).json()).data.me.id).toBe(
      grant.user.id,
    );
    for (const authorization of ['', 'Negotiate x'])
      expect(await reasonOf(await ask(server, { authorization }))).toBe('TOKEN_MISSING');
  });

  test('T31: a malformed, unsigned, cut or changed token is TOKEN_INVALID', async ({ server, grant }) => {
    const [header = '', payload = '', signature = ''] = grant.accessToken.split('.');
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    const tokens = [
      `${none}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature}A`,
      `${payload}.${header}.${signature}`,
      grant.refreshToken,
      'null',
      '..',
    ];
    for (const token of ['', ...tokens]) {
      const response = await ask(server, { authorization: `Bearer ${token}` });
      expect([response.status, await reasonOf(response)], token).toEqual([401, 'TOKEN_INVALID']);
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Bearer realm="graphql", error="invalid_token", resource_metadata=/,
      );
    }
  });

  test('T31, Z14: two Authorization headers are 400, even with the same token', async ({ server, grant }) => {
    const body = JSON.stringify({ query: '{ me { id } }' });
    const line = `Authorization: Bearer ${grant.accessToken}\r\n`;
    const answer = await sendRaw(
      server.url,
      `POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n${line}${line}Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('AMBIGUOUS_CREDENTIALS');
  });

  test('T30, Z13: a token in the URL and headers that name a user sign nobody in', async ({ server, grant }) => {
    const headers = { 'x-user-id': grant.user.id, 'x-hasura-role': 'ADMIN', 'x-forwarded-user': grant.user.id };
    expect(await reasonOf(await ask(server, headers))).toBe('TOKEN_MISSING');
    const inUrl = await ask(server, {}, `/graphql?access_token=${grant.accessToken}`);
    expect(inUrl.status).toBeGreaterThanOrEqual(400);
  });
});

describe('a server of your own', () => {
  test('T31, Z14: headers that came twice are not read as the first of them, although node:http would', async () => {
    const fieldgate = await createFieldgate({ env: { DATA_DIR: temporaryFolder(), LOG_LEVEL: 'silent' } });
    const own = createServer(fieldgate.listener).listen(0, '127.0.0.1');
    onTestFinished(async () => {
      own.closeAllConnections();
      own.close();
      await fieldgate.close();
    });
    await once(own, 'listening');
    const url = `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
    const ask = (headers: readonly string[], body = '{"query":"{ viewer { kind } }"}') =>
      sendRaw(url, `${head([...headers, `Content-Length: ${body.length}`, 'Connection: close'])}${body}`);
    const host = 'Host: localhost';
    expect(await ask([host, jsonHeader, 'Authorization: Bearer a', 'Authorization: Bearer b'])).toContain(
      'AMBIGUOUS_CREDENTIALS',
    );
    expect(await ask([host, 'Host: example.com', jsonHeader])).toMatch(/^HTTP\/1\.1 400 /);
    expect(await ask([host, jsonHeader, 'Content-Type: text/plain'])).toMatch(/^HTTP\/1\.1 415 /);
    expect(await ask([host, jsonHeader])).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('response headers', () => {
  test('G13: a response names its type and charset, forbids sniffing and does not name the software', async ({
    server,
  }) => {
    const { headers } = await post(server, hello);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect([headers.get('x-powered-by'), headers.get('server')]).toEqual([null, null]);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('G13: a response from the listener itself carries the same headers', async ({ server }) => {
    const own = { ...json, origin: 'https://app.example.com', 'x-request-id': 'mine' };
    const refused = [
      await post(server, 'x'.repeat(200_000), own),
      await post(server, hello, { ...own, 'content-encoding': 'gzip' }),
      await post(server, hello, own, '//graphql'),
    ];
    expect(refused.map(({ status }) => status)).toEqual([413, 415, 400]);
    for (const { headers } of refused) {
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-request-id': 'mine',
        'access-control-allow-origin': 'https://app.example.com',
      });
    }
  });

  test('L04: a valid request id is kept, and any other is replaced', async ({ server }) => {
    const idOf = async (given: string) =>
      (await post(server, hello, { ...json, 'x-request-id': given })).headers.get('x-request-id');
    expect(await idOf('trace-42')).toBe('trace-42');
    expect(await idOf('a b"{}')).not.toBe('a b"{}');
    expect(await idOf('x'.repeat(100))).not.toBe('x'.repeat(100));
  });
});

describe('CORS', () => {
  const corsOf = (response: Response) => [
    response.headers.get('access-control-allow-origin'),
    response.headers.get('access-control-allow-credentials'),
  ];

  test.for([
    'https://evil.example',
    'null',
    'https://app.example.com.evil.example',
    'http://app.example.com',
    'https://app.example.com:444',
  ])('G04: %s gets no CORS header at all', async (origin, { server }) => {
    expect(corsOf(await post(server, hello, { ...json, origin }))).toEqual([null, null]);
    expect(corsOf(await server.fetch('/graphql', { method: 'OPTIONS', headers: { origin } }))).toEqual([null, null]);
  });

  test('G04: a listed origin is named exactly, and the response varies with it', async ({ server }) => {
    const origin = 'https://other.example.com';
    const response = await post(server, hello, { ...json, origin });
    expect(corsOf(response)).toEqual([origin, 'true']);
    expect(response.headers.get('vary')).toContain('Origin');
    const preflight = await server.fetch('/graphql', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      expect.stringContaining('Authorization'),
    ]);
  });
});

describe('in production', () => {
  production.for([
    '{ __schema { types { name } } }',
    '{ ...F } fragment F on Query { __schema { types { name } } }',
    '{ ... on Query { x: __schema { types { name } } } }',
    'query A { hello } query B { __schema { types { name } } }',
  ])('G09, T35: %s shows no schema', async (query, { server }) => {
    const answer = await server.gql(query, query.startsWith('query A') ? { operationName: 'B' } : {});
    expect([answer.status, answer.data]).toEqual([400, undefined]);
  });

  production.for([
    '{ __type(name: "User") { fields { name } } }',
    '{ ... { x: __type(name: "User") { name } } }',
    '{ ...F } fragment F on Query { __type(name: "User") { name } }',
  ])('G09, T35: %s finds no type', async (query, { server }) => {
    const { data } = await server.gql(query);
    expect(Object.values(data)).toEqual([null]);
  });

  production('T35: a misspelt name gets no suggestion', async ({ server }) => {
    const answer = await server.gql('{ helo usrs }');
    expect(answer.errors?.map(({ message }) => message).join()).not.toMatch(/hello|users|Did you mean/);
  });

  production('G09: GraphiQL is not served', async ({ server }) => {
    const response = await server.fetch('/graphql', { headers: { accept: 'text/html' } });
    expect(response.headers.get('content-type') ?? '').not.toContain('html');
  });
});

describe('health', () => {
  test('/health reports the process, and /ready its stores', async ({ server }) => {
    expect(await (await server.fetch('/health')).json()).toEqual({ status: 'ok' });
    expect(await (await server.fetch('/ready')).json()).toEqual({ ready: true, stores: { database: 'ok' } });
    expect((await server.fetch('/health', { method: 'HEAD' })).status).toBe(200);
  });
});
