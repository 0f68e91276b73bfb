import type { Bench, ScenarioResult } from './bench.ts';
import { caller, operations } from './data.ts';
import { measureRows, type Row, type RowResult } from './measure.ts';
import { newDirectory, signUp, startOurs } from './ours.ts';
import { names, peerLaunch, peerToken } from './peers.ts';
import { type Running, startServer } from './processes.ts';
import { progress } from './progress.ts';
import { ratio } from './target.ts';

type RowName = keyof typeof names;

type Wanted = {
  readonly operation: keyof typeof operations;
  readonly rows: readonly RowName[];
  /** Our own server once more, without a token. */
  readonly alsoWithoutToken?: boolean;
};

export type Driven = { readonly rows: readonly RowResult[]; readonly leftOut: readonly string[] };

const withoutToken = ', no token sent';

/** Starts the servers of a scenario, measures them in turns with one operation, and stops them. */
export const driveRows = async (
  bench: Bench,
  { operation, rows, alsoWithoutToken = false }: Wanted,
): Promise<Driven> => {
  const started: Running[] = [];
  const wanted: Row[] = [];
  const leftOut: string[] = [];
  try {
    for (const name of rows) {
      progress(`starting: ${names[name]}`);
      const row = isOurs(name) ? await oursRow(bench, name, operation) : await peerRow(bench, name, operation);
      if (typeof row === 'string') {
        leftOut.push(`${names[name]}: ${row}`);
        continue;
      }
      started.push(row.server);
      wanted.push(row);
      if (alsoWithoutToken && isOurs(name)) {
        const { token: _token, ...bare } = row;
        wanted.push({ ...bare, name: `${row.name}${withoutToken}` });
      }
    }
    return { rows: await measureRows(wanted, bench.options), leftOut };
  } finally {
    await Promise.all(started.map((server) => server.stop()));
  }
};

export type OursName = 'ours' | 'oursStrict' | 'oursFeed';

const isOurs = (name: RowName): name is OursName => name === 'ours' || name === 'oursStrict' || name === 'oursFeed';

/** Starts a peer; a text says why it cannot be measured. */
export const peerRow = async (
  bench: Bench,
  name: Exclude<RowName, OursName>,
  operation: keyof typeof operations,
): Promise<Row | string> => {
  const { query, expected } = operations[operation];
  const launch = peerLaunch(bench, name, expected(caller.id));
  if (launch === null) return 'needs Redis, and redis-server was not found';
  const server = await startServer(launch);
  return { name: names[name], server, query, token: peerToken, expected: expected(caller.id) };
};

/** Starts our server and signs up; a text says why it cannot be measured. */
export const oursRow = async (
  bench: Bench,
  name: OursName,
  operation: keyof typeof operations,
): Promise<Row | string> => {
  const env = oursEnvironment(bench, name);
  if (typeof env === 'string') return env;
  const server = await startOurs(bench.ours, { name: names[name], dataDir: newDirectory(bench.directory), env });
  const { id, accessToken } = await signUp(server);
  const { query, expected } = operations[operation];
  return { name: names[name], server, query, token: accessToken, expected: expected(id) };
};

/** The variables of a row of ours; a text says why the row cannot be measured. */
export const oursEnvironment = ({ ours, redisUrl }: Bench, name: OursName): Record<string, string> | string => {
  if (name === 'ours') return {};
  if (!ours.supports('REDIS_URL')) return 'this version has no REDIS_URL yet';
  if (redisUrl === null) return 'needs Redis, and redis-server was not found';
  if (name === 'oursStrict') return { REDIS_URL: redisUrl };
  return ours.supports('REVOCATION_CHECK')
    ? { REDIS_URL: redisUrl, REVOCATION_CHECK: 'feed' }
    : 'this version has no REVOCATION_CHECK yet';
};

/** The columns every driven table has; `base` is the row that ratios are to. */
export const drivenTable = (
  { rows, leftOut }: Driven,
  base: string,
): Pick<ScenarioResult, 'columns' | 'rows' | 'leftOut'> => ({
  columns: [
    { key: 'name', title: 'server' },
    { key: 'cpuMicros', title: 'CPU µs/request' },
    { key: 'leastCpuMicros', title: 'least round' },
    { key: 'ratio', title: 'ratio', digits: 2 },
    { key: 'requestsPerSecond', title: 'requests/s' },
    { key: 'p50Ms', title: 'p50 ms', digits: 2 },
    { key: 'p99Ms', title: 'p99 ms', digits: 2 },
  ],
  rows: [...rows]
    .sort((a, b) => a.cpuMicros - b.cpuMicros)
    .map((row) => ({ ...row, ratio: ratio(rows, row.name, base) })),
  leftOut,
});
