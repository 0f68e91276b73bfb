import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, type ServerProcess, send, startProcess, whenListening } from '../support/process.ts';
import { adminEnv, goodPassword } from '../support/server.ts';

/** Two ways lead through the server. A query string keeps a request off the straight one. */
const straight = '/graphql';
const throughYoga = '/graphql?way=the-other';

const key = 'tests only: 32 bytes and more, never used by a server that runs';

const accepts = [
  undefined,
  '*/*',
  'application/json',
  'application/graphql-response+json',
  'application/graphql-response+json, application/json;q=0.9',
  'application/json, application/graphql-response+json',
  'text/html, */*;q=0.8',
  'application/json-patch+json, */*',
  'application/json; charset=iso-8859-1, application/graphql-response+json',
  'text/event-stream',
  'image/png',
];

const signupInput = { email: 'nobody', password: 'short' };

const pages = (count: number, size: string): string =>
  `{ ${Array.from({ length: count }, (_, i) => `p${i}: users(first: ${size}) { edges { cursor node { id } } }`).join(' ')} }`;
const misspelt = 'mutation ($s: LogoutScope!) { logout(input: { scope: $s }) { endedSessions } }';

const deadRefresh = 'refresh(input: { refreshToken: "fgr_x" }) { expiresIn }';

const bodies: readonly (readonly [string, unknown])[] = [
  ['a public query', { query: '{ hello }' }],
  ['a guarded query', { query: '{ me { id name email role createdAt } }' }],
  ['both', { query: '{ hello me { id } }' }],
  ['an optional field', { query: '{ viewer { kind role scopes user { id } } }' }],
  [
    'what needs a role',
    { query: '{ users(first: 1) { edges { node { id email disabledAt } } pageInfo { hasNextPage } } }' },
  ],
  ['a mixture of roles', { query: '{ me { id disabledAt } users { edges { cursor } } }' }],
  ['API keys', { query: '{ apiKeys { id name scopes lastUsedAt } me { email } }' }],
  ['security events', { query: '{ securityEvents(first: 0) { edges { cursor } } me { id } }' }],
  [
    'all events',
    {
      query: 'query ($f: AuthEventFilter) { authEvents(filter: $f) { edges { node { id } } } }',
      variables: { f: { types: ['user.signed_up'], until: '2020-01-01T00:00:00Z' } },
    },
  ],
  ['a time that is none', { query: '{ authEvents(filter: { since: "now" }) { edges { cursor } } }' }],
  ['a new API key', { query: 'mutation { createApiKey(input: { name: "x", scopes: ["none"] }) { secret } }' }],
  ['sessions', { query: '{ sessions { current userAgent ip } }' }],
  ['aliases', { query: '{ a: me { b: id } hello: viewer { kind } me: hello }' }],
  ['reserved aliases', { query: '{ constructor: hello hasOwnProperty: hello }' }],
  [
    'fragments',
    {
      query:
        'query { ...A ... on Query { hello } } fragment A on Query { me { ...B } } fragment B on User { email id }',
    },
  ],
  ['__typename', { query: '{ __typename me { __typename id } }' }],
  ['introspection', { query: '{ __schema { queryType { name } } }' }],
  ['__type', { query: '{ __type(name: "User") { name } hello }' }],
  ['@include of a literal', { query: '{ hello me @include(if: false) { id } }' }],
  ['@skip of a variable', { query: 'query ($s: Boolean!) { hello me @skip(if: $s) { id } }', variables: { s: true } }],
  ['@include of a default', { query: 'query ($i: Boolean = true) { hello me @include(if: $i) { id } }' }],
  ['a user', { query: 'query ($id: ID!) { user(id: $id) { id name email } }', variables: { id: 'SELF' } }],
  ['a user that is none', { query: 'query ($id: ID!) { user(id: $id) { id } }', variables: { id: 'x' } }],
  ['an id as a number', { query: 'query ($id: ID!) { user(id: $id) { id } }', variables: { id: 7 } }],
  ['a missing variable', { query: 'query ($id: ID!) { user(id: $id) { id } }' }],
  ['a variable of another type', { query: 'query ($id: ID!) { user(id: $id) { id } }', variables: { id: { a: 1 } } }],
  [
    'a page out of range',
    { query: 'query ($n: Int) { users(first: $n) { edges { cursor } } }', variables: { n: 1000 } },
  ],
  [
    'an integer too large',
    { query: 'query ($n: Int) { users(first: $n) { edges { cursor } } }', variables: { n: 2 ** 40 } },
  ],
  ['a null page size', { query: '{ users(first: null) { edges { cursor } } }' }],
  ['a bad cursor', { query: '{ users(after: "x") { edges { cursor } } }' }],
  ['a named operation', { query: 'query A { hello } query B { me { id } }', operationName: 'B' }],
  // Caches of documents have taken such a text for the one above, and ran it past the guard.
  ['a name before two operations', { query: 'B\nquery A { hello } query B { me { id } }' }],
  ['the name of the only operation', { query: 'query A { me { id } }', operationName: 'A' }],
  ['an empty name', { query: 'query A { me { id } }', operationName: '' }],
  ['an operation that is not there', { query: 'query A { hello }', operationName: 'C' }],
  ['two operations and no name', { query: 'query A { hello } query B { hello }' }],
  ['no operation', { query: 'fragment A on Query { hello }' }],
  ['a syntax error', { query: '{ hello' }],
  ['an unknown field', { query: '{ helo }' }],
  ['an unknown argument', { query: '{ hello(a: 1) }' }],
  ['a leaf with a selection', { query: '{ hello { a } }' }],
  ['an empty query', { query: '' }],
  ['no query', { variables: {} }],
  ['a query that is a number', { query: 1 }],
  ['variables that are a list', { query: '{ hello }', variables: [] }],
  ['variables that are text', { query: '{ hello }', variables: '{}' }],
  ['null parameters', { query: '{ hello }', variables: null, operationName: null, extensions: null }],
  ['extensions', { query: '{ hello }', extensions: { jwt: { sub: 'admin' } } }],
  ['an unknown parameter', { query: '{ hello }', viewer: 'admin' }],
  ['a batch', [{ query: '{ hello }' }]],
  ['null', null],
  ['text', 'hello'],
  ['a subscription', { query: 'subscription { hello }' }],
  [
    'a mutation refused for its input',
    {
      query: 'mutation ($input: SignupInput!) { signup(input: $input) { expiresIn } }',
      variables: { input: signupInput },
    },
  ],
  [
    'an input object without a field',
    { query: 'mutation ($input: SignupInput!) { signup(input: $input) { expiresIn } }', variables: { input: {} } },
  ],
  [
    'an input object with a stranger',
    {
      query: 'mutation ($input: SignupInput!) { signup(input: $input) { expiresIn } }',
      variables: { input: { ...signupInput, role: 'ADMIN' } },
    },
  ],
  ['a dead refresh token', { query: 'mutation { refresh(input: { refreshToken: "fgr_x" }) { accessToken } }' }],
  ['a refresh by cookie', { query: 'mutation { refresh { expiresIn } }' }],
  [
    'delivery by cookie',
    {
      query: 'mutation ($input: SignupInput!) { signup(input: $input) { expiresIn } }',
      variables: { input: { ...signupInput, delivery: 'COOKIE' } },
    },
  ],
  ['a logout with an enum that is none', { query: 'mutation { logout(input: { scope: EVERY }) { endedSessions } }' }],
  ['a mutation for administrators', { query: 'mutation { setUserRole(input: { userId: "x", role: ADMIN }) { id } }' }],
  [
    'two mutations, one refused',
    {
      query:
        'mutation { a: refresh(input: { refreshToken: "x" }) { expiresIn } revokeUserSessions(userId: "x") { endedSessions } }',
    },
  ],
  ['a document too deep', { query: `{ ${'me { '.repeat(16)} id ${'} '.repeat(16)} }` }],
  [
    'a fragment called __schema that is too deep',
    {
      query: `{ __type(name: "User") { ${'ofType { '.repeat(12)} ...__schema ${'} '.repeat(12)} } } fragment __schema on __Type { ofType { ofType { ofType { name } } } }`,
    },
  ],
  ['too many aliases', { query: `{ me { ${Array.from({ length: 31 }, (_, i) => `a${i}: id`).join(' ')} } }` }],
  ['too many directives', { query: `{ me { ${'id @include(if: true) '.repeat(51)} } }` }],
  ['too many root fields', { query: `{ hello ${Array.from({ length: 20 }, (_, i) => `a${i}: hello`).join(' ')} }` }],
  ['too many tokens', { query: `{ me { ${'id '.repeat(2000)} } }` }],
  ['too many rows', { query: pages(13, '100') }],
  ['too many rows by a variable', { query: `query ($n: Int = 100) ${pages(13, '$n')}` }],
  ['few rows by a variable', { query: `query ($n: Int = 100) ${pages(13, '$n')}`, variables: { n: 1 } }],
  ['two credentials at once', { query: `mutation { a: ${deadRefresh} b: ${deadRefresh} }` }],
  ['a misspelt enum in a variable', { query: misspelt, variables: { s: 'OTHER' } }],
  [
    'a code of no provider',
    {
      query: 'mutation ($input: LoginWithCodeInput!) { loginWithCode(input: $input) { expiresIn } }',
      variables: { input: { code: 'x', codeVerifier: 'y' } },
    },
  ],
  [
    'a link by a code of no provider',
    { query: 'mutation { linkIdentity(input: { code: "x", codeVerifier: "y" }) { identity { id } } }' },
  ],
  ['an identity that is none', { query: 'mutation { unlinkIdentity(id: "x") { id } }' }],
  ['identities', { query: '{ identities { id provider email lastUsedAt } }' }],
  ['an account to unlock that is none', { query: 'mutation { unlockUser(id: "x") { id } }' }],
  ['a session that is none', { query: 'mutation { revokeSession(id: "x") { id } }' }],
];

type Grant = { readonly accessToken: string; readonly user: { readonly id: string } };
type Answer = { readonly status: number; readonly headers: Record<string, unknown>; readonly body: string };

/** What of a `Set-Cookie` line goes back. */
const pairOf = (line: string): string => line.split(';', 1)[0] ?? '';

const post = (url: string, path: string, body: string, headers: Record<string, string>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(
      `${url}${path}`,
      { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
      async (response) => {
        const { date, connection, 'keep-alive': _keepAlive, ...kept } = response.headers;
        resolve({ status: response.statusCode ?? 0, headers: kept, body: (await response.toArray()).join('') });
      },
    );
    sent.on('error', reject).end(body);
  });

describe.each([
  ['development', {}],
  ['production', { NODE_ENV: 'production', JWT_ALGORITHM: 'HS256', JWT_SECRET: key }],
  ['introspection by role', { INTROSPECTION: 'role' }],
])('both ways through the server, %s', (_environment, env) => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
  let server: ServerProcess;
  let grants: { user: Grant; admin: Grant; dead: Grant };
  let apiKey: string;
  beforeAll(async () => {
    const port = String(await freePort());
    const surroundings = { DATA_DIR: folder, PORT: port, LOG_LEVEL: 'error', CORS_ORIGINS: 'https://app.example.com' };
    server = startProcess({ ...surroundings, ...env, ...adminEnv });
    await whenListening(server);
    const sign = async (how: string, email: string): Promise<Grant> =>
      (
        await send(
          server.url,
          `mutation { ${how}(input: { email: "${email}", password: "${goodPassword}" }) { accessToken user { id } } }`,
        )
      ).data[how];
    grants = {
      user: await sign('signup', 'user@example.com'),
      admin: await sign('login', adminEnv.ADMIN_EMAIL),
      dead: await sign('signup', 'dead@example.com'),
    };
    await send(server.url, 'mutation { logout { endedSessions } }', {}, grants.dead.accessToken);
    const newKey = 'mutation { createApiKey(input: { name: "x", scopes: ["account:read"] }) { secret } }';
    apiKey = (await send(server.url, newKey, {}, grants.user.accessToken)).data.createApiKey.secret;
  });
  afterAll(() => {
    server.child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  const bearer = ({ accessToken }: Grant): Record<string, string> => ({ authorization: `Bearer ${accessToken}` });
  const cookieOf = ({ accessToken }: Grant): string => `fieldgate-access=${accessToken}`;
  const credentials: readonly (readonly [string, () => Record<string, string>])[] = [
    ['nobody', () => ({})],
    ['a user', () => bearer(grants.user)],
    ['an administrator', () => bearer(grants.admin)],
    ['a dead token', () => bearer(grants.dead)],
    ['nonsense', () => ({ authorization: 'Bearer x.y.z' })],
    ['two tokens', () => ({ authorization: `Bearer ${grants.user.accessToken}, Bearer ${grants.admin.accessToken}` })],
    ['an API key', () => ({ 'x-api-key': apiKey })],
    ['a mistyped API key', () => ({ 'x-api-key': `${apiKey}x` })],
    ['an API key and a token', () => ({ ...bearer(grants.user), 'x-api-key': apiKey })],
    ['a session cookie', () => ({ cookie: cookieOf(grants.user) })],
    ['a cookie and another token', () => ({ ...bearer(grants.user), cookie: cookieOf(grants.admin) })],
    ['a cookie for a page of a stranger', () => ({ cookie: cookieOf(grants.user), origin: 'https://evil.example' })],
    ['Basic', () => ({ authorization: `Basic ${Buffer.from('user@example.com:wrong').toString('base64')}` })],
  ];

  const both = async (body: string, headers: Record<string, string>): Promise<readonly [Answer, Answer]> => {
    const common = { 'x-request-id': 'the-same', ...headers };
    return [await post(server.url, straight, body, common), await post(server.url, throughYoga, body, common)];
  };

  it.each(bodies)('answer %s alike, whoever asks and whatever is accepted', async (_what, body) => {
    const text = JSON.stringify(body).replace('SELF', grants.user.user.id);
    for (const [who, credential] of credentials) {
      const answerAlike = async (accept: string | undefined): Promise<void> => {
        const headers = { origin: 'https://app.example.com', ...credential(), ...(accept ? { accept } : {}) };
        const [one, other] = await both(text, headers);
        expect(one, `${who}, ${accept}`).toEqual(other);
      };
      await Promise.all(accepts.map(answerAlike));
    }
  });

  it('set the same cookies at a sign-in and take them away at its end', async () => {
    const login = `mutation { login(input: { email: "user@example.com", password: "${goodPassword}", delivery: COOKIE }) { expiresIn } }`;
    const [one, other] = await both(JSON.stringify({ query: login }), {});
    const withoutTokens = (answer: Answer) =>
      JSON.parse(JSON.stringify(answer).replace(/-(access|refresh)=[^;]+/g, '-$1='));
    expect(withoutTokens(one)).toEqual(withoutTokens(other));
    const cookies = [one, other].map(({ headers }) => (headers['set-cookie'] as readonly string[]).map(pairOf));
    expect(cookies.map((pair) => pair.length)).toEqual([2, 2]);
    const logout = JSON.stringify({ query: 'mutation { logout { endedSessions } }' });
    const ended = [
      await post(server.url, straight, logout, { 'x-request-id': 'the-same', cookie: cookies[0]?.join('; ') ?? '' }),
      await post(server.url, throughYoga, logout, { 'x-request-id': 'the-same', cookie: cookies[1]?.join('; ') ?? '' }),
    ];
    expect(ended[0]).toEqual(ended[1]);
    expect(ended[0]?.body).toBe('{"data":{"logout":{"endedSessions":1}}}');
  });

  it.each([
    ['text/plain', '{"query":"{ hello }"}'],
    ['application/x-www-form-urlencoded', 'query=%7Bhello%7D'],
    ['application/json; charset=utf-8', '{"query":"{ hello }"}'],
    ['application/json; charset=latin1', '{"query":"{ hello }"}'],
    ['application/json', '{"query":"{ hello }"'],
    ['application/json', ''],
    ['application/graphql+json', '{"query":"{ hello }"}'],
  ])('answer %s %j alike', async (contentType, body) => {
    const [one, other] = await both(body, { 'content-type': contentType });
    expect(one).toEqual(other);
  });
});
