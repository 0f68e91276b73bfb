import { visibleSchema } from '@fieldgate/guard';
import { buildSchema, printSchema } from 'graphql';
import { expect, test } from 'vitest';
import { schemaOf, viewerNamed } from './fixture.ts';

const typeDefs = `
  interface Node { id: ID }
  type Open implements Node { id: ID top: Int @auth(role: ADMIN) }
  type Secret implements Node @auth(role: ADMIN) { id: ID }
  type Hidden @auth(role: ADMIN, onDenied: FILTER) { id: ID }
  type Report { pages: Int }
  type Query { open: Open @public secret: Secret @public hidden: [Hidden] @public reports: Report @auth(role: EDITOR) mine: Int @auth scoped: Int @auth(scopes: [["s"]]) }`;

test('a caller is shown the fields that their role can reach, and the types that these lead to', () => {
  const schema = schemaOf(typeDefs);
  const shown = (token?: string) =>
    printSchema(visibleSchema(schema, token === undefined ? { kind: 'anonymous' } : viewerNamed(token)));
  expect(shown()).not.toMatch(/Secret|Hidden|Report|top|mine|scoped/);
  expect(shown('user')).toMatch(/mine/);
  expect(shown('user')).toMatch(/scoped/);
  expect(shown('user')).not.toMatch(/Secret|Hidden|Report|top/);
  expect(shown('editor')).toMatch(/type Report/);
  expect(shown('admin')).toMatch(/type Hidden/);
  expect(shown('admin')).toMatch(/type Secret/);
  expect(visibleSchema(schema, viewerNamed('user'))).toBe(visibleSchema(schema, viewerNamed('user2')));
});

test('a schema without a guard has nothing to be shown by', () => {
  expect(() => visibleSchema(buildSchema('type Query { a: Int }'), { kind: 'anonymous' })).toThrow(TypeError);
});
