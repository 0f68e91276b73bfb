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
  'application/json; charset=iso-8859-1, application/graphql-response+json',
  'text/event-stream',
  'image/png',
];

const signupInput = { email: 'nobody', password: 'short' };

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
  ['a logout with an enum that is none', { query: 'mutation { logout(input: { scope: EVERY }) { endedSessions } }' }],
  ['a mutation for administrators', { query: 'mutation { setUserRole(input: { userId: "x", role: ADMIN }) { id } }' }],
  [
    'two mutations, one refused',
    {
      query:
        'mutation { a: refresh(input: { refreshToken: "x" }) { expiresIn } revokeUserSessions(userId: "x") { endedSessions } }',
    },
  ],
  ['a session that is none', { query: 'mutation { revokeSession(id: "x") { id } }' }],
];

type Grant = { readonly accessToken: string; readonly user: { readonly id: string } };
type Answer = { readonly status: number; readonly headers: Record<string, unknown>; readonly body: string };

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
    ['Basic', () => ({ authorization: `Basic ${Buffer.from('user@example.com:wrong').toString('base64')}` })],
  ];

  const both = async (body: string, headers: Record<string, string>): Promise<readonly [Answer, Answer]> => {
    const common = { 'x-request-id': 'the-same', ...headers };
    return [await post(server.url, straight, body, common), await post(server.url, throughYoga, body, common)];
  };

  it.each(bodies)('answer %s alike, whoever asks and whatever is accepted', async (_what, body) => {
    const text = JSON.stringify(body).replace('SELF', grants.user.user.id);
    for (const [who, credential] of credentials) {
      for (const accept of accepts) {
        const headers = {
          ...credential(),
          ...(accept ? { accept } : {}),
          origin: 'https://app.example.com',
        };
        const [one, other] = await both(text, headers);
        expect(one, `${who}, ${accept}`).toEqual(other);
      }
    }
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
