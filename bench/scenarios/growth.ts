import { join } from 'node:path';
import type { Bench, Scenario } from '../bench.ts';
import { caller } from '../data.ts';
import { drivenTable } from '../drive-rows.ts';
import { fillDatabase } from '../fill-database.ts';
import { measureRows, type Row } from '../measure.ts';
import { identity, newDirectory, signFor, signUp, startOurs } from '../ours.ts';
import { progress } from '../progress.ts';
import { atMostTimes } from '../target.ts';

/** How many sessions the requests alternate between. One session alone, which no real load has, finds everything in the CPU's caches. */
const sessionsInTurn = 1_000;

type Growing = {
  readonly title: string;
  /** What grows, in the singular and the plural. */
  readonly things: readonly [string, string];
  readonly query: string;
  /** The same for every account: they differ in identifiers and emails only. */
  readonly expected: unknown;
};

/** An operation on small and large databases, each request by another of a thousand sessions: it should cost the same. */
const growing =
  (what: Growing): Scenario =>
  async (bench) => {
    const sizes = [1, sessionsInTurn, 10_000, ...(bench.options.full ? [1_000_000] : [])];
    const nameOf = (size: number): string => `${size} ${what.things[size === 1 ? 0 : 1]}`;
    const rows: Row[] = [];
    try {
      for (const size of sizes) {
        const { query, expected } = what;
        rows.push({ ...(await prepare(bench, nameOf(size), size)), query, expected });
      }
      const driven = {
        rows: await measureRows(rows, bench.options),
        leftOut: bench.options.full ? [] : [`${nameOf(1_000_000)}: measured with --full`],
      };
      return {
        title: what.title,
        ...drivenTable(driven, nameOf(sessionsInTurn)),
        targets: sizes
          .filter((size) => size > sessionsInTurn)
          .map((size) => atMostTimes(driven.rows, { row: nameOf(size), limit: 1.05, of: nameOf(sessionsInTurn) })),
      };
    } finally {
      await Promise.all(rows.map(({ server }) => server.stop()));
    }
  };

const prepare = async (bench: Bench, name: string, size: number): Promise<Pick<Row, 'name' | 'server' | 'tokens'>> => {
  progress(`starting and filling: ${name}`);
  const dataDir = newDirectory(bench.directory);
  const first = await startOurs(bench.ours, { name, dataDir, env: identity });
  const { accessToken } = await signUp(first);
  await first.stop();
  const tokens = signFor(dataDir, accessToken, fillDatabase(join(dataDir, 'fieldgate.sqlite'), size));
  return { name, server: await startOurs(bench.ours, { name, dataDir, env: identity }), tokens };
};

export const growth = growing({
  title: 'growth: `me` of a thousand sessions in turn, with so many live ones in the SQLite file',
  things: ['session', 'sessions'],
  query: '{ me { name role } }',
  expected: { data: { me: { name: caller.name, role: caller.role } } },
});

export const events = growing({
  title: "events: the newest of a caller's `securityEvents`, a thousand sessions in turn, with so many in the log",
  things: ['event', 'events'],
  query: '{ securityEvents(first: 1) { edges { node { type } } } }',
  expected: { data: { securityEvents: { edges: [{ node: { type: 'user.signed_up' } }] } } },
});
