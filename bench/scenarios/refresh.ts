import { baselineRate } from '../baseline.ts';
import type { Bench, Scenario, Target } from '../bench.ts';
import { oursEnvironment } from '../drive-rows.ts';
import { drive, graphqlRequest } from '../load.ts';
import { connections, median, refuseErrors } from '../measure.ts';
import { newDirectory, refreshBody, signUp, startOurs } from '../ours.ts';
import { names } from '../peers.ts';
import type { Running } from '../processes.ts';
import { progress } from '../progress.ts';

type Name = 'ours' | 'oursStrict';

type Setup = {
  readonly name: string;
  readonly server: Running;
  /** The refresh token each connection holds; spent and replaced by each of its requests. */
  readonly tokens: string[];
  readonly baseline: 'sqlite-rotation' | 'redis-rotation';
  readonly directory: string;
};

type Turn = {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly p99Ms: number;
  /** Rotations per second of the store alone. */
  readonly bare: number;
  /** The same with an ES256 signature after each: the most that one process can do. */
  readonly signed: number;
};

const pattern = /"refreshToken":"([^"]+)"/;
const warmUpSeconds = 1;

/** Refreshes per second, beside the rotations per second of its store alone. */
export const refresh: Scenario = async (bench) => {
  const leftOut: string[] = [];
  const setups: Setup[] = [];
  try {
    for (const name of ['ours', 'oursStrict'] as const) {
      const setup = await prepare(bench, name);
      if (typeof setup === 'string') leftOut.push(`${names[name]}: ${setup}`);
      else setups.push(setup);
    }
    const turns = setups.map(() => [] as Turn[]);
    for (let round = 1; round <= bench.options.rounds; round += 1) {
      for (const [index, setup] of setups.entries()) {
        progress(`round ${round} of ${bench.options.rounds}: ${setup.name}`);
        turns[index]?.push(await takeTurn(bench, setup));
      }
    }
    const rows = setups.map(({ name }, index) => summarize(name, turns[index] ?? []));
    return { title: 'refresh: a refresh token for a new pair', columns, rows, targets: targetsOf(rows), leftOut };
  } finally {
    await Promise.all(setups.map(({ server }) => server.stop()));
  }
};

/** A server and what drives it, for runs that compare versions; a text says why it cannot be measured. */
export const prepareRefresh = async (bench: Bench, name: Name) => {
  const setup = await prepare(bench, name);
  if (typeof setup === 'string') return setup;
  return { takeTurn: (seconds: number) => refreshFor(setup, seconds), stop: setup.server.stop };
};

const prepare = async (bench: Bench, row: Name): Promise<Setup | string> => {
  const env = oursEnvironment(bench, row);
  if (typeof env === 'string') return env;
  const name = names[row];
  progress(`starting: ${name}`);
  const directory = newDirectory(bench.directory);
  const server = await startOurs(bench.ours, { name, dataDir: directory, env });
  const tokens: string[] = [];
  for (let index = 0; index < connections; index += 1) {
    tokens.push((await signUp(server, `refresh${index}@example.com`)).refreshToken);
  }
  const setup: Setup = {
    ...{ name, server, tokens, directory },
    baseline: 'REDIS_URL' in env ? 'redis-rotation' : 'sqlite-rotation',
  };
  await refreshFor(setup, warmUpSeconds);
  return setup;
};

const refreshFor = async ({ name, server, tokens }: Setup, seconds: number) => {
  const cpuBefore = server.cpuMicros();
  const result = await drive({
    port: server.port,
    connections,
    seconds,
    next: (connection) => graphqlRequest(refreshBody(tokens[connection] ?? '')),
    judge: (connection, { status, body }) => {
      const token = pattern.exec(body.toString('latin1'))?.[1];
      if (token === undefined || token === tokens[connection]) return `${status} ${body.toString().slice(0, 200)}`;
      tokens[connection] = token;
      return null;
    },
  });
  refuseErrors(name, result);
  return { ...result, cpuMicros: (server.cpuMicros() - cpuBefore) / result.requests };
};

const takeTurn = async (bench: Bench, setup: Setup): Promise<Turn> => {
  const { requests, seconds, cpuMicros, p99Ms } = await refreshFor(setup, bench.options.seconds);
  const bare = await baselineRate(bench, setup.baseline, setup.directory);
  const signed = await baselineRate(bench, setup.baseline, setup.directory, { SIGN: 'yes' });
  return { perSecond: requests / seconds, cpuMicros, p99Ms, bare, signed };
};

const summarize = (name: string, turns: readonly Turn[]) => ({
  name,
  cpuMicros: median(turns.map((turn) => turn.cpuMicros)),
  perSecond: median(turns.map((turn) => turn.perSecond)),
  bare: median(turns.map((turn) => turn.bare)),
  share: median(turns.map((turn) => turn.perSecond / turn.bare)),
  signed: median(turns.map((turn) => turn.signed)),
  signedShare: median(turns.map((turn) => turn.perSecond / turn.signed)),
  p99Ms: median(turns.map((turn) => turn.p99Ms)),
});

const columns = [
  { key: 'name', title: 'server' },
  { key: 'cpuMicros', title: 'CPU µs/refresh' },
  { key: 'perSecond', title: 'refreshes/s' },
  { key: 'bare', title: 'bare rotations/s of its store' },
  { key: 'share', title: 'share', digits: 2 },
  { key: 'signed', title: 'with a signature each' },
  { key: 'signedShare', title: 'share', digits: 2 },
  { key: 'p99Ms', title: 'p99 ms', digits: 2 },
];

const targetsOf = (rows: readonly { readonly name: string; readonly share: number }[]): readonly Target[] =>
  [names.ours, names.oursStrict].map((name) => ({
    text: `${name}: refreshes, of what its store does bare`,
    value: rows.find((row) => row.name === name)?.share ?? null,
    limit: 0.6,
    bound: 'at least',
    unit: '×',
  }));
