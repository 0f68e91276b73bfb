import { postgresMissing, postgresServer } from './databases.ts';
import { redisMissing, redisServer } from './redis-servers.ts';

/** What a whole server can keep its accounts and sessions in. `env` configures it; `drop` removes what was made for it. */
export type ServerBackend = {
  readonly name: string;
  /** Why it cannot run here; null where it can. */
  readonly missing: string | null;
  readonly open: () => Promise<{ readonly env: Record<string, string>; readonly drop: () => Promise<void> }>;
};

const [noPostgres, noRedis] = [await postgresMissing(), await redisMissing()];

const redisEnv = (port: number) => ({ REDIS_URL: `redis://127.0.0.1:${port}` });

/** One row per pair of stores that behaves differently: `describe.for(serverBackends)`. */
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
      return { env: redisEnv(redis.port), drop: redis.drop };
    },
  },
  {
    name: 'PostgreSQL and Redis, by the feed',
    missing: noPostgres ?? noRedis,
    open: async () => {
      const [postgres, redis] = await Promise.all([postgresServer(), redisServer()]);
      return {
        env: { DATABASE_URL: postgres.url, ...redisEnv(redis.port), REVOCATION_CHECK: 'feed' },
        drop: async () => void (await Promise.all([postgres.drop(), redis.drop()])),
      };
    },
  },
];
