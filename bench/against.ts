/**
 * Two checkouts of Fieldgate in one run: `npm run bench -- --against ../older-checkout`. Every row has two servers of each version.
 * They take turns in every round (old, new, new, old), so that other work on the machine disturbs all four alike.
 */
import { baselineCosts, type FetchCase, type GuardCase } from './baseline.ts';
import type { Bench, ScenarioResult } from './bench.ts';
import { type OursName, oursRow, peerRow } from './drive-rows.ts';
import { median, medianRatio, type Row, type TakeTurn, warmUp } from './measure.ts';
import { type AgainstName, againstNames } from './options.ts';
import type { Ours } from './ours.ts';
import { names } from './peers.ts';
import { progress } from './progress.ts';
import { prepareLogin } from './scenarios/login.ts';
import { prepareRefresh } from './scenarios/refresh.ts';

/** One server of a row. */
type Contender = { readonly takeTurn: TakeTurn; readonly stop: () => Promise<void> };

/** CPU µs per request of the four servers of a row, a figure for each turn. */
type Costs = Readonly<Record<Seat, readonly number[]>>;

const seats = ['oldA', 'newA', 'newB', 'oldB'] as const;

type Seat = (typeof seats)[number];

/** Measures a row; a text says why it cannot be. */
type Measure = (benchOf: (seat: Seat) => Bench) => Promise<Costs | string>;

const processesEach = 3;

/** Starts the four servers, gives each its turn in every round, and stops them. */
const inProcesses =
  (name: string, start: (bench: Bench) => Promise<Contender | string>): Measure =>
  async (benchOf) => {
    const { rounds, seconds } = benchOf('newA').options;
    const costs = { oldA: [] as number[], newA: [] as number[], newB: [] as number[], oldB: [] as number[] };
    const contenders: (Contender & { readonly seat: Seat })[] = [];
    try {
      for (const seat of seats) {
        progress(`starting and warming up: ${name}, ${seat}`);
        const contender = await start(benchOf(seat));
        if (typeof contender === 'string') return contender;
        contenders.push({ ...contender, seat });
      }
      for (let round = 1; round <= rounds; round += 1) {
        progress(`round ${round} of ${rounds}: ${name}`);
        for (const { seat, takeTurn } of contenders) costs[seat].push((await takeTurn(seconds)).cpuMicros);
      }
      return costs;
    } finally {
      await Promise.all(contenders.map(({ stop }) => stop()));
    }
  };

const contenderOf = async (row: Row | string): Promise<Contender | string> =>
  typeof row === 'string' ? row : { takeTurn: await warmUp(row), stop: row.server.stop };

const oursRows = (operation: 'me' | 'public', wanted: readonly OursName[]) =>
  wanted.map((name) => {
    const title = `${operation}: ${names[name]}`;
    return {
      title,
      measure: inProcesses(title, async (bench) => contenderOf(await oursRow(bench, name, operation))),
    };
  });

const listRows = (['compiled', 'embedded'] as const).map((name) => {
  const title = `list: ${names[name]}`;
  return { title, measure: inProcesses(title, async (bench) => contenderOf(await peerRow(bench, name, 'list'))) };
});

const refreshRows = (['ours', 'oursStrict'] as const).map((name) => {
  const title = `refresh: ${names[name]}`;
  return { title, measure: inProcesses(title, (bench) => prepareRefresh(bench, name)) };
});

const loginTitle = `login: ${names.ours}`;
const loginRows = [{ title: loginTitle, measure: inProcesses(loginTitle, prepareLogin) }];

/** All four in one process, in several processes one after another: what differs from process to process is averaged. */
const inOneProcess =
  (title: string, program: Program): Measure =>
  async (benchOf) => {
    const bench = benchOf('newA');
    const { rounds, seconds } = bench.options;
    const costs: Record<Seat, number[]> = { oldA: [], newA: [], newB: [], oldB: [] };
    for (let count = 1; count <= processesEach; count += 1) {
      progress(`process ${count} of ${processesEach}: ${title}`);
      const roots = seats.map((seat) => ({ name: seat, root: benchOf(seat).ours.root }));
      const measured = await baselineCosts(bench, {
        ...casesOf(program, roots),
        seconds: (rounds * seconds * seats.length) / processesEach,
      });
      for (const seat of seats) costs[seat].push(...(measured.find(({ name }) => name === seat)?.costs ?? []));
    }
    return costs;
  };

type Program =
  | ({ readonly program: 'guards' } & Pick<GuardCase, 'operation'>)
  | ({ readonly program: 'fetch' } & Pick<FetchCase, 'operation' | 'way'>);

const casesOf = (program: Program, roots: readonly { readonly name: Seat; readonly root: string }[]) => {
  if (program.program === 'guards') {
    const { operation } = program;
    return { program: 'guards' as const, cases: roots.map((each) => ({ ...each, operation, use: 'on' as const })) };
  }
  const { operation, way } = program;
  const cases = roots.map((each) => ({ ...each, operation, way, instance: each.name, isEmpty: false }));
  return { program: 'fetch' as const, cases };
};

const processRows = (wanted: Readonly<Record<string, Program>>) =>
  Object.entries(wanted).map(([title, program]) => ({ title, measure: inOneProcess(title, program) }));

const rows: Readonly<Record<AgainstName, readonly { readonly title: string; readonly measure: Measure }[]>> = {
  me: oursRows('me', ['ours', 'oursFeed', 'oursStrict']),
  public: oursRows('public', ['ours']),
  list: listRows,
  login: loginRows,
  refresh: refreshRows,
  guards: processRows({
    'guards: `list`, guardSchema + useFieldgate, in process': { program: 'guards', operation: 'list' },
    'guards: `public`, guardSchema + useFieldgate, in process': { program: 'guards', operation: 'public' },
  }),
  fetch: processRows({
    'fetch: `me`, fetch, in process': { program: 'fetch', operation: 'me', way: 'fetch' },
    'fetch: `me`, listener, in process': { program: 'fetch', operation: 'me', way: 'listener' },
  }),
};

type Compared = {
  readonly name: string;
  readonly oldMicros: number;
  readonly newMicros: number;
  readonly ratio: number;
  readonly noise: number;
};

/** The noise is the larger of how far two servers of one version differ and half the interquartile range of the rounds. */
export const compare = (name: string, { oldA, newA, newB, oldB }: Costs): Compared => {
  const [older, newer] = [mean(oldA, oldB), mean(newA, newB)];
  const ratios = newer.map((value, turn) => value / (older[turn] ?? Number.NaN)).sort((a, b) => a - b);
  const quartile = (share: number): number => ratios[Math.round(share * (ratios.length - 1))] ?? Number.NaN;
  const apart = [medianRatio(oldA, oldB), medianRatio(newA, newB)].map((ratio) => Math.abs(ratio - 1));
  return {
    name,
    oldMicros: median(older),
    newMicros: median(newer),
    ratio: median(ratios),
    noise: Math.max(...apart, (quartile(0.75) - quartile(0.25)) / 2),
  };
};

const mean = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((value, turn) => (value + (b[turn] ?? Number.NaN)) / 2);

/** Compares `bench.ours`, the new checkout, with an older one. */
export const measureAgainst = async (bench: Bench, older: Ours): Promise<ScenarioResult> => {
  const benchOf = (seat: Seat): Bench => ({
    ...bench,
    ours: seat.startsWith('old') ? older : bench.ours,
    // A database of Redis for each server: versions may differ in what they keep there.
    redisUrl: bench.redisUrl && `${bench.redisUrl}/${seats.indexOf(seat)}`,
  });
  const compared: Compared[] = [];
  const leftOut: string[] = [];
  const wanted = againstNames.filter((name) => bench.options.scenarios.includes(name));
  for (const { title, measure } of wanted.flatMap((name) => rows[name])) {
    const costs = await measure(benchOf);
    if (typeof costs === 'string') leftOut.push(`${title}: ${costs}`);
    else compared.push(compare(title, costs));
  }
  return {
    title: 'CPU µs per request of two versions, in turn',
    columns: [
      { key: 'name', title: 'row' },
      { key: 'oldMicros', title: 'old', digits: 1 },
      { key: 'newMicros', title: 'new', digits: 1 },
      { key: 'ratio', title: 'new/old', digits: 3 },
      { key: 'noise', title: 'noise ±', digits: 3 },
    ],
    rows: compared,
    targets: compared.map(({ name, ratio, noise }) => ({
      text: `${name}: CPU per request, of the old version`,
      value: ratio,
      limit: 1 + noise,
      bound: 'at most',
      unit: '×',
    })),
    leftOut,
  };
};
