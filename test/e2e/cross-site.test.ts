import { describe, expect } from 'vitest';
import { createJar, type Jar, ownOrigin } from '../support/cookie-jar.ts';
import { goodPassword, newEmail, type TestServer, testWithServer } from '../support/server.ts';

const listed = 'http://localhost:5173';
const refused = 'FORBIDDEN ORIGIN';

const test = testWithServer({ CORS_ORIGINS: listed }).extend('jar', { scope: 'file' }, async ({ server }) => {
  const jar = createJar(server);
  await jar.gql('mutation ($input: SignupInput!) { signup(input: $input) { expiresIn } }', {
    variables: { input: account },
  });
  return jar;
});
const email = newEmail();
const account = { email, password: goodPassword, delivery: 'COOKIE' };

/** Pages, by what browsers say of them; null leaves a header out. */
const pages: readonly (readonly [string, Readonly<Record<string, string>>, boolean])[] = [
  ['a page of the server', { origin: ownOrigin }, true],
  ['a page of a listed origin', { origin: listed, 'sec-fetch-site': 'same-site' }, true],
  ['a page of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, false],
  [
    'a page of another origin of the same site',
    { origin: 'http://localhost:5174', 'sec-fetch-site': 'same-site' },
    false,
  ],
  ['a page without an origin', { origin: 'null' }, false],
  ['a page over another scheme', { origin: 'https://localhost:4000' }, false],
  ['a page that claims to be the host', { origin: 'http://evil.example', host: 'evil.example' }, false],
  ['two origins', { origin: `${listed}, https://evil.example` }, false],
];

/** As a browser sends it, without the Origin that the jar of the server's own pages adds. */
const post = async (server: TestServer, jar: Jar, body: object, headers: Readonly<Record<string, string>>) => {
  const response = await server.fetch('/graphql', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', cookie: jar.header(), ...headers },
  });
  const { data, errors } = await response.json();
  const code = errors?.map(({ extensions }: { extensions: Record<string, string> }) =>
    [extensions['code'], extensions['reason']].filter(Boolean).join(' '),
  );
  return { response, data, code: code?.[0] ?? null };
};

describe('cookies by the origin of the page', () => {
  test.for(pages)('G02: a guarded field for %s %j: %j', async ([_page, headers, isAllowed], { server, jar }) => {
    const { response, data, code } = await post(server, jar, { query: '{ me { email } }' }, headers);
    expect([response.status, data?.me.email, code]).toEqual(isAllowed ? [200, email, null] : [403, undefined, refused]);
  });

  test.for(pages)(
    'G02: an optional field, never silently anonymous, for %s %j: %j',
    async ([_page, headers, isAllowed], { server, jar }) => {
      const { data, code } = await post(server, jar, { query: '{ viewer { kind } }' }, headers);
      expect([data?.viewer.kind, code]).toEqual(isAllowed ? ['COOKIE', null] : [undefined, refused]);
    },
  );

  test.for(pages)('G02: a mutation of sessions for %s %j: %j', async ([_page, headers, isAllowed], { server, jar }) => {
    const input = { email: 'nobody@example.com', password: 'x', delivery: 'COOKIE' };
    const login = 'mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }';
    const { code, response } = await post(server, jar, { query: login, variables: { input } }, headers);
    expect([code, response.headers.getSetCookie()]).toEqual([isAllowed ? 'INVALID_CREDENTIALS' : refused, []]);
    if (isAllowed) return;
    for (const query of [
      'mutation { refresh { expiresIn } }',
      'mutation { logout { endedSessions } }',
      'mutation { logout(input: { scope: ALL }) { endedSessions } }',
    ]) {
      const forged = await post(server, jar, { query }, headers);
      expect([forged.code, forged.response.headers.getSetCookie()]).toEqual([refused, []]);
    }
    expect((await jar.gql('{ me { email } }')).data.me).toEqual({ email });
  });

  test.for(pages)('G02: a public field is answered for %s %j', async ([_page, headers], { server, jar }) => {
    expect((await post(server, jar, { query: '{ hello }' }, headers)).code).toBeNull();
  });

  test('L02: each attempt of a page of another site is an event', async ({ server, jar }) => {
    const before = server.logLines().length;
    for (const query of [
      '{ me { email } }',
      'mutation { refresh { expiresIn } }',
      'mutation { logout { endedSessions } }',
    ]) {
      await post(server, jar, { query }, { origin: 'https://evil.example' });
    }
    const events = server
      .logLines()
      .slice(before)
      .filter(({ event }) => event === 'access.refused');
    expect(events.map(({ reason }) => reason)).toEqual(['ORIGIN', 'ORIGIN', 'ORIGIN']);
  });

  test('G02: a page of another site cannot sign its visitor up or in, even with the right password (login CSRF)', async ({
    server,
    jar,
  }) => {
    const headers = { origin: 'https://evil.example', cookie: '' };
    const login = 'mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }';
    expect((await post(server, jar, { query: login, variables: { input: account } }, headers)).code).toBe(refused);
    const signup = 'mutation ($input: SignupInput!) { signup(input: $input) { expiresIn } }';
    const input = { ...account, email: newEmail() };
    expect((await post(server, jar, { query: signup, variables: { input } }, headers)).code).toBe(refused);
    expect((await post(server, jar, { query: signup, variables: { input } }, { origin: ownOrigin })).code).toBeNull();
  });

  test('G02: programs that send JSON without an Origin may use the cookie', async ({ server, jar }) => {
    expect((await post(server, jar, { query: '{ me { email } }' }, {})).data.me).toEqual({ email });
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']) {
      expect((await post(server, jar, { query: '{ me { email } }' }, { 'content-type': type })).response.status).toBe(
        415,
      );
    }
  });
});

describe('cookies by GET, which browsers send without an Origin', () => {
  const get = (server: TestServer, jar: Jar, headers: Readonly<Record<string, string>>, query = '{ me { email } }') =>
    server.fetch(`/graphql?query=${encodeURIComponent(query)}`, { headers: { cookie: jar.header(), ...headers } });

  test.for([
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{ origin: listed, 'sec-fetch-site': 'same-site' }, 200],
    [{ 'content-type': 'application/json' }, 200],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 403],
    [{ origin: 'null', 'sec-fetch-site': 'none' }, 403],
    [{}, 403],
  ] as const)('G02: a GET with %j is %i', async ([headers, status], { server, jar }) => {
    const accept = 'application/graphql-response+json';
    expect((await get(server, jar, { accept, ...headers })).status).toBe(status);
  });

  test('G03: a GET runs no mutation', async ({ server, jar }) => {
    const response = await get(server, jar, { origin: ownOrigin }, 'mutation { logout { endedSessions } }');
    expect(response.status).toBe(405);
    expect((await jar.gql('{ me { email } }')).codes).toEqual([]);
  });
});

describe('CORS for pages that send cookies', () => {
  test('G04: a listed origin reads the response with credentials, and the response varies with the cookie', async ({
    server,
    jar,
  }) => {
    const { response } = await post(server, jar, { query: '{ me { email } }' }, { origin: listed });
    expect(response.headers.get('access-control-allow-origin')).toBe(listed);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
    expect(response.headers.get('vary')).toBe('Origin, Accept, Authorization, Cookie');
  });

  test.for(['null', 'http://localhost:5174', 'https://evil.example'])(
    'G04: %s reads nothing',
    async (origin, { server, jar }) => {
      for (const query of ['{ me { email } }', '{ hello }']) {
        const { response } = await post(server, jar, { query }, { origin });
        const names = [...response.headers.keys()].filter((name) => name.startsWith('access-control'));
        expect([names, response.headers.get('vary')]).toEqual([[], expect.stringContaining('Origin')]);
      }
    },
  );

  test.for([
    'content-type',
    'authorization',
    'x-api-key',
    'apollographql-client-name',
    'apollo-require-preflight',
    'traceparent',
  ])('G04: a listed origin may send %s', async (header, { server }) => {
    const response = await server.fetch('/graphql', {
      method: 'OPTIONS',
      headers: { origin: listed, 'access-control-request-method': 'POST', 'access-control-request-headers': header },
    });
    const allowed = (response.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(', ');
    expect(allowed).toContain(header);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  });
});
