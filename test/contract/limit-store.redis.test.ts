import { redisLimitStores } from '../support/limit-stores.ts';
import { redisCluster, redisMissing, redisServer } from '../support/redis-servers.ts';
import { describeLimitStore } from './limit-store.ts';

const server = async () => {
  const { port, drop } = await redisServer();
  return { url: `redis://127.0.0.1:${port}`, drop };
};

const missing = await redisMissing();
describeLimitStore('Redis', redisLimitStores(server), missing);
describeLimitStore('Redis Cluster', redisLimitStores(redisCluster), missing);
