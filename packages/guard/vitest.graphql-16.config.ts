import { defineConfig } from 'vitest/config';

/** What imports graphql is inlined, so that the alias reaches it: one copy of graphql 16 is used by all of them. */
const importsGraphQL = [/@graphql-tools\//, /@envelop\//, /graphql-yoga/, /@graphql-yoga\//, /graphql-16/];

/** Runs the guard's tests on the oldest graphql that it supports. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: 'graphql-16' },
      { find: /^graphql\/(.*)$/, replacement: 'graphql-16/$1' },
    ],
  },
  ssr: {
    resolve: { conditions: ['@fieldgate/source', 'module-sync', 'node', 'default'] },
    noExternal: importsGraphQL,
  },
  test: {
    include: [
      'packages/guard/test/{authorization,credentials}/**/*.test.ts',
      'packages/guard/test/graphql-version.test.ts',
    ],
    env: { GRAPHQL_MAJOR: '16' },
    isolate: false,
    testTimeout: 20_000,
    server: { deps: { inline: importsGraphQL } },
  },
});
