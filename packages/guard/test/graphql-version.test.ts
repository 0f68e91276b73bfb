import { makeExecutableSchema } from '@graphql-tools/schema';
import { GraphQLSchema, versionInfo } from 'graphql';
import { createSchema, createYoga } from 'graphql-yoga';
import { expect, test } from 'vitest';

const major = Number(process.env['GRAPHQL_MAJOR'] ?? 17);

test(`these tests run on graphql ${major}, and on no other copy of it`, async () => {
  expect(versionInfo.major).toBe(major);
  const typeDefs = 'type Query { version: Int }';
  // `instanceof` fails for a schema from another copy of the package.
  expect(makeExecutableSchema({ typeDefs })).toBeInstanceOf(GraphQLSchema);
  expect(createSchema({ typeDefs })).toBeInstanceOf(GraphQLSchema);
  const schema = makeExecutableSchema({ typeDefs, resolvers: { Query: { version: () => versionInfo.major } } });
  const response = await createYoga({ schema }).fetch('http://localhost/graphql?query={version}');
  expect(await response.json()).toEqual({ data: { version: major } });
});
