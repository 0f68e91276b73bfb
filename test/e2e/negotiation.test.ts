import { describe, expect } from 'vitest';
import { testWithFieldgate, toPost } from '../support/fetch-server.ts';
import { goodPassword, newEmail, productionEnv } from '../support/server.ts';

const graphql = 'application/graphql-response+json; charset=utf-8';
const json = 'application/json; charset=utf-8';
const stream = 'text/event-stream; charset=utf-8';

/** By Accept: the type of an answer with data, and of one that consists of errors; null: 406. */
const accepts: readonly (readonly [accept: string | null, types: readonly [data: string, errors: string] | null])[] = [
  [null, [json, graphql]],
  ['', [json, graphql]],
  ['*/*', [json, graphql]],
  ['*', [json, graphql]],
  ['application/*', [json, graphql]],
  ['application/json', [json, json]],
  ['APPLICATION/JSON', [json, json]],
  ['application/graphql-response+json', [graphql, graphql]],
  ['application/graphql-response+json, application/json;q=0.9', [graphql, graphql]],
  ['application/json, application/graphql-response+json', [graphql, graphql]],
  ['application/json;q=0.9, application/graphql-response+json;q=0.8', [json, json]],
  ['application/json;q=0.001, application/graphql-response+json;q=0.000', [json, json]],
  ['application/json, text/plain, */*', [json, graphql]],
  ['application/json, */*;q=0.5', [json, json]],
  ['application/*;q=0.5, application/json', [json, json]],
  ['application/json;q=0, */*', [graphql, graphql]],
  ['application/graphql-response+json;q=0, */*', [json, json]],
  ['text/html, image/gif, *; q=.2, */*; q=.2', [json, graphql]],
  ['application/json; charset=utf-8', [json, json]],
  ['application/json; charset="UTF-8"', [json, json]],
  ['application/json; charset=iso-8859-1, application/graphql-response+json', [graphql, graphql]],
  ['multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json;q=0.9', [graphql, graphql]],
  ['text/event-stream, application/json', [json, json]],
  ['text/event-stream', [stream, stream]],
  ['text/*', [stream, stream]],
  ['application/json; charset=iso-8859-1', null],
  ['application/json;q=0', null],
  ['application/json;q=0.0, application/graphql-response+json; q=0', null],
  ['*/*;q=0', null],
  ['image/png', null],
  ['application/json-patch+json', null],
  ['multipart/mixed', null],
];

type Expected = {
  /** For `application/graphql-response+json`; for every type, with `everywhere`. */
  readonly status: number;
  readonly everywhere?: boolean;
  readonly hasData?: boolean;
};

type Body = readonly [what: string, body: object, token: 'none' | 'user' | 'dead', expected: Expected];

const bodies: readonly Body[] = [
  ['a public query', { query: '{ hello }' }, 'none', { status: 200, hasData: true }],
  ['a public query with a dead token', { query: '{ hello }' }, 'dead', { status: 200, hasData: true }],
  ['a partial answer', { query: '{ hello me { id } }' }, 'none', { status: 200, hasData: true }],
  [
    'an answer of null',
    { query: 'query ($id: ID!) { user(id: $id) { id } }', variables: { id: 'x' } },
    'user',
    { status: 200, hasData: true },
  ],
  ['a guarded query without a credential', { query: '{ me { id } }' }, 'none', { status: 401 }],
  ['a guarded query with a dead token', { query: '{ me { id } }' }, 'dead', { status: 401 }],
  ['a role that is missing', { query: '{ users { edges { cursor } } }' }, 'user', { status: 403 }],
  ['a syntax error', { query: '{ hello' }, 'none', { status: 400 }],
  ['an unknown field', { query: '{ helo }' }, 'none', { status: 400 }],
  ['a missing variable', { query: 'query ($id: ID!) { user(id: $id) { id } }' }, 'user', { status: 400 }],
  ['a limit that is broken', { query: `{ ${'me { '.repeat(16)} id ${'} '.repeat(16)} }` }, 'none', { status: 400 }],
  ['an operation that is not there', { query: 'query A { hello }', operationName: 'B' }, 'none', { status: 400 }],
  ['variables that are a list', { query: '{ hello }', variables: [] }, 'none', { status: 400, everywhere: true }],
  ['no query', { variables: {} }, 'none', { status: 400, everywhere: true }],
];

const signup = (email: string, fields: string) => ({
  query: `mutation { signup(input: { email: "${email}", password: "${goodPassword}" }) { ${fields} } }`,
});

/** In production there is no GraphiQL, which answers browsers. */
const test = testWithFieldgate(productionEnv)
  .extend('ways', { scope: 'file' }, ({ viaListener, viaFetch }) => ({ listener: viaListener, fetch: viaFetch }))
  .extend('tokens', { scope: 'file' }, async ({ post }): Promise<Record<Body[2], string | null>> => {
    const newToken = async (): Promise<string> => {
      const { body } = await post(signup(newEmail(), 'accessToken'));
      return JSON.parse(body).data.signup.accessToken;
    };
    const [user, dead] = [await newToken(), await newToken()];
    await post({ query: 'mutation { logout { endedSessions } }' }, { authorization: `Bearer ${dead}` });
    return { none: null, user, dead };
  });

const headersOf = (accept: string | null, token: string | null): Record<string, string> => ({
  // Without an Accept, fetch sends `*/*`, which means the same.
  ...(accept === null ? {} : { accept }),
  ...(token === null ? {} : { authorization: `Bearer ${token}` }),
});

const queryString = (body: Body[1]): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) {
    search.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return `?${search}`;
};

const expectedOf = (types: readonly [string, string] | null, { status, everywhere, hasData }: Expected) => {
  if (types === null) return { status: 406, type: json };
  const type = types[hasData ? 0 : 1];
  return { status: type === graphql || everywhere ? status : 200, type };
};

/** The answer in a body: a stream has it as its one event. */
const answerIn = (body: string, type: string): object =>
  JSON.parse(
    type === stream ? (/^event: next\ndata: (.*)\n\nevent: complete\ndata:\n\n$/.exec(body)?.[1] ?? '') : body,
  );

describe.each(['listener', 'fetch'] as const)('media types over the %s', (way) => {
  describe.each(bodies)('G13: %s', (_what, body, token, expected) => {
    test.for(accepts)(
      'accepting %j is answered as RFC 9110 and GraphQL over HTTP say, by POST and GET alike',
      async ([accept, types], { ways, tokens }) => {
        const headers = headersOf(accept, tokens[token]);
        const byPost = await ways[way]('/graphql', toPost(body, headers));
        const byGet = await ways[way](`/graphql${queryString(body)}`, { headers });
        const { status, type } = expectedOf(types, expected);
        expect(byPost).toMatchObject({ status, type });
        if (types !== null) expect('data' in answerIn(byPost.body, type)).toBe(expected.hasData ?? false);
        expect(byGet).toEqual(byPost);
      },
    );
  });

  test.for(accepts.filter(([, types]) => types === null))(
    'G13: accepting %j, a mutation does not run',
    async ([accept], { ways }) => {
      const email = newEmail();
      const mutation = signup(email, 'user { email }');
      expect((await ways[way]('/graphql', toPost(mutation, headersOf(accept, null)))).status).toBe(406);
      const again = await ways[way]('/graphql', toPost(mutation));
      expect(JSON.parse(again.body).data.signup.user.email).toBe(email);
    },
  );
});
