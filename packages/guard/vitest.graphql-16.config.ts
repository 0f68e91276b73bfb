import { defineConfig } from 'vitest/config';

/** What imports graphql is inlined, so that the alias reaches it. */
const importsGraphQL = [
  /@graphql-tools\//,
  /@envelop\//,
  /graphql-yoga/,
  /@graphql-yoga\//,
  /graphql-ws/,
  /graphql-http/,
];

/** The copy that Apollo Server and Mercurius load, which are CommonJS or left to Node: there must be no second one. */
const graphql16 = new URL('../../test/graphql-16/node_modules/graphql', import.meta.url).pathname;

/** Runs the guard's tests on the oldest graphql that it supports, and in the servers that need that one. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: `${graphql16}/index.js` },
      { find: /^graphql\/(.*)$/, replacement: `${graphql16}/$1` },
    ],
  },
  ssr: {
    resolve: { conditions: ['@fieldgate/source', 'module-sync', 'node', 'default'] },
    noExternal: importsGraphQL,
  },
  test: {
    include: [
      'packages/guard/test/{authorization,credentials,gates}/**/*.test.ts',
      'packages/guard/test/graphql-version.test.ts',
      'test/graphql-16/*.test.ts',
    ],
    env: { GRAPHQL_MAJOR: '16' },
    isolate: false,
    testTimeout: 20_000,
    server: { deps: { inline: importsGraphQL } },
  },
});
