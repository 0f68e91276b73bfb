import { expect, test } from 'vitest';
import { postgresMissing, postgresServer } from '../support/databases.ts';
import { nodesOf } from '../support/pages.ts';
import {
  freePort,
  loginMutation,
  refreshMutation,
  send,
  signupMutation,
  startServerProcess,
  type Tokens,
  temporaryFolder,
} from '../support/process.ts';
import { redisMissing, redisServer } from '../support/redis-servers.ts';
import { pause } from '../support/time.ts';

/** `KILLS=200 npx vitest run crash-redis` for a thorough run. */
const kills = Number(process.env['KILLS'] ?? 8);
const clients = 4;

const sessions = '{ sessions { edges { node { id } } } }';

type Client = { readonly email: string; grant: Tokens; lost: number };

const missing = (await postgresMissing()) ?? (await redisMissing());

test.skipIf(missing !== null)(
  `F03: ${kills} kills at random moments of refreshing leave no second session and no key that never expires`,
  { timeout: 900_000 },
  async () => {
    const [postgres, redis] = await Promise.all([postgresServer(), redisServer(['--appendonly', 'yes'])]);
    const env = {
      DATA_DIR: temporaryFolder(),
      PORT: String(await freePort()),
      LOG_LEVEL: 'error',
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
    };
    const crowd: Client[] = [];
    let running = true;

    /** Refreshes without a pause, as clients do: again with the same token after a lost answer, and by login if that fails. */
    const live = async (url: string, client: Client): Promise<void> => {
      while (running) {
        const answer = await send(url, refreshMutation, client.grant);
        if (answer?.data?.refresh) client.grant = answer.data.refresh;
        else if (answer?.errors?.[0].extensions.code === 'REFRESH_TOKEN_INVALID') {
          client.lost += 1;
          client.grant = (await send(url, loginMutation, client))?.data?.login ?? client.grant;
        } else await pause(20);
      }
    };

    for (let round = 0; round < kills; round++) {
      const server = await startServerProcess(env);
      while (crowd.length < clients) {
        const email = `kill${crowd.length}@example.com`;
        crowd.push({ email, grant: (await send(server.url, signupMutation, { email })).data.signup, lost: 0 });
      }
      running = true;
      const lives = crowd.map((client) => live(server.url, client));
      await pause(20 + Math.random() * 250);
      server.child.kill('SIGKILL');
      await server.exit;
      running = false;
      await Promise.all(lives);
    }

    const server = await startServerProcess(env);
    for (const client of crowd) {
      const { grant } = client;
      const next =
        (await send(server.url, refreshMutation, grant))?.data?.refresh ??
        (await send(server.url, loginMutation, client)).data.login;
      const list: { id: string }[] = nodesOf((await send(server.url, sessions, {}, next.accessToken)).data.sessions);
      // One session for each sign-in, whether acknowledged or lost, and none from a refresh.
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
