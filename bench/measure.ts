import { isDeepStrictEqual } from 'node:util';
import { drive, graphqlRequest, type LoadResult, post } from './load.ts';
import type { Running } from './processes.ts';
import { progress } from './progress.ts';

export const connections = 16;
const warmUpSeconds = 2;

/** One row of a table: a server and what it is asked. */
export type Row = {
  readonly name: string;
  readonly server: Running;
  readonly query: string;
  readonly token?: string;
  /** Instead of one: each request sends the next of them. All get the same answer. */
  readonly tokens?: readonly string[];
  readonly expected: unknown;
};

/** Medians over the rounds; of the CPU figure also the least, which other work on the machine disturbed least, and each round's. */
export type RowResult = {
  readonly name: string;
  readonly cpuMicros: number;
  readonly leastCpuMicros: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  readonly rounds: readonly number[];
};

export type Turn = LoadResult & { readonly cpuMicros: number };

/** Checks every row's answer, warms all up, then gives each its turn in every round. Rejects at the first wrong answer. */
export const measureRows = async (
  rows: readonly Row[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<readonly RowResult[]> => {
  const ready: { readonly name: string; readonly turns: Turn[]; readonly takeTurn: TakeTurn }[] = [];
  for (const row of rows) {
    progress(`warming up: ${row.name}`);
    ready.push({ name: row.name, turns: [], takeTurn: await warmUp(row) });
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, turns, takeTurn } of ready) {
      progress(`round ${round} of ${rounds}: ${name}`);
      turns.push(await takeTurn(seconds));
    }
  }
  return ready.map(({ name, turns }) => summarize(name, turns));
};

export type TakeTurn = (seconds: number) => Promise<Turn>;

/** Checks the answer of a row and warms it up; resolves to what drives it for a time. */
export const warmUp = async (row: Row): Promise<TakeTurn> => {
  const answer = await checkedAnswer(row);
  const takeTurn: TakeTurn = (seconds) => measureTurn(row, answer, seconds);
  await takeTurn(warmUpSeconds);
  return takeTurn;
};

/** Resolves to the bytes of the row's answer, or rejects if it is not the expected one. */
const checkedAnswer = async ({
  name,
  server,
  query,
  tokens = [],
  token = tokens[0],
  expected,
}: Row): Promise<Buffer> => {
  const { status, body } = await post(server.port, { query }, token);
  const text = body.toString();
  if (status !== 200 || !isDeepStrictEqual(JSON.parse(text), expected)) {
    throw new Error(`${name} answers ${query} with ${status} ${text.slice(0, 300)}`);
  }
  return body;
};

const measureTurn = async (
  { name, server, query, token, tokens }: Row,
  expected: Buffer,
  seconds: number,
): Promise<Turn> => {
  const requests = (tokens ?? [token]).map((each) => graphqlRequest({ query }, each));
  let sent = 0;
  const cpuBefore = server.cpuMicros();
  const result = await drive({
    port: server.port,
    connections,
    seconds,
    awake: true,
    next: () => requests[sent++ % requests.length] ?? Buffer.alloc(0),
    judge: (_connection, { status, body }) =>
      status === 200 && body.equals(expected) ? null : `${status} ${body.toString().slice(0, 200)}`,
  });
  const cpuMicros = (server.cpuMicros() - cpuBefore) / result.requests;
  refuseErrors(name, result);
  return { ...result, cpuMicros };
};

/** Throws if any answer was wrong: such a figure means nothing. */
export const refuseErrors = (name: string, { errors, requests }: LoadResult): void => {
  if (errors.length > 0) throw new Error(`${name}: ${errors.length} errors in ${requests} requests: ${errors[0]}`);
  if (requests === 0) throw new Error(`${name} answered no request.`);
};

const summarize = (name: string, turns: readonly Turn[]): RowResult => ({
  name,
  cpuMicros: median(turns.map((turn) => turn.cpuMicros)),
  leastCpuMicros: Math.min(...turns.map((turn) => turn.cpuMicros)),
  requestsPerSecond: median(turns.map((turn) => turn.requests / turn.seconds)),
  p50Ms: median(turns.map((turn) => turn.p50Ms)),
  p99Ms: median(turns.map((turn) => turn.p99Ms)),
  requests: turns.reduce((sum, turn) => sum + turn.requests, 0),
  rounds: turns.map((turn) => turn.cpuMicros),
});

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1] ?? Number.NaN, sorted[middle] ?? Number.NaN];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
};

/** The median of the ratios, turn by turn: what disturbs one turn disturbs both of its figures. */
export const medianRatio = (values: readonly number[], base: readonly number[]): number =>
  median(values.map((value, turn) => value / (base[turn] ?? Number.NaN)));
