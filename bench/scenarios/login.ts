import { baselineRate } from '../baseline.ts';
import type { Bench, Scenario } from '../bench.ts';
import { operations } from '../data.ts';
import { drive, graphqlRequest, type LoadResult } from '../load.ts';
import { median, refuseErrors, type Turn } from '../measure.ts';
import { loginBody, newDirectory, type SignedIn, signUp, startOurs } from '../ours.ts';
import { names } from '../peers.ts';
import type { Running } from '../processes.ts';
import { progress } from '../progress.ts';

/** Fewer than the server lets wait for a hash, so that none is refused. */
const waiting = 8;

/** Logins per second beside the machine's bare argon2 rate, and the p99 of a light load of `me` meanwhile. */
export const login: Scenario = async (bench) => {
  const { rounds, seconds } = bench.options;
  const { server, directory, token } = await prepare(bench);
  try {
    await askMe(server, token, 1);

    const turns: { bare: number; alone: LoadResult; quiet: LoadResult; meanwhile: LoadResult }[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      progress(`round ${round} of ${rounds}: logins`);
      const bare = await baselineRate(bench, 'argon2', directory);
      const alone = await logInFor(server, seconds);
      const quiet = await askMe(server, token, seconds);
      const [meanwhile] = await Promise.all([askMe(server, token, seconds), logInFor(server, seconds)]);
      turns.push({ bare, alone, quiet, meanwhile });
    }
    const logins = median(turns.map(({ alone }) => alone.requests / alone.seconds));
    const share = median(turns.map(({ alone, bare }) => alone.requests / alone.seconds / bare));
    const meP99Ms = median(turns.map(({ meanwhile }) => meanwhile.p99Ms));
    return {
      title: 'login: email and password for a new session',
      columns,
      rows: [
        {
          name: names.ours,
          ...{ logins, share, meP99Ms },
          bare: median(turns.map(({ bare }) => bare)),
          quietP99Ms: median(turns.map(({ quiet }) => quiet.p99Ms)),
        },
      ],
      targets: [
        { text: 'logins, of the bare argon2 rate', value: share, limit: 0.9, bound: 'at least', unit: '×' },
        { text: '`me` p99 while others log in', value: meP99Ms, limit: 50, bound: 'at most', unit: 'ms' },
      ],
      leftOut: [],
    };
  } finally {
    await server.stop();
  }
};

/** A server and what drives it, for runs that compare versions. */
export const prepareLogin = async (bench: Bench) => {
  const { server } = await prepare(bench);
  const takeTurn = async (seconds: number): Promise<Turn> => {
    const before = server.cpuMicros();
    const result = await logInFor(server, seconds);
    return { ...result, cpuMicros: (server.cpuMicros() - before) / result.requests };
  };
  await takeTurn(1);
  return { takeTurn, stop: server.stop };
};

const prepare = async (bench: Bench) => {
  const directory = newDirectory(bench.directory);
  progress(`starting: ${names.ours}`);
  const server = await startOurs(bench.ours, { name: names.ours, dataDir: directory });
  const accounts: SignedIn[] = [];
  for (let index = 0; index < waiting; index += 1) accounts.push(await signUp(server, emailOf(index)));
  return { server, directory, token: accounts[0]?.accessToken ?? '' };
};

const emailOf = (index: number): string => `login${index}@example.com`;

const logInFor = async (server: Running, seconds: number): Promise<LoadResult> => {
  const requests = Array.from({ length: waiting }, (_, index) => graphqlRequest(loginBody(emailOf(index))));
  const result = await drive({
    port: server.port,
    connections: waiting,
    seconds,
    next: (connection) => requests[connection] ?? Buffer.alloc(0),
    judge: (_connection, { status, body }) =>
      body.includes('"accessToken":"ey') ? null : `${status} ${body.toString().slice(0, 200)}`,
  });
  refuseErrors('login', result);
  return result;
};

/** Asks for `me` some two hundred times a second. */
const askMe = async (server: Running, token: string, seconds: number): Promise<LoadResult> => {
  const request = graphqlRequest({ query: operations.me.query }, token);
  const result = await drive({
    port: server.port,
    connections: 4,
    seconds,
    pauseMs: 20,
    next: () => request,
    judge: (_connection, { status, body }) => (status === 200 ? null : `${status} ${body.toString().slice(0, 200)}`),
  });
  refuseErrors('me', result);
  return result;
};

const columns = [
  { key: 'name', title: 'server' },
  { key: 'logins', title: 'logins/s', digits: 1 },
  { key: 'bare', title: 'bare argon2/s', digits: 1 },
  { key: 'share', title: 'share', digits: 2 },
  { key: 'meP99Ms', title: 'me p99 ms meanwhile', digits: 1 },
  { key: 'quietP99Ms', title: 'me p99 ms otherwise', digits: 1 },
];
