import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Grant, signup, startServer, type TestServer } from '../support/server.ts';

const key = 'tests only: 32 bytes and more, never used by a server that runs';
const json = { 'content-type': 'application/json' };
const hello = JSON.stringify({ query: '{ hello }' });

let server: TestServer;
let production: TestServer;
let grant: Grant;
beforeAll(async () => {
  server = await startServer({ CORS_ORIGINS: 'https://app.example.com,https://other.example.com' });
  production = await startServer({ NODE_ENV: 'production', JWT_ALGORITHM: 'HS256', JWT_SECRET: key });
  grant = await signup(server);
});
afterAll(() => Promise.all([server.stop(), production.stop()]));

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json, path = '/graphql') =>
  server.fetch(path, { method: 'POST', body, headers });

/** What the server says to bytes of the test's own. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });

const codeOf = async (response: Response): Promise<string> => (await response.json()).errors[0].extensions.code;

describe('the request', () => {
  it('G03: a mutation by GET is refused with 405 and does not run', async () => {
    const query = encodeURIComponent('mutation { logout { endedSessions } }');
    const response = await server.fetch(`/graphql?query=${query}`, {
      headers: { authorization: `Bearer ${grant.accessToken}` },
    });
    expect(response.status).toBe(405);
    expect((await server.gql('{ me { id } }', { token: grant.accessToken })).codes).toEqual([]);
  });

  it('a query by GET is answered, as urql sends them, and never kept', async () => {
    const response = await server.fetch(`/graphql?query=${encodeURIComponent('{ me { id } }')}`, {
      headers: { authorization: `Bearer ${grant.accessToken}` },
    });
    expect((await response.json()).data.me.id).toBe(grant.user.id);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it.each(['PUT', 'DELETE', 'PATCH'])('G03: %s is 405 and says what is allowed', async (method) => {
    const response = await server.fetch('/graphql', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, OPTIONS']);
  });

  it('G03: TRACE, which a fetch request cannot be, is 405 too', async () => {
    const answer = await raw('TRACE /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 405 /);
    expect(answer).toMatch(/^allow: GET, POST, OPTIONS\r$/im);
  });

  it.each(['/./health', '/x/../health', '/x/%2e%2e/health', '/x\\..\\health'])(
    'S20: a path has one spelling, and %j is not another one',
    async (path) => {
      expect(await raw(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /);
    },
  );

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', ''])(
    'G02: a POST as %j does not run: any page could send it unasked',
    async (type) => {
      const response = await post('query={hello}', { 'content-type': type });
      expect([response.status, await codeOf(response)]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    },
  );

  it('G07: a body over 100 KiB is 413, announced or not, and one of just that is read', async () => {
    const padded = (bytes: number) => hello.slice(0, -1).padEnd(bytes - 1, ' ') + hello.slice(-1);
    expect((await post(padded(100 * 1024))).status).toBe(200);
    const announced = await post(padded(100 * 1024 + 1));
    expect([announced.status, await codeOf(announced)]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    const chunk = 'x'.repeat(60_000);
    const chunks = `ea60\r\n${chunk}\r\n`.repeat(2);
    expect(
      await raw(
        `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
      ),
    ).toMatch(/^HTTP\/1.1 413 /);
  });

  it('G07: a compressed body and another charset are 415', async () => {
    expect((await post(new Uint8Array(gzipSync(hello)), { ...json, 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await post(hello, { 'content-type': 'application/json; charset=utf-16' })).status).toBe(415);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['a list', '[]'],
    ['a number', '1'],
    ['variables that are text', JSON.stringify({ query: '{ hello }', variables: 'x' })],
    ['an operation name that is a list', JSON.stringify({ query: '{ hello }', operationName: [] })],
    ['extensions that are text', JSON.stringify({ query: '{ hello }', extensions: 'x' })],
    ['reserved names', '{"query":"{ hello }","__proto__":{"x":1},"constructor":1}'],
  ])('G12: %s is 400 at most, never 500', async (_what, body) => {
    const response = await post(body);
    expect(response.status).toBeLessThan(401);
    expect((await server.gql('{ hello }')).data.hello).toEqual(expect.any(String));
  });

  it.each([600, 10_000])('G08: a query %i levels deep is refused, and the server lives', async (levels) => {
    for (const query of [
      `{ ${'me { '.repeat(levels)} id ${'} '.repeat(levels)} }`,
      `{ user(id: ${'['.repeat(levels)}${']'.repeat(levels)}) { id } }`,
    ]) {
      const response = await post(JSON.stringify({ query }), { ...json, accept: 'application/graphql-response+json' });
      expect(response.status).toBe(400);
    }
    expect((await server.gql('{ hello }')).data.hello).toEqual(expect.any(String));
  });

  it('G11: reserved names as aliases, arguments and variables do no harm', async () => {
    const answer = await server.gql(
      'query ($__proto__: ID! = "x") { constructor: hello hasOwnProperty: user(id: $__proto__) { id } }',
      {
        token: grant.accessToken,
      },
    );
    expect(answer.data).toMatchObject({ hasOwnProperty: null });
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each(['/graphql/', '/GRAPHQL', '/graphqlx', '/%67raphql', '/x?y=/health', '/.env'])(
    '%s is nothing',
    async (path) => {
      expect((await server.fetch(path)).status).toBe(404);
    },
  );

  it('what is acceptable to nobody is 406 before anything runs', async () => {
    const response = await post(JSON.stringify({ query: 'mutation { logout { endedSessions } }' }), {
      ...json,
      accept: 'image/png',
      authorization: `Bearer ${grant.accessToken}`,
    });
    expect(response.status).toBe(406);
    expect((await server.gql('{ me { id } }', { token: grant.accessToken })).codes).toEqual([]);
  });
});

describe('credentials', () => {
  const ask = (headers: Record<string, string>, path = '/graphql') =>
    post(JSON.stringify({ query: '{ me { id } }' }), { ...json, ...headers }, path);
  const reasonOf = async (response: Response) => (await response.json()).errors?.[0].extensions.reason;

  it('T31: the scheme is read in any case, and an empty header is no credential', async () => {
    expect((await (await ask({ authorization: `bEARER ${grant.accessToken}` })).json()).data.me.id).toBe(grant.user.id);
    for (const authorization of ['', 'Negotiate x'])
      expect(await reasonOf(await ask({ authorization }))).toBe('TOKEN_MISSING');
  });

  it('T31: a token that is none, unsigned, cut or changed is TOKEN_INVALID', async () => {
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
      const response = await ask({ authorization: `Bearer ${token}` });
      expect([response.status, await reasonOf(response)], token).toEqual([401, 'TOKEN_INVALID']);
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Bearer realm="graphql", error="invalid_token", resource_metadata=/,
      );
    }
  });

  it('T31, Z14: two Authorization headers are 400, whoever they are for', async () => {
    const body = JSON.stringify({ query: '{ me { id } }' });
    const line = `Authorization: Bearer ${grant.accessToken}\r\n`;
    const answer = await raw(
      `POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n${line}${line}Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('AMBIGUOUS_CREDENTIALS');
  });

  it('T30, Z13: a token in the URL, headers that name a user and extensions say nothing', async () => {
    const headers = { 'x-user-id': grant.user.id, 'x-hasura-role': 'ADMIN', 'x-forwarded-user': grant.user.id };
    expect(await reasonOf(await ask(headers))).toBe('TOKEN_MISSING');
    const inUrl = await ask({}, `/graphql?access_token=${grant.accessToken}`);
    expect(inUrl.status).toBeGreaterThanOrEqual(400);
  });
});

describe('answers', () => {
  it('G13: name their type and charset, are not sniffed and do not say what made them', async () => {
    const { headers } = await post(hello);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect([headers.get('x-powered-by'), headers.get('server')]).toEqual([null, null]);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('G13: carry the same headers when the listener itself refuses', async () => {
    const own = { ...json, origin: 'https://app.example.com', 'x-request-id': 'mine' };
    const refused = [
      await post('x'.repeat(200_000), own),
      await post(hello, { ...own, 'content-encoding': 'gzip' }),
      await post(hello, own, '//graphql'),
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

  it('L04: a request id is taken over if it is one, and made otherwise', async () => {
    const idOf = async (given: string) =>
      (await post(hello, { ...json, 'x-request-id': given })).headers.get('x-request-id');
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

  it.each([
    'https://evil.example',
    'null',
    'https://app.example.com.evil.example',
    'http://app.example.com',
    'https://app.example.com:444',
  ])('G04: %s gets no CORS header at all', async (origin) => {
    expect(corsOf(await post(hello, { ...json, origin }))).toEqual([null, null]);
    expect(corsOf(await server.fetch('/graphql', { method: 'OPTIONS', headers: { origin } }))).toEqual([null, null]);
  });

  it('G04: a listed origin is named exactly, and the answer varies with it', async () => {
    const origin = 'https://other.example.com';
    const response = await post(hello, { ...json, origin });
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

describe('production', () => {
  it.each([
    '{ __schema { types { name } } }',
    '{ ...F } fragment F on Query { __schema { types { name } } }',
    '{ ... on Query { x: __schema { types { name } } } }',
    'query A { hello } query B { __schema { types { name } } }',
  ])('G09, T35: %s tells nothing', async (query) => {
    const answer = await production.gql(query, query.startsWith('query A') ? { operationName: 'B' } : {});
    expect([answer.status, answer.data]).toEqual([400, undefined]);
  });

  it.each([
    '{ __type(name: "User") { fields { name } } }',
    '{ ... { x: __type(name: "User") { name } } }',
    '{ ...F } fragment F on Query { __type(name: "User") { name } }',
  ])('G09, T35: %s knows no type', async (query) => {
    const { data } = await production.gql(query);
    expect(Object.values(data)).toEqual([null]);
  });

  it('T35: a misspelt name is not corrected', async () => {
    const answer = await production.gql('{ helo usrs }');
    expect(answer.errors?.map(({ message }) => message).join()).not.toMatch(/hello|users|Did you mean/);
  });

  it('G09: there is no GraphiQL', async () => {
    const response = await production.fetch('/graphql', { headers: { accept: 'text/html' } });
    expect(response.headers.get('content-type') ?? '').not.toContain('html');
  });
});

describe('health', () => {
  it('tells of the process and of its stores', async () => {
    expect(await (await server.fetch('/health')).json()).toEqual({ status: 'ok' });
    expect(await (await server.fetch('/ready')).json()).toEqual({ ready: true, stores: { database: 'ok' } });
    expect((await server.fetch('/health', { method: 'HEAD' })).status).toBe(200);
  });
});
