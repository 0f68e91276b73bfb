import { getIntrospectionQuery } from 'graphql';
import { describe, expect } from 'vitest';
import { adminEnv, type Grant, type GraphQLAnswer, type TestServer, testWithServer } from '../support/server.ts';
import { quickest } from '../support/stopwatch.ts';

const test = testWithServer(adminEnv);

const accept = { accept: 'application/graphql-response+json' };
const ask = (
  server: TestServer,
  admin: Grant,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<GraphQLAnswer> => server.gql(query, { token: admin.accessToken, variables, headers: accept });

const answered = { status: 200, codes: [] };
const refused = (reason: string) => ({ status: 400, codes: [`QUERY_LIMIT_EXCEEDED ${reason}`], data: undefined });

const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');

/** `a: __type { ofType { ofType { … name } } }`, which may be as deep as one likes. */
const levels = (depth: number, innermost = 'name'): string =>
  `a${depth}: __type(name: "User") { ${'ofType { '.repeat(depth - 2)} ${innermost} ${'} '.repeat(depth - 2)} }`;

/** Costs 1, and for each of its rows 4. */
const page = (size: string | number, index = 0): string =>
  `p${index}: users(first: ${size}) { edges { cursor node { id } } }`;
/** 12 × 401 + 185 + 3 */
const dearest = `${times(12, (index) => page(100, index))} ${page(46, 12)} ${times(3, (index) => `h${index}: hello`)}`;

describe('limits of an operation', () => {
  test.for([
    ['DEPTH', `{ ${levels(15)} }`, `{ ${levels(16)} }`],
    ['ALIASES', `{ me { ${times(30, (i) => `a${i}: id`)} } }`, `{ me { ${times(31, (i) => `a${i}: id`)} } }`],
    [
      'DIRECTIVES',
      `{ me { ${'id @include(if: true) '.repeat(50)} } }`,
      `{ me { ${'id @skip(if: false) '.repeat(51)} } }`,
    ],
    ['ROOT_FIELDS', `{ hello ${times(19, (i) => `h${i}: hello`)} }`, `{ hello ${times(20, (i) => `h${i}: hello`)} }`],
    ['COST', `{ ${dearest} }`, `{ ${dearest} hello }`],
  ] as const)(
    'G05: %s: at the limit an operation runs, and above it is refused',
    async ([reason, most, more], { server, admin }) => {
      expect(await ask(server, admin, most)).toMatchObject(answered);
      expect(await ask(server, admin, more)).toMatchObject(refused(reason));
    },
  );

  test('G05: TOKENS: at the limit an operation runs, and above it is refused', async ({ server, admin }) => {
    const withScopes = (count: number) =>
      `mutation { createApiKey(input: { name: "x", scopes: [${'"none" '.repeat(count)}] }) { secret } }`;
    expect(await ask(server, admin, withScopes(1_980))).toMatchObject({
      status: 200,
      codes: [expect.stringContaining('BAD_USER_INPUT')],
    });
    expect(await ask(server, admin, withScopes(1_981))).toMatchObject(refused('TOKENS'));
  });

  test('G05: COST counts the page sizes in the variables', async ({ server, admin }) => {
    const query = `query ($n: Int = 100) { ${times(13, (index) => page('$n', index))} }`;
    expect(await ask(server, admin, query, { n: 3 })).toMatchObject(answered);
    expect(await ask(server, admin, query, { n: 100 })).toMatchObject(refused('COST'));
    expect(await ask(server, admin, query)).toMatchObject(refused('COST'));
  });

  test('G05: fields with the same response key in several fragments count once', async ({ server, admin }) => {
    expect(await ask(server, admin, `{ ${'...F '.repeat(25)} } fragment F on Query { hello me { id } }`)).toMatchObject(
      answered,
    );
  });

  test('G05: the longest introspection query is within the limits', async ({ server, admin }) => {
    const query = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect(await ask(server, admin, query)).toMatchObject(answered);
  });
});

describe('attempts to evade the limits', () => {
  const fragments = {
    F: 'fragment F on __Type { ofType { ofType { name } } }',
    __schema: 'fragment __schema on __Type { ofType { ofType { name } } }',
    M: `fragment M on User { ${times(11, (i) => `b${i}: id`)} }`,
    D: 'fragment D on User { id }',
    R: `fragment R on Query { ${times(10, (i) => `r${i}: hello`)} }`,
    P: 'fragment P on UserConnection { edges { ...E } } fragment E on UserEdge { cursor node { id } }',
  };
  const withFragments = (query: string): string =>
    [query, ...Object.entries(fragments).flatMap(([name, text]) => (query.includes(`...${name}`) ? [text] : []))].join(
      ' ',
    );

  test.for([
    // GHSA-224p-v68g-5g8f
    [
      'DEPTH',
      'a fragment that is used first at a low, then at a high depth',
      `{ ${levels(2, '...F')} ${levels(14, '...F')} }`,
    ],
    ['DEPTH', 'a fragment named __schema', `{ ${levels(14, '...__schema')} }`],
    ['DEPTH', 'an inline fragment', `{ ... { ... on Query { ${levels(15, '... { ofType { name } }')} } } }`],
    ['DEPTH', 'another operation of the document', `query A { hello } query B { ${levels(16)} }`],
    ['ALIASES', 'a fragment that is spread three times', '{ me { ...M ... { ...M } ...M } }'],
    ['DIRECTIVES', 'directives on spreads', `{ me { ${'...D @include(if: true) '.repeat(51)} } }`],
    ['ROOT_FIELDS', 'fragments on the root', `{ ...R ... { ${times(11, (i) => `d${i}: hello`)} } }`],
    ['COST', 'a page in a fragment', `{ ${times(13, (i) => `c${i}: users(first: 100) { ...P }`)} }`],
    ['COST', 'a page longer than any is', `{ ${times(13, (i) => page(1_000_000, i))} }`],
  ] as const)('G05: %s is not evaded by %s', async ([reason, _what, query], { server, admin }) => {
    const { body, ...named } = query.startsWith('query A') ? { body: query, operationName: 'A' } : { body: query };
    expect(
      await server.gql(withFragments(body), { token: admin.accessToken, headers: accept, ...named }),
    ).toMatchObject(refused(reason));
  });
});

describe('nesting', () => {
  const deep = 20_000;
  const lists = `${'['.repeat(deep)}${']'.repeat(deep)}`;

  test.for([
    ['fields', '{a'.repeat(deep) + '}'.repeat(deep), '{}'],
    ['lists', `{ user(id: ${lists}) { id } }`, '{}'],
    ['variables', 'query ($id: ID!) { user(id: $id) { id } }', `{"id":${lists}}`],
    ['fragments', `{ ${'... {'.repeat(deep / 2)}hello${'}'.repeat(deep / 2)} }`, '{}'],
  ] as const)(
    'G08: %s nested 20 000 deep are 400 within 100 ms',
    async ([_what, query, variables], { server, admin }) => {
      let count = 0;
      const send = async () => {
        count += 1; // A new document each time, which no cache has.
        const response = await server.fetch('/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.accessToken}`, ...accept },
          body: `{"query":"#${count}\\n${query}","variables":${variables}}`,
        });
        expect(response.status).toBe(400);
      };
      expect(await quickest(send)).toBeLessThan(100);
    },
  );
});

describe('errors', () => {
  test.for([
    [
      'unknown fields of an input object',
      'AuthEventFilter',
      Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`a${i}`, 1])),
    ],
    ['numbers for names', '[String!]', Array.from({ length: 45_000 }, () => 1)],
  ] as const)('G12: 100 KB of %s are 400 within a second', async ([_what, type, value], { server, admin }) => {
    const filter = type === 'AuthEventFilter' ? '$f' : '{ types: $f }';
    const query = `query ($f: ${type}) { authEvents(filter: ${filter}) { edges { cursor } } }`;
    const startedAt = performance.now();
    const answer = await ask(server, admin, query, { f: value });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(answer).toMatchObject({ status: 400, errors: [{}] });
  });
});

test.for([
  [
    'a document',
    (long: string) => ({
      query: `query ${long} { users(first: [${times(300, (i) => `$v${i}`)}]) { edges { cursor } } }`,
    }),
  ],
  [
    'a variable',
    (long: string) => ({
      query: 'mutation ($s: LogoutScope) { logout(input: { scope: $s }) { endedSessions } }',
      variables: { s: long },
    }),
  ],
] as const)('G12: the errors about %s have a bounded size', async ([_what, bodyWith], { server }) => {
  const response = await server.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...accept },
    body: JSON.stringify(bodyWith('a'.repeat(90_000))),
  });
  expect(response.status).toBe(400);
  expect((await response.text()).length).toBeLessThan(150_000);
});

test('G06: a list of operations is 400, and none of them runs', async ({ server, admin }) => {
  const one = { query: 'mutation { logout { endedSessions } }' };
  const response = await server.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.accessToken}` },
    body: JSON.stringify([one, one]),
  });
  expect(response.status).toBe(400);
  expect(await ask(server, admin, '{ me { id } }')).toMatchObject(answered);
});
