import { redisMissing, redisServer } from '../support/redis-servers.ts';
import { redisSessionStores } from '../support/redis-stores.ts';
import { describeSessionStore } from './session-store.ts';

const server = async () => {
  const { port, drop } = await redisServer();
  return { url: `redis://127.0.0.1:${port}`, drop };
};

describeSessionStore('Redis', redisSessionStores(server), await redisMissing());
