import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, redisMissing, redisServer } from '../support/redis-servers.ts';
import { newEmail, signup, startServer } from '../support/server.ts';
import { until } from '../support/time.ts';

const missing = await redisMissing();

describe.skipIf(missing !== null)('the number of the Redis database', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await redisServer(['--databases', '4']);
    await redis.admin.call('ACL', 'SETUSER', 'app', 'on', '>opens-it', '~*', '&*', '+@all');
  });
  afterAll(async () => redis?.drop());
  const url = (db: number): string => `redis://app:opens-it@127.0.0.1:${redis.port}/${db}`;
  const keysIn = async (db: number): Promise<number> => {
    await redis.admin.select(db);
    return redis.admin.dbsize();
  };

  it('refuses the start where Redis has no such database', async () => {
    await expect(startServer({ REDIS_URL: url(4) })).rejects.toThrow(/does not have the database number of REDIS_URL/);
    expect(await keysIn(0)).toBe(0);
  });

  it('is never another one: a connection that cannot select it serves nothing, until it can', async () => {
    const server = await startServer({ REDIS_URL: url(3) });
    const { accessToken } = await signup(server);
    expect(await keysIn(3)).toBeGreaterThan(0);

    await redis.admin.call('ACL', 'SETUSER', 'app', '-select');
    await redis.admin.call('CLIENT', 'KILL', 'SKIPME', 'yes');
    for (let round = 0; round < 20; round += 1) {
      const { status, codes } = await server.gql('{ me { id } }', { token: accessToken });
      expect([status, codes]).toEqual([503, ['SERVICE_UNAVAILABLE']]);
      const input = { email: newEmail(), password: 'a quiet lamp over nine stairs' };
      const signedUp = await server.gql('mutation ($input: SignupInput!) { signup(input: $input) { expiresIn } }', {
        variables: { input },
      });
      expect(signedUp.codes).toEqual(['SERVICE_UNAVAILABLE']);
    }
    expect((await server.fetch('/ready')).status).toBe(503);
    expect(await keysIn(0)).toBe(0);

    await redis.admin.call('ACL', 'SETUSER', 'app', '+select');
    await until(async () => (await server.gql('{ me { id } }', { token: accessToken })).status === 200);
    expect(await keysIn(0)).toBe(0);
  });
});
