import type { Scenario } from '../bench.ts';
import { drivenTable, driveRows } from '../drive-rows.ts';
import { names } from '../peers.ts';
import { atMostTimes } from '../target.ts';

/** A public field, with a token that need not be verified. */
export const publicOperation: Scenario = async (bench) => {
  const driven = await driveRows(bench, {
    operation: 'public',
    rows: [
      'floor',
      'ours',
      'embedded',
      'embeddedSchema',
      'embeddedOff',
      'mercurius',
      'yogaFast',
      'yogaJwt',
      'tutorial',
      'apollo',
    ],
    alsoWithoutToken: true,
  });
  return {
    title: 'public: `{ hello }` with a token',
    ...drivenTable(driven, names.floor),
    targets: [
      atMostTimes(driven.rows, { row: names.embedded, limit: 1.02, of: names.embeddedOff }),
      atMostTimes(driven.rows, { row: names.ours, limit: 1.02, of: `${names.ours}, no token sent` }),
    ],
  };
};
