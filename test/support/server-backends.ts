import { postgresMissing, postgresServer } from './databases.ts';
import { redisMissing, redisServer } from './redis-servers.ts';
import { testWithServer } from './server.ts';

/** The stores of a whole server. `env` configures them; `drop` removes them. */
export type ServerBackend = {
  readonly name: string;
  /** Why it cannot run here; null where it can. */
  readonly missing: string | null;
  readonly open: () => Promise<{ readonly env: Record<string, string>; readonly drop: () => Promise<void> }>;
};

const [noPostgres, noRedis] = [await postgresMissing(), await redisMissing()];

/** `testWithServer` on this backend. */
export const testOnBackend = ({ open }: ServerBackend, env: Record<string, string> = {}) =>
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the dependencies of a fixture from this pattern.
  testWithServer().extend('env', { scope: 'file' }, async ({}, { onCleanup }) => {
    const backend = await open();
    onCleanup(backend.drop);
    return { ...env, ...backend.env };
  });

/** One row per pair of stores that behaves differently. */
export const serverBackends: readonly ServerBackend[] = [
  { name: 'SQLite', missing: null, open: async () => ({ env: {}, drop: async () => {} }) },
  {
    name: 'PostgreSQL',
    missing: noPostgres,
    open: async () => {
      const { url, drop } = await postgresServer();
      return { env: { DATABASE_URL: url }, drop };
    },
  },
  {
    name: 'SQLite and Redis',
    missing: noRedis,
    open: async () => {
      const redis = await redisServer();
      return { env: { REDIS_URL: redis.url }, drop: redis.drop };
    },
  },
  {
    name: 'PostgreSQL and Redis, by the feed',
    missing: noPostgres ?? noRedis,
    open: async () => {
      const [postgres, redis] = await Promise.all([postgresServer(), redisServer()]);
      return {
        env: { DATABASE_URL: postgres.url, REDIS_URL: redis.url, REVOCATION_CHECK: 'feed' },
        drop: async () => void (await Promise.all([postgres.drop(), redis.drop()])),
      };
    },
  },
];
