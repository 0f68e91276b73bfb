import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Seconds of load, kills, attacks and browsers: `npm run test:long`. */
const long = ['test/**/*.long.test.ts'];

export default defineConfig({
  // Without module-sync, tests get another copy of the graphql package than the packages they test with, and neither
  // copy takes the other's schemas and errors for its own.
  ssr: { resolve: { conditions: ['@fieldgate/source', 'module-sync', 'node', 'development', 'default'] } },
  test: {
    globalSetup: ['test/support/build.ts'],
    // Half of the time is spent waiting: for servers to start, for tokens to expire, for stores to come back.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'test/unit/**/*.test.ts', 'test/*.test.ts'],
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'server', include: ['test/{contract,e2e}/**/*.test.ts'], exclude: long, isolate: false },
      },
      { extends: true, test: { name: 'long', include: long } },
    ],
  },
});
