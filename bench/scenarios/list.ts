import type { Scenario } from '../bench.ts';
import { drivenTable, driveRows } from '../drive-rows.ts';
import { names } from '../peers.ts';
import { atMostTimes } from '../target.ts';

/** A long answer: two thousand guarded fields. */
export const list: Scenario = async (bench) => {
  const driven = await driveRows(bench, {
    operation: 'list',
    rows: ['floor', 'compiled', 'embeddedOff', 'embedded', 'mercurius', 'yogaFast', 'yogaJwt', 'tutorial', 'apollo'],
  });
  return {
    title: 'list: `{ users { id email role } }`, 1 000 users with two guarded fields each',
    ...drivenTable(driven, names.embeddedOff),
    targets: [
      atMostTimes(driven.rows, { row: names.compiled, limit: 0.5, of: names.mercurius }),
      atMostTimes(driven.rows, { row: names.embedded, limit: 0.5, of: names.mercurius }),
    ],
  };
};
