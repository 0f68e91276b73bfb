import type { AccessRow } from '../../boot/schema-rights.ts';
import type { Shell } from '../shell.ts';
import { printTable } from './table.ts';

/** Prints who may read which field. */
export const printMatrix = (shell: Shell, fields: readonly AccessRow[]): void => {
  const callers = Object.keys(fields[0]?.access ?? {});
  printTable(
    shell,
    ['FIELD', ...callers, 'NOTE'],
    fields.map((row) => [row.coordinate, ...callers.map((caller) => row.access[caller] ?? ''), noteOf(row)]),
  );
};

/** More would not fit a terminal. */
const maxEntrances = 2;

/** An `allow` of such a field is no open door: a caller who may not read what leads there never reaches it. */
const reachedOnly = (entrances: readonly string[]): readonly string[] => {
  if (entrances.length === 0) return [];
  const more = entrances.length > maxEntrances ? ` and ${entrances.length - maxEntrances} more` : '';
  return [`reached only through ${entrances.slice(0, maxEntrances).join(', ')}${more}`];
};

const noteOf = ({ scopes, policies, public: isPublic, reachedThrough }: AccessRow): string =>
  [
    ...(isPublic ? ['@public'] : []),
    ...policies.map((name) => `policy ${name}`),
    ...scopes.map((sets) => `scopes ${sets.map((set) => set.join(' and ')).join(', or ')}`),
    ...reachedOnly(reachedThrough),
  ].join('; ');
