import { join } from 'node:path';
import type { Bench, Scenario } from '../bench.ts';
import { operations } from '../data.ts';
import { drivenTable } from '../drive-rows.ts';
import { fillSessions } from '../fill-sessions.ts';
import { measureRows, type Row } from '../measure.ts';
import { newDirectory, signUp, startOurs } from '../ours.ts';
import { progress } from '../progress.ts';
import { atMostTimes } from '../target.ts';

const nameOf = (sessions: number): string => (sessions === 1 ? '1 session' : `${sessions} sessions`);

/** `me` beside few and many live sessions: it is to cost the same. */
export const growth: Scenario = async (bench) => {
  const sizes = [1, 10_000, ...(bench.options.full ? [1_000_000] : [])];
  const rows: Row[] = [];
  try {
    for (const size of sizes) rows.push(await prepare(bench, size));
    const driven = {
      rows: await measureRows(rows, bench.options),
      leftOut: bench.options.full ? [] : ['1000000 sessions: measured with --full'],
    };
    return {
      title: 'growth: `me` with so many live sessions in the SQLite file',
      ...drivenTable(driven, nameOf(1)),
      targets: sizes
        .slice(1)
        .map((size) => atMostTimes(driven.rows, { row: nameOf(size), limit: 1.05, of: nameOf(1) })),
    };
  } finally {
    await Promise.all(rows.map(({ server }) => server.stop()));
  }
};

const prepare = async (bench: Bench, size: number): Promise<Row> => {
  const name = nameOf(size);
  progress(`starting and filling: ${name}`);
  const dataDir = newDirectory(bench.directory);
  const first = await startOurs(bench.ours, { name, dataDir, env: identity });
  const { id, accessToken } = await signUp(first);
  await first.stop();
  fillSessions(join(dataDir, 'fieldgate.sqlite'), size);
  const server = await startOurs(bench.ours, { name, dataDir, env: identity });
  const { query, expected } = operations.me;
  return { name, server, query, token: accessToken, expected: expected(id) };
};

/** Otherwise named after the port, which is another one after the second start. */
const identity = { ISSUER: 'http://localhost', AUDIENCE: 'http://localhost' };
