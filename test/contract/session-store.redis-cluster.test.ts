import { redisCluster, redisMissing } from '../support/redis-servers.ts';
import { redisSessionStores } from '../support/redis-stores.ts';
import { describeSessionStore } from './session-store.ts';

describeSessionStore('Redis Cluster', redisSessionStores(redisCluster), await redisMissing());
