import { describeCuts } from '../contract/cuts.ts';
import { postgresMissing, postgresServer, sqliteFile, type TestDatabase } from '../support/databases.ts';
import { redisMissing, redisServer } from '../support/redis-servers.ts';

const withRedis = async (database: TestDatabase) => {
  const server = await redisServer();
  const drop = async () => {
    await Promise.all([server.drop(), database.drop()]);
  };
  return { database, redisUrl: `redis://127.0.0.1:${server.port}`, drop };
};

const missing = await redisMissing();
describeCuts(
  'PostgreSQL',
  async () => {
    const database = await postgresServer();
    return { database, redisUrl: null, drop: database.drop };
  },
  await postgresMissing(),
);
describeCuts('SQLite and Redis', () => withRedis(sqliteFile()), missing);
describeCuts(
  'PostgreSQL and Redis',
  async () => withRedis(await postgresServer()),
  missing ?? (await postgresMissing()),
);
