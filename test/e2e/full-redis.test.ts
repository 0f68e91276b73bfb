import { expect, it, onTestFinished } from 'vitest';
import { redisMissing, redisServer } from '../support/redis-servers.ts';
import { goodPassword, login, newEmail, startServer } from '../support/server.ts';

const signup = 'mutation ($input: SignupInput!) { signup(input: $input) { user { id } accessToken } }';
const missing = await redisMissing();

it.skipIf(missing !== null)('a sign-up that finds Redis full is completed by the same request', async () => {
  const redis = await redisServer(['--maxmemory-policy', 'noeviction']);
  onTestFinished(redis.drop);
  const server = await startServer({ REDIS_URL: `redis://127.0.0.1:${redis.port}` });
  const email = newEmail();
  const trySignup = (password = goodPassword) => server.gql(signup, { variables: { input: { email, password } } });

  await redis.admin.config('SET', 'maxmemory', '1');
  expect((await trySignup()).codes).toEqual(['SERVICE_UNAVAILABLE']);
  expect((await trySignup()).codes).toEqual(['SERVICE_UNAVAILABLE']);
  await redis.admin.config('SET', 'maxmemory', '0');

  expect((await trySignup('another lamp over seven stairs')).codes).toEqual(['EMAIL_TAKEN']);
  const { codes, data } = await trySignup();
  expect(codes).toEqual([]);
  expect((await server.gql('{ me { email } }', { token: data.signup.accessToken })).data.me.email).toBe(email);
  // From then on it is an account like any other.
  expect((await trySignup()).codes).toEqual(['EMAIL_TAKEN']);
  expect((await login(server, email)).data.login.user.id).toBe(data.signup.user.id);
});
