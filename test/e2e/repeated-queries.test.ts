import { describe, expect } from 'vitest';
import { signup, testWithServer } from '../support/server.ts';

/** Each has to be answered alike before and after it is compiled, which happens on its third run. */
const requests: readonly (readonly [string, object])[] = [
  ['query ($b: Boolean! = true) { hello @include(if: $b) }', {}],
  ['query ($b: Boolean = true) { hello @skip(if: $b) other: hello }', { b: null }],
  ['query ($n: String! = "User") { __type(name: $n) { name } hello }', {}],
  ['query ($n: String = "User") { __type(name: $n) { name } hello }', { n: null }],
  ['query ($f: Int! = 2) { sessions(first: $f) { edges { node { id } } } }', {}],
  ['query ($f: Int) { sessions(first: $f) { edges { node { id } } } }', {}],
  ['query ($f: Int) { sessions(first: $f) { edges { node { id } } } }', { f: null }],
  ['query ($i: ID = "x") { user(id: $i) { id } hello }', { i: null }],
  ['query ($i: ID! = "x") { user(id: $i) { id } hello }', {}],
];

const test = testWithServer({}).extend('grant', { scope: 'file' }, ({ server }) => signup(server));

describe('a query that comes again and again', () => {
  test.for(requests)('C2: %s with %o keeps its answer', async ([query, variables], { server, grant }) => {
    const answers: string[] = [];
    for (let i = 0; i < 8; i++) {
      const response = await server.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${grant.accessToken}` },
        body: JSON.stringify({ query, variables }),
      });
      answers.push(`${response.status} ${await response.text()}`);
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^200 /);
    expect(server.logLines().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});
