import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { createFieldgate } from '../../src/index.ts';
import { unlimited } from '../support/process.ts';
import { adminEnv, goodPassword, productionEnv } from '../support/server.ts';

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
  /** For graphql-response+json; whether other types say it as well. */
  readonly status: number;
  readonly everywhere?: boolean;
  readonly hasData?: boolean;
};

type Body = readonly [what: string, body: unknown, token: 'none' | 'user' | 'dead', expected: Expected];

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

type Received = { readonly status: number; readonly type: string | null; readonly body: string };
type Send = (path: string, init: RequestInit) => Promise<Response>;
type Way = 'listener' | 'fetch';

const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

const test = base
  // One server in production, without GraphiQL, that is reached in two ways.
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from this pattern.
  .extend('ways', { scope: 'file' }, async ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
    const env = { ...productionEnv, ...unlimited, ...adminEnv };
    const fieldgate = await createFieldgate({ ...env, DATA_DIR: folder, LOG_LEVEL: 'fatal' });
    const server = createServer((request, response) => fieldgate.listener(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(async () => {
      server.close();
      await fieldgate.close();
      rmSync(folder, { recursive: true });
    });
    const ways: Record<Way, Send> = {
      listener: (path, init) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, init),
      fetch: (path, init) => fieldgate.fetch(new Request(`http://localhost:4000${path}`, init), { ip: '127.0.0.1' }),
    };
    return ways;
  })
  /** The tokens of a user and of a session that has ended. */
  .extend('tokens', { scope: 'file' }, async ({ ways }) => {
    const signup = async (name: string): Promise<string> => {
      const query = `mutation { signup(input: { email: "${name}@example.com", password: "${goodPassword}" }) { accessToken } }`;
      return (await (await ways.fetch('/graphql', post({ query }))).json()).data.signup.accessToken;
    };
    const tokens = { none: null, user: await signup('user'), dead: await signup('dead') };
    const logout = { query: 'mutation { logout { endedSessions } }' };
    await ways.fetch('/graphql', post(logout, { authorization: `Bearer ${tokens.dead}` }));
    return tokens;
  });

describe('media types', () => {
  const headersOf = (accept: string | null, token: string | null): Record<string, string> => ({
    // fetch sends an Accept of its own, which means the same as none.
    ...(accept === null ? {} : { accept }),
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  });

  const receive = async (response: Response): Promise<Received> => ({
    status: response.status,
    type: response.headers.get('content-type'),
    body: await response.text(),
  });

  const queryString = (body: unknown): string => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(body as Record<string, unknown>)) {
      search.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    }
    return `?${search}`;
  };

  const expectedOf = (types: readonly [string, string] | null, { status, everywhere, hasData }: Expected) => {
    if (types === null) return { status: 406, type: json };
    const type = types[hasData ? 0 : 1];
    return { status: type === graphql || everywhere ? status : 200, type };
  };

  for (const way of ['listener', 'fetch'] as const) {
    describe.each(bodies)(`over ${way}, %s`, (_what, body, token, expected) => {
      test.for(accepts)(
        'G13: Accept %j is answered as RFC 9110 and GraphQL over HTTP say, by POST and GET alike',
        async ([accept, types], { ways, tokens }) => {
          const headers = headersOf(accept, tokens[token]);
          const byPost = await receive(await ways[way]('/graphql', post(body, headers)));
          const byGet = await receive(await ways[way](`/graphql${queryString(body)}`, { headers }));
          const { status, type } = expectedOf(types, expected);
          expect(byPost).toMatchObject({ status, type });
          if (types !== null) {
            const text =
              type === stream
                ? (/^event: next\ndata: (.*)\n\nevent: complete\ndata:\n\n$/.exec(byPost.body)?.[1] ?? '')
                : byPost.body;
            expect('data' in JSON.parse(text)).toBe(expected.hasData ?? false);
          }
          expect(byGet).toEqual(byPost);
        },
      );
    });
  }

  test.for(accepts.filter(([, types]) => types === null))(
    'G13: a mutation with Accept %j does not run',
    async ([accept], { ways }) => {
      const email = `unread${Math.random()}@example.com`;
      const query = `mutation { signup(input: { email: "${email}", password: "${goodPassword}" }) { user { email } } }`;
      expect((await ways.listener('/graphql', post({ query }, { accept: accept ?? '' }))).status).toBe(406);
      const again = await ways.listener('/graphql', post({ query }));
      expect((await again.json()).data.signup.user.email).toBe(email);
    },
  );
});
