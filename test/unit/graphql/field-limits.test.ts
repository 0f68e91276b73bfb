import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { expect, it } from 'vitest';
import { readFieldLimits } from '../../../src/graphql/operation/field-limits.ts';

const directive = readFileSync(new URL('../../../schema/limit.graphql', import.meta.url), 'utf8');
const read = (fields: string) =>
  readFieldLimits(
    buildSchema(
      `${directive} type AuthPayload { ok: Int } type SignInPayload { ok: Int } type Query { hello: String } ${fields}`,
    ),
  );

it('what stands at the root is counted', () => {
  const limits = read(`
    type Mutation { login: SignInPayload! @limit(bucket: "login", cost: 3) }
    extend type Mutation { refresh: AuthPayload @limit(bucket: "refresh") }`);
  expect([...limits]).toEqual([
    ['Mutation.login', { bucket: 'login', cost: 3, isPublic: false }],
    ['Mutation.refresh', { bucket: 'refresh', cost: 1, isPublic: false }],
  ]);
});

it.each([
  [
    'an unknown bucket',
    'type Mutation { a: Int @limit(bucket: "logins") }',
    'Mutation.a: @limit takes one of the buckets',
  ],
  ['a cost of nothing', 'type Mutation { a: Int @limit(bucket: "login", cost: 0) }', 'Mutation.a: @limit needs a cost'],
  ['a cost of less', 'type Mutation { a: Int @limit(bucket: "login", cost: -1) }', 'Mutation.a: @limit needs a cost'],
  [
    'a field below the root',
    'type User { a: Int @limit(bucket: "login") }',
    'User.a: @limit works on root fields only',
  ],
  [
    'a field of an interface',
    'interface Node { a: Int @limit(bucket: "login") }',
    'Node.a: @limit works on root fields only',
  ],
  ['tokens that are not counted', 'type Mutation { renew: AuthPayload! }', 'Mutation.renew: issues tokens'],
  ['a sign-in that is not counted', 'type Mutation { signIn: SignInPayload! }', 'Mutation.signIn: issues tokens'],
])('P15: %s stops the start', (_what, fields, problem) => {
  expect(() => read(fields)).toThrow(problem);
});
