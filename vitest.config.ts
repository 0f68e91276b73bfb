import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Without module-sync, tests get another copy of the graphql package than the packages they test with, and neither
  // copy takes the other's schemas and errors for its own.
  ssr: { resolve: { conditions: ['@fieldgate/source', 'module-sync', 'node', 'development', 'default'] } },
  test: {
    include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    // Half of the time is spent waiting: for servers to start, for tokens to expire, for stores to come back.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
