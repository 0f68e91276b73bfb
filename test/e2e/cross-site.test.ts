import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJar, ownOrigin } from '../support/cookie-jar.ts';
import { goodPassword, newEmail, startServer, type TestServer } from '../support/server.ts';

const listed = 'http://localhost:5173';
const refused = 'FORBIDDEN ORIGIN';

let server: TestServer;
let jar: ReturnType<typeof createJar>;
const email = newEmail();
const account = { email, password: goodPassword, delivery: 'COOKIE' };
beforeAll(async () => {
  server = await startServer({ CORS_ORIGINS: listed });
  jar = createJar(server);
  await jar.gql('mutation ($input: SignupInput!) { signup(input: $input) { expiresIn } }', {
    variables: { input: account },
  });
});
afterAll(() => server.stop());

/** Pages, by what browsers say of them; null leaves a header out. */
const pages: readonly (readonly [string, Readonly<Record<string, string>>, boolean])[] = [
  ['a page of the server', { origin: ownOrigin }, true],
  ['a page of a listed origin', { origin: listed, 'sec-fetch-site': 'same-site' }, true],
  ['a page of a stranger', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, false],
  ['a page of a neighbour', { origin: 'http://localhost:5174', 'sec-fetch-site': 'same-site' }, false],
  ['a page without an origin', { origin: 'null' }, false],
  ['a page over another scheme', { origin: 'https://localhost:4000' }, false],
  ['a page that says it is the host', { origin: 'http://evil.example', host: 'evil.example' }, false],
  ['two origins', { origin: `${listed}, https://evil.example` }, false],
];

/** As a browser sends it, without the Origin that the jar of the server's own pages adds. */
const post = async (body: object, headers: Readonly<Record<string, string>>, path = '/graphql') => {
  const response = await server.fetch(path, {
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

describe('G02: cookies are used for', () => {
  it.each(pages)('%s %j: %j', async (_page, headers, isWelcome) => {
    for (const path of ['/graphql', '/graphql?way=the-other']) {
      const { response, data, code } = await post({ query: '{ me { email } }' }, headers, path);
      expect([response.status, data?.me.email, code]).toEqual(
        isWelcome ? [200, email, null] : [403, undefined, refused],
      );
    }
  });

  it.each(pages)('optional fields, never quietly anonymous: %s %j: %j', async (_page, headers, isWelcome) => {
    const { data, code } = await post({ query: '{ viewer { kind } }' }, headers);
    expect([data?.viewer.kind, code]).toEqual(isWelcome ? ['COOKIE', null] : [undefined, refused]);
  });

  it.each(pages)('mutations of sessions: %s %j: %j', async (_page, headers, isWelcome) => {
    const input = { email: 'nobody@example.com', password: 'x', delivery: 'COOKIE' };
    const login = 'mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }';
    const { code, response } = await post({ query: login, variables: { input } }, headers);
    expect([code, response.headers.getSetCookie()]).toEqual([isWelcome ? 'INVALID_CREDENTIALS' : refused, []]);
    if (isWelcome) return;
    for (const query of [
      'mutation { refresh { expiresIn } }',
      'mutation { logout { endedSessions } }',
      'mutation { logout(input: { scope: ALL }) { endedSessions } }',
    ]) {
      const forged = await post({ query }, headers);
      expect([forged.code, forged.response.headers.getSetCookie()]).toEqual([refused, []]);
    }
    expect((await jar.gql('{ me { email } }')).data.me).toEqual({ email });
  });

  it.each(pages)('public fields go on for %s %j', async (_page, headers) => {
    expect((await post({ query: '{ hello }' }, headers)).code).toBeNull();
  });

  it('L02: each of a stranger’s tries is written down', async () => {
    const before = server.logLines().length;
    for (const query of [
      '{ me { email } }',
      'mutation { refresh { expiresIn } }',
      'mutation { logout { endedSessions } }',
    ]) {
      await post({ query }, { origin: 'https://evil.example' });
    }
    const events = server
      .logLines()
      .slice(before)
      .filter(({ event }) => event === 'access.refused');
    expect(events.map(({ reason }) => reason)).toEqual(['ORIGIN', 'ORIGIN', 'ORIGIN']);
  });

  it('login CSRF: nobody is signed up or in by a stranger’s page, not even with the right password', async () => {
    const headers = { origin: 'https://evil.example', cookie: '' };
    const login = 'mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }';
    expect((await post({ query: login, variables: { input: account } }, headers)).code).toBe(refused);
    const signup = 'mutation ($input: SignupInput!) { signup(input: $input) { expiresIn } }';
    const input = { ...account, email: newEmail() };
    expect((await post({ query: signup, variables: { input } }, headers)).code).toBe(refused);
    expect((await post({ query: signup, variables: { input } }, { origin: ownOrigin })).code).toBeNull();
  });

  it('programs, which send JSON and say nothing of pages', async () => {
    expect((await post({ query: '{ me { email } }' }, {})).data.me).toEqual({ email });
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']) {
      expect((await post({ query: '{ me { email } }' }, { 'content-type': type })).response.status).toBe(415);
    }
  });
});

describe('G02: by GET, which browsers send without an Origin,', () => {
  const get = (headers: Readonly<Record<string, string>>, query = '{ me { email } }') =>
    server.fetch(`/graphql?query=${encodeURIComponent(query)}`, { headers: { cookie: jar.header(), ...headers } });

  it.each([
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{ origin: listed, 'sec-fetch-site': 'same-site' }, 200],
    [{ 'content-type': 'application/json' }, 200],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 403],
    [{ origin: 'null', 'sec-fetch-site': 'none' }, 403],
    [{}, 403],
  ])('%j is %i', async (headers, status) => {
    const accept = 'application/graphql-response+json';
    expect((await get({ accept, ...headers })).status).toBe(status);
  });

  it('G03: no mutation runs', async () => {
    const response = await get({ origin: ownOrigin }, 'mutation { logout { endedSessions } }');
    expect(response.status).toBe(405);
    expect((await jar.gql('{ me { email } }')).codes).toEqual([]);
  });
});

describe('CORS for pages that send cookies', () => {
  it('G04: a listed origin reads the answer with credentials, which varies with the cookie', async () => {
    const { response } = await post({ query: '{ me { email } }' }, { origin: listed });
    expect(response.headers.get('access-control-allow-origin')).toBe(listed);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
    expect(response.headers.get('vary')).toBe('Origin, Accept, Authorization, Cookie');
  });

  it.each(['null', 'http://localhost:5174', 'https://evil.example'])('G04: %s reads nothing', async (origin) => {
    for (const query of ['{ me { email } }', '{ hello }']) {
      const { response } = await post({ query }, { origin });
      const names = [...response.headers.keys()].filter((name) => name.startsWith('access-control'));
      expect([names, response.headers.get('vary')]).toEqual([[], expect.stringContaining('Origin')]);
    }
  });

  it.each([
    'content-type',
    'authorization',
    'x-api-key',
    'apollographql-client-name',
    'apollo-require-preflight',
    'traceparent',
  ])('G04: a listed origin may send %s', async (header) => {
    const response = await server.fetch('/graphql', {
      method: 'OPTIONS',
      headers: { origin: listed, 'access-control-request-method': 'POST', 'access-control-request-headers': header },
    });
    const allowed = (response.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(', ');
    expect(allowed).toContain(header);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  });
});
