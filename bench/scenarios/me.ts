import type { Scenario } from '../bench.ts';
import { drivenTable, driveRows } from '../drive-rows.ts';
import { names } from '../peers.ts';
import { atMostTimes } from '../target.ts';

/** The common request: a token, two guarded fields, one object. */
export const me: Scenario = async (bench) => {
  const driven = await driveRows(bench, {
    operation: 'me',
    rows: [
      ...(['floor', 'ours', 'oursFeed', 'oursStrict', 'mercurius', 'yogaFast', 'yoga'] as const),
      ...(['embedded', 'embeddedOff', 'yogaJwt', 'tutorial', 'apollo'] as const),
    ],
  });
  const { rows } = driven;
  const quick = (row: string) => [
    atMostTimes(rows, { row, limit: 1.8, of: names.floor }),
    atMostTimes(rows, { row, limit: 0.7, of: names.mercurius }),
    atMostTimes(rows, { row, limit: 0.6, of: names.yogaFast }),
  ];
  return {
    title: 'me: `{ me { id email name } }` with a token, two guarded fields',
    ...drivenTable(driven, names.floor),
    targets: [
      ...quick(names.ours),
      ...quick(names.oursFeed),
      atMostTimes(rows, { row: names.oursStrict, limit: 2.4, of: names.floor }),
      atMostTimes(rows, { row: names.oursStrict, limit: 0.9, of: names.mercurius }),
    ],
  };
};
