import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Without module-sync, tests get another copy of the graphql package than the packages they test with, and neither
  // copy takes the other's schemas and errors for its own.
  ssr: { resolve: { conditions: ['module-sync', 'node', 'development', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
