import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What takes long: floods, kills, soaks, attacks by time, the heaviest browsers. `npm run test:long`. */
const long = ['test/**/*.long.test.ts', 'test/long/**/*.test.ts'];

/** Builds the server. The unit tests need no build. */
const globalSetup = ['test/support/global-setup.ts'];

export default defineConfig({
  // Without module-sync, tests get another copy of the graphql package than the packages they test with, and neither
  // copy accepts the schemas and errors of the other.
  ssr: { resolve: { conditions: ['@fieldgate/source', 'module-sync', 'node', 'development', 'default'] } },
  test: {
    // Half of the time is spent waiting: for servers to start, for tokens to expire, for stores to come back.
    maxWorkers: availableParallelism() + 1,
    // The files share the modules of their worker: loading the server again for each of them would take longer than most.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'test/unit/**/*.test.ts', 'test/*.test.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'server', globalSetup, include: ['test/{contract,e2e}/**/*.test.ts'], exclude: long },
      },
      { extends: true, test: { name: 'long', globalSetup, include: long } },
    ],
  },
});
