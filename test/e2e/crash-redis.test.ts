import { expect, it } from 'vitest';
import { postgresMissing, postgresServer } from '../support/databases.ts';
import { nodesOf } from '../support/pages.ts';
import { freePort, send, spawnServer, temporaryFolder, whenListening } from '../support/process.ts';
import { redisMissing, redisServer } from '../support/redis-servers.ts';

/** A few in every run; `KILLS=200 npx vitest run test/e2e/crash-redis.test.ts` for a thorough one. */
const kills = Number(process.env['KILLS'] ?? 8);
const clients = 4;

const fields = '{ accessToken refreshToken session { id } }';
const password = 'a quiet lamp over nine stairs';
const signup = `mutation ($email: String!) { signup(input: { email: $email, password: "${password}" }) ${fields} }`;
const login = `mutation ($email: String!) { login(input: { email: $email, password: "${password}" }) ${fields} }`;
const refresh = `mutation ($refreshToken: String!) { refresh(input: { refreshToken: $refreshToken }) ${fields} }`;
const sessions = '{ sessions { edges { node { id } } } }';

type Grant = { readonly accessToken: string; readonly refreshToken: string; readonly session: { readonly id: string } };
type Client = { readonly email: string; grant: Grant; lost: number };

const missing = (await postgresMissing()) ?? (await redisMissing());

it.skipIf(missing !== null)(
  `F03: the server killed at ${kills} random points of refreshing leaves no second family and no key without end`,
  { timeout: 900_000 },
  async () => {
    const [postgres, redis] = await Promise.all([postgresServer(), redisServer(['--appendonly', 'yes'])]);
    const env = {
      DATA_DIR: temporaryFolder(),
      PORT: String(await freePort()),
      LOG_LEVEL: 'error',
      DATABASE_URL: postgres.url,
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    };
    const crowd: Client[] = [];
    let running = true;

    /** Refreshes without a pause; tries a lost answer again with the same token, as clients do, and signs in if that fails. */
    const live = async (url: string, client: Client): Promise<void> => {
      while (running) {
        const answer = await send(url, refresh, client.grant);
        if (answer?.data?.refresh) client.grant = answer.data.refresh;
        else if (answer?.errors?.[0].extensions.code === 'REFRESH_TOKEN_INVALID') {
          client.lost += 1;
          client.grant = (await send(url, login, client))?.data?.login ?? client.grant;
        } else await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };

    for (let round = 0; round < kills; round++) {
      const server = spawnServer(env);
      await whenListening(server);
      while (crowd.length < clients) {
        const email = `kill${crowd.length}@example.com`;
        crowd.push({ email, grant: (await send(server.url, signup, { email })).data.signup, lost: 0 });
      }
      running = true;
      const lives = crowd.map((client) => live(server.url, client));
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 250));
      server.child.kill('SIGKILL');
      await server.exit;
      running = false;
      await Promise.all(lives);
    }

    const server = spawnServer(env);
    await whenListening(server);
    for (const client of crowd) {
      const { grant } = client;
      const next =
        (await send(server.url, refresh, grant))?.data?.refresh ?? (await send(server.url, login, client)).data.login;
      const list: { id: string }[] = nodesOf((await send(server.url, sessions, {}, next.accessToken)).data.sessions);
      // One family per sign-in that was acknowledged or lost on its way, none from a refresh.
      expect(list.map(({ id }) => id)).toContain(next.session.id);
      expect(list.length).toBeLessThanOrEqual(1 + client.lost + 1);
    }
    const keys = await redis.admin.keys('*');
    const endless = await Promise.all(keys.map(async (key) => ((await redis.admin.pttl(key)) === -1 ? key : null)));
    expect(endless.filter(Boolean)).toEqual([]);
    expect(crowd.reduce((sum, client) => sum + client.lost, 0)).toBeLessThanOrEqual(kills);
    server.child.kill('SIGTERM');
    await server.exit;
    await Promise.all([postgres.drop(), redis.drop()]);
  },
);
