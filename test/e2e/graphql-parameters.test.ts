import { expect } from 'vitest';
import { testWithFieldgate } from '../support/fetch-server.ts';
import { goodPassword, newEmail } from '../support/server.ts';

const test = testWithFieldgate();

const signup = 'mutation ($input: SignupInput!) { signup(input: $input) { user { name } } }';

test.for([
  ['a lone high surrogate', '\\ud83d'],
  ['a lone low surrogate', 'x\\uDE00y'],
  ['a pair the wrong way round', '\\ude00\\ud83d'],
])('G12: %s in a text is BAD_USER_INPUT, and nothing is stored', async ([_what, name], { post }) => {
  const email = newEmail();
  const input = `{"email":"${email}","password":"${goodPassword}","name":"${name}"}`;
  const refused = await post(`{"query":${JSON.stringify(signup)},"variables":{"input":${input}}}`);
  expect([refused.status, JSON.parse(refused.body).errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  const whole = await post({ query: signup, variables: { input: { email, password: goodPassword, name: '😀' } } });
  expect(whole.body).toBe('{"data":{"signup":{"user":{"name":"😀"}}}}');
});

test('G12: half a surrogate pair in the document itself is a syntax error', async ({ post }) => {
  for (const text of ['\\ud83d', '\\\\ud83d']) {
    const { status, body } = await post(`{"query":"{ user(id: \\"${text}\\") { id } }"}`);
    expect([status, JSON.parse(body).errors[0].extensions.code]).toEqual([
      400,
      expect.stringMatching(/BAD_USER_INPUT|GRAPHQL_PARSE_FAILED/),
    ]);
  }
});

test('G12: a body whose bytes are not UTF-8 is 400', async ({ post }) => {
  const body = Buffer.concat([
    Buffer.from('{"query":"{ hello }","operationName":"'),
    Buffer.from([0xff]),
    Buffer.from('"}'),
  ]);
  expect((await post(new Uint8Array(body))).status).toBe(400);
});

test.for<readonly [name: string, value: string]>([
  ['variables', '['],
  ['variables', '{'],
  ['variables', '%'],
  ['variables', '{"a":"\\ud800"}'],
  ['variables', '[]'],
  ['variables', '1'],
  ['extensions', '['],
  ['extensions', '"x"'],
  ['query', ''],
  ['query', '{'],
])('G12: GET with %s=%s is 400, never a fault of the server', async ([name, value], { viaFetch }) => {
  const search = new URLSearchParams({ query: '{ hello }', [name]: value });
  const { status, body } = await viaFetch(`/graphql?${search}`);
  expect([status, JSON.parse(body).errors.length]).toEqual([400, 1]);
});

test.for([
  ['', 'BAD_REQUEST'],
  ['{', 'BAD_REQUEST'],
  ['null', 'BAD_REQUEST'],
  ['"{ hello }"', 'BAD_REQUEST'],
  ['{"query":1}', 'BAD_REQUEST'],
  ['{"query":"{ hello }","operationName":1}', 'BAD_REQUEST'],
  ['{"query":"{ hello }","extensions":1}', 'BAD_REQUEST'],
  ['{"query":"{ hello }","viewer":"admin"}', 'BAD_REQUEST'],
  [
    `{"query":"{ hello }","variables":{"a":${'['.repeat(40_000)}${']'.repeat(40_000)},"b":"\\ud800"}}`,
    'BAD_USER_INPUT',
  ],
])('G12: the body %.40s is 400 with %s', async ([body, code], { post }) => {
  const answer = await post(body);
  expect([answer.status, JSON.parse(answer.body).errors[0].extensions.code]).toEqual([400, code]);
});

test('HEAD answers as GET does, without the body', async ({ viaFetch }) => {
  const search = new URLSearchParams({ query: '{ hello }' });
  expect(await viaFetch(`/graphql?${search}`, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  expect((await viaFetch(`/graphql?${new URLSearchParams({ query: '{' })}`, { method: 'HEAD' })).status).toBe(400);
});

test('a mutation by GET is 405, allows POST, and does not run', async ({ viaFetch }) => {
  const query = 'mutation { logout { endedSessions } }';
  const { status, body } = await viaFetch(`/graphql?${new URLSearchParams({ query })}`);
  expect([status, JSON.parse(body).data]).toEqual([405, undefined]);
});

const hash = {
  persistedQuery: { version: 1, sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38' },
};

test.for<readonly [what: string, params: object]>([
  ['the hash of Apollo', { extensions: hash }],
  ['a document id', { documentId: 'abc' }],
  ['the id of Relay', { doc_id: 'abc', variables: {} }],
])(
  '%s without a query says PERSISTED_QUERY_NOT_SUPPORTED, in a status that phones read',
  async ([_what, params], { post, viaFetch }) => {
    const search = Object.entries(params).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    const accepts = [
      ['*/*', 200],
      ['application/graphql-response+json, application/json;q=0.9', 200],
      ['application/graphql-response+json', 404],
    ] as const;
    for (const [accept, status] of accepts) {
      const byPost = await post(params, { accept });
      expect([byPost.status, JSON.parse(byPost.body)]).toEqual([
        status,
        { errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }] },
      ]);
      expect(await viaFetch(`/graphql?${new URLSearchParams(search)}`, { headers: { accept } })).toEqual(byPost);
    }
    expect((await post({ ...params, query: '{ hello }', documentId: undefined, doc_id: undefined })).status).toBe(200);
  },
);

test('a batch is refused entry by entry, up to a bounded length', async ({ post }) => {
  const batch = (length: number) => post(Array.from({ length }, () => ({ query: '{ hello }' })));
  const codesOf = ({ body }: { body: string }) =>
    [JSON.parse(body)].flat().map(({ errors }) => errors[0].extensions.code);
  expect(codesOf(await batch(3))).toEqual(Array(3).fill('BATCHING_NOT_SUPPORTED'));
  expect(codesOf(await batch(0))).toEqual(['BATCHING_NOT_SUPPORTED']);
  expect(codesOf(await batch(4_000))).toEqual(['BATCHING_NOT_SUPPORTED']);
  expect((await batch(3)).status).toBe(400);
});

test('a WebSocket handshake is 501 with a sentence', async ({ viaFetch }) => {
  const { status, body } = await viaFetch('/graphql', { headers: { upgrade: 'websocket' } });
  expect([status, JSON.parse(body).errors[0].extensions.code]).toEqual([501, 'NOT_IMPLEMENTED']);
});
