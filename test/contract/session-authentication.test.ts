import { postgresMissing, postgresServer, sqliteFile } from '../support/databases.ts';
import { redisMissing, redisServer } from '../support/redis-servers.ts';
import { redisSessions } from '../support/redis-stores.ts';
import { sqlSessions } from '../support/sql-stores.ts';
import { describeSessionAuthentication } from './session-authentication.ts';

const redis = async () => {
  const { port, drop } = await redisServer();
  return { url: `redis://127.0.0.1:${port}`, drop };
};

describeSessionAuthentication('SQLite', sqlSessions(sqliteFile));
describeSessionAuthentication('PostgreSQL', sqlSessions(postgresServer), await postgresMissing());
describeSessionAuthentication('Redis', redisSessions(redis), await redisMissing());
